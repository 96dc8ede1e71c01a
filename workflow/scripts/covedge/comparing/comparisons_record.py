"""Comparisons as the JSON that the page reads: results/{analysis}/tests.json."""

from covedge.comparing.bootstrap_test import BootstrapTest
from covedge.comparing.chi_bar import ChiBar
from covedge.comparing.comparisons import BOOTSTRAP, CHI_BAR, EXACT, NAIVE, Comparison, Comparisons
from covedge.comparing.exact_test import ExactTest
from covedge.comparing.multiplicity import SENTENCE

TESTS = {
    EXACT: "exact test",
    BOOTSTRAP: "parametric bootstrap",
    CHI_BAR: "chi-bar-square, for many groups",
    NAIVE: "naive chi-square",
}


def comparisons_record(found: Comparisons) -> dict:
    """The content of tests.json."""
    return {
        "goal": found.goal,
        "level": found.level,
        "pairs": [_pair(c, found.level) for c in found.comparisons],
        "rungs": [vars(rung) for rung in found.rungs],
        "multiplicity": SENTENCE.format(level=f"{100 * found.level:g} %"),
    }


def _pair(comparison: Comparison, level: float) -> dict:
    pair = comparison.pair
    smaller, larger = pair.names
    return {
        "smaller": smaller,
        "larger": larger,
        "lrt": pair.lrt,
        "df": pair.df,
        "naive": {"p": pair.naive, "bound": pair.bound},
        "chi_bar": _chi_bar(pair.chi_bar, pair.lrt),
        "exact": _test(pair.exact, ExactTest),
        "bootstrap": _test(comparison.bootstrap, BootstrapTest),
        "use": comparison.use,
        "p": comparison.p,
        "sentence": sentence(comparison, level),
    }


def _chi_bar(law, lrt):
    if isinstance(law, ChiBar):
        return {"p": law.p(lrt), "weights": law.weights, "df": law.df}
    return {"reason": law.reason}


def _test(test, kind):
    return vars(test) if isinstance(test, kind) else {"reason": test.reason}


def sentence(comparison: Comparison, level: float) -> str:
    """What the test of a pair means."""
    smaller, larger = comparison.pair.names
    lrt, p = comparison.pair.lrt, comparison.p
    if lrt < 1e-6:
        return f"{larger} fits no better than {smaller}: these data cannot tell them apart."
    chance = (
        f"where {smaller} is true, {larger} lowers the criterion by {lrt:.3g} or more in "
        f"{_share(p)} of data sets ({_test_name(comparison)})"
    )
    if p > level:
        words = f"These data cannot tell {smaller} from {larger}: {chance}."
    else:
        words = f"{smaller} fits worse than chance would make it: {chance}."
    return " ".join([words, *_caveats(comparison, level)])


def _share(p):
    if p < 1e-3:
        return "fewer than 1 in " + ("1000" if p > 1e-4 else "10 000")
    return f"{100 * p:.2g} %"


def _test_name(comparison):
    law = comparison.pair.chi_bar
    if comparison.use == CHI_BAR and len(law.weights) == 1:
        return "chi-square, for many groups: no variance is at an edge here"
    if comparison.use == NAIVE and comparison.pair.beyond_doubt:
        return "an upper bound: naive chi-square with an allowance for the number of groups"
    return TESTS[comparison.use]


def _caveats(comparison, level):
    bootstrap = comparison.bootstrap
    if comparison.use == BOOTSTRAP and bootstrap.lower <= level < bootstrap.upper:
        yield (
            f"With {bootstrap.replicates} replicates p is only known to lie between "
            f"{bootstrap.lower:.2g} and {bootstrap.upper:.2g}: more of them would decide."
        )
    if comparison.use == NAIVE and not comparison.pair.beyond_doubt:
        yield (
            "The naive chi-square is a rough guide only: too cautious where a variance may be "
            "zero, too eager where few groups must support many covariances."
        )
