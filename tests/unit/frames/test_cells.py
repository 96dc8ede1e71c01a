"""design.json, on a table small enough to count by hand."""

import pandas as pd

from covedge.formulas.formula import parse
from covedge.frames.cells import LARGEST_MATRIX, describe
from covedge.frames.data import prepare


def test_counts_by_hand():
    table = pd.DataFrame(
        {
            "g": ["A"] * 4 + ["B"] * 3 + ["C"],
            "f": ["p", "p", "p", "q", "p", "p", "p", "q"],
            "y": [1.0, 2.0, 4.0, 3.0, 5.0, 6.0, None, 7.0],
        }
    )
    formula = parse("y ~ f + (f | g)")
    described = describe(prepare(table, formula, subset="y < 7 or g != 'A'"), formula)
    # B's missing response: y < 7 is unknown, but g != 'A' holds
    assert described["rows"] == {
        "read": 8,
        "subset": 8,
        "used": 7,
        "dropped": [{"reason": "missing", "column": "y", "rows": 1}],
        "dropped_missing": 1,
    }
    (cells,) = described["counts"]
    assert cells["matrix"] == [[3, 1], [2, 0], [0, 1]]
    assert cells["empty"] == [["B", "q"], ["C", "p"]]
    assert cells["singletons"] == [["A", "q"], ["C", "q"]]
    assert (cells["n_empty"], cells["n_singletons"], cells["min"], cells["max"]) == (2, 2, 0, 3)
    (term,) = described["terms"]
    assert (term["group"], term["groups"], term["effects"]) == ("g", 3, ["(Intercept)", "fq"])
    assert term["observations"] == {"min": 1, "median": 2.0, "max": 4}
    assert term["singletons"] == 1
    assert described["levels"] == {"f": ["p", "q"], "g": ["A", "B", "C"]}
    assert described["numeric"]["y"]["max"] == 7.0


def test_the_levels_of_nested_factors_are_counted_within_each_other():
    table = pd.DataFrame({"g": ["A", "A", "B", "B", "B"], "h": [1, 2, 1, 2, 2], "y": range(5)})
    formula = parse("y ~ 1 + (1 | g/h)")
    outer, inner = describe(prepare(table, formula), formula)["terms"]
    assert (outer["group"], outer["groups"]) == ("g", 2)
    assert (inner["group"], inner["groups"], inner["singletons"]) == ("g:h", 4, 3)


def test_large_matrices_are_summed_up_only():
    n = LARGEST_MATRIX
    table = pd.DataFrame({"g": [i // 2 for i in range(2 * n)], "f": ["p", "q"] * n})
    table["y"] = range(2 * n)
    formula = parse("y ~ f + (1 | g)")
    (cells,) = describe(prepare(table, formula), formula)["counts"]
    assert cells["matrix"] is cells["empty"] is cells["groups"] is None
    assert (cells["n_groups"], cells["n_empty"], cells["n_singletons"]) == (n, 0, 2 * n)
