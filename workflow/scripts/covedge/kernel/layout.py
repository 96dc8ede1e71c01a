"""The flat integer buffer of a packed Gram: what stands where (`covedge.pack` writes it)."""

from covedge.kernel.compiled import compiled

# Positions in the header of the integer buffer.
N_OBS, N_FIXED, N_TERMS, COLLAPSED, N_LOCAL, N_CHILDREN = 0, 1, 2, 3, 4, 5
OFF_KK, OFF_COUNT, OFF_KR, OFF_EXPAND, OFF_FIRST = 6, 7, 8, 9, 10
HEADER = 11
# Then, for each level 0..K, five integers.
Q, GROUPS, COLUMNS, OFF_RAW, OFF_PARENT = 0, 1, 2, 3, 4
PER_LEVEL = 5


@compiled
def of_level(ints, level, what):
    return ints[HEADER + PER_LEVEL * level + what]


@compiled
def children_range(ints, parent):
    first = ints[OFF_FIRST] + parent
    return ints[first], ints[first + 1]


@compiled
def buffer_sizes(ints):
    """Lengths of the work and factors buffers."""
    n_terms = ints[N_TERMS]
    work = 0
    factors = 0
    for level in range(n_terms + 1):
        if level > 0 or n_terms == 0:
            work += of_level(ints, level, GROUPS) * of_level(ints, level, COLUMNS) ** 2
        if level < n_terms:
            groups = ints[N_CHILDREN] if level == 0 else of_level(ints, level, GROUPS)
            factors += groups * of_level(ints, level, Q) ** 2
    return work, factors
