"""The flat integer buffer of a packed Gram: what stands where (`grams.pack` writes it)."""

from covedge.kernel.compiled import compiled

# Positions in the header of the integer buffer.
N_OBS, N_FIXED, N_TERMS, COLLAPSED, N_LOCAL, N_CHILDREN = 0, 1, 2, 3, 4, 5
OFF_KK, OFF_COUNT, OFF_KR, OFF_EXPAND, OFF_FIRST = 6, 7, 8, 9, 10
# Whether grouping factors cross; the places after it are then used, those before it are not.
CROSSED, N_CHAIN, N_DENSE, OFF_ROOT, N_WORK, N_FACTORS = 11, 12, 13, 14, 15, 16
# Where in this process the compiled elimination and its adjoint are.
FORWARD, BACKWARD = 17, 18
HEADER = 19
# Then, for each level 0..K (of a crossed Gram 0..K-1), five integers.
Q, GROUPS, COLUMNS, OFF_RAW, OFF_PARENT = 0, 1, 2, 3, 4
# Of a crossed Gram: where the level's Lambda begins.
OFF_LAM = 2
PER_LEVEL = 5
# Of a crossed Gram, for each level of the chain, deepest first, then for each dense one: the
# level; where its groups' records begin, or its first dense column; where its factors begin.
LEVEL, OFF_GROUPS, FIRST_COLUMN, OFF_FACTOR = 0, 1, 1, 2
PER_STEP = 4
# A group's record: its rows in the floats, its block in the work buffer (none at the deepest
# level), how many dense columns it touches and where they are in its parent's block, its parent.
GROUP_ROWS, GROUP_WORK, GROUP_TOUCHED, GROUP_MAP, GROUP_PARENT = 0, 1, 2, 3, 4
PER_GROUP = 5


@compiled
def of_level(ints, level, what):
    return ints[HEADER + PER_LEVEL * level + what]


@compiled
def children_range(ints, parent):
    first = ints[OFF_FIRST] + parent
    return ints[first], ints[first + 1]


@compiled
def of_step(ints, step, what):
    return ints[HEADER + PER_LEVEL * ints[N_TERMS] + PER_STEP * step + what]


@compiled
def of_group(ints, step, group, what):
    return ints[of_step(ints, step, OFF_GROUPS) + PER_GROUP * group + what]


@compiled
def buffer_sizes(ints):
    """Lengths of the work and factors buffers."""
    if ints[CROSSED]:
        return crossed_sizes(ints)
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


@compiled
def crossed_sizes(ints):
    """Work: blocks of the chain's inner groups, root, Lambda'-solved root, factor, last block."""
    n, r = ints[N_DENSE], ints[N_FIXED] + 1
    return ints[N_WORK] + (n + r) ** 2 + 2 * n * n + r * r, ints[N_FACTORS]
