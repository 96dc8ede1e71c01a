"""Many rungs, one error rate: when may a rung be called rejected?

H_j says that the truth is in rung j, p_j tests it against the goal. If rung i is inside j, H_i
implies H_j. Let

    needed(j) = {j}, and needed(i) of all rungs i inside j, and each rung i that comes earlier, is
                neither inside j nor around it, and whose common part with j is not a rung;
    adjusted p_j = the largest p_i over needed(j); rejected where that is at most alpha.

**The chance of rejecting any true rung is at most alpha, whatever the length and shape of the
ladder, if every single p is valid.** Proof. Order the rungs so that what is inside comes earlier.
Let m be the first true one; it is fixed by the truth, not by the data. Then m is needed by every
true j, by induction along the order. For j = m it is plain. Otherwise m is earlier than j. If m is
inside j, it is needed. If not, the truth is in the common part of m and j. Either that is no rung,
and m is needed by the third rule; or it is a rung k, inside j, true and earlier than j, which needs
m by induction, and j needs what k needs. So any true rejection requires p_m <= alpha, and that has
probability at most alpha. (This is closed testing, Marcus, Peritz and Gabriel 1976, in which an
intersection is tested by its own rung where it is one, and else by the first of its rungs.)

Where the rungs are totally ordered, or the common part of any two is a rung, the third rule never
acts and the adjusted p is the largest over the rungs inside j. Without the third rule, truths in
the common part of w rungs that is no rung itself could be rejected w times as often as alpha.
"""

from collections.abc import Sequence

from covedge.models.containment import inside, meet_is
from covedge.models.ladder import Model

SENTENCE = (
    "A rung counts as rejected only if every simpler rung inside it is rejected too; so the chance "
    "of rejecting any rung that is true is at most {level}, however long the ladder, as far as "
    "each single p-value is valid."
)


def needed(models: Sequence[Model]) -> tuple[frozenset[int], ...]:
    """Per model the places of those that must be rejected with it.

    models : all inside the goal, each after those that are inside it.
    """
    held = [[inside(small, large) for large in models] for small in models]
    return requirements(held, lambda i, j, k: _meet_is(models[i], models[j], models[k]))


def requirements(held, is_meet) -> tuple[frozenset[int], ...]:
    """`needed` from the order alone.

    held[i][j] : whether i is inside j. is_meet(i, j, k) : whether k is the common part of i and j.
    """
    found: list[frozenset[int]] = []
    for j in range(len(held)):
        mine = {j}
        for i in range(j):
            if held[i][j]:
                mine |= found[i]
            elif not any(held[k][i] and held[k][j] and is_meet(i, j, k) for k in range(i)):
                mine.add(i)
        found.append(frozenset(mine))
    return tuple(found)


def adjusted(p: Sequence[float], required: Sequence[frozenset[int]]) -> list[float]:
    """The adjusted p of each rung."""
    return [max(p[i] for i in places) for places in required]


def _meet_is(one, other, met):
    structures = zip(one.structures, other.structures, met.structures, strict=True)
    return all(meet_is(*triple) for triple in structures)
