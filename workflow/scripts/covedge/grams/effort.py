"""How much work one evaluation of the likelihood is, for budgets that do not depend on a clock."""

from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram
from covedge.kernel import layout


def effort(gram: Gram | CrossedGram) -> float:
    """Multiplications in one evaluation of the likelihood with its gradient, roughly.

    Each number of the packed Gram is used some ten times, and the dense block is factored and
    inverted.
    """
    ints, floats = gram.packed
    dense = int(ints[layout.N_DENSE]) if ints[layout.CROSSED] else 0
    return 10.0 * len(floats) + 2.0 * dense**3
