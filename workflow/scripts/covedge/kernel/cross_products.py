"""Cross-products of rows within groups."""

from covedge.kernel.compiled import compiled


@compiled
def add_cross_products(left, right, codes, out):
    """out[codes[i]] += left[i]' right[i] over the rows i; left (n, a), right (n, b)."""
    for i in range(left.shape[0]):
        block = out[codes[i]]
        for a in range(left.shape[1]):
            x = left[i, a]
            if x != 0.0:
                for b in range(right.shape[1]):
                    block[a, b] += x * right[i, b]
