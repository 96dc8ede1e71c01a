"""How often each kind of interval holds the truth, as `make coverage` has counted it."""

import json
from functools import cache
from pathlib import Path

from covedge.markup import Column, fold, table

COUNTS = Path(__file__).with_name("coverage.json")
PROFILE, BOOTSTRAP, WALD = "profile, REML", "bootstrap", "Wald"


@cache
def counts() -> list[dict]:
    """Per design and truth: data_sets, singular, and by method none, coverage, above, width."""
    return json.loads(COUNTS.read_text(encoding="utf-8"))


def compose() -> str:
    """What was counted, in a sentence and a table."""
    found = counts()
    zero = [each for each in found if each["truth"] == 0.0]
    other = [each for each in found if each["truth"] > 0.0]
    total = sum(each["data_sets"] for each in found)
    words = (
        f"How well they hold was counted on {total:,} simulated data sets with ten groups, for the "
        "smallest standard deviation. Where it is truly zero, 95 % intervals hold zero in "
        f"{_range(zero, PROFILE)} (profile), {_range(zero, BOOTSTRAP)} (bootstrap) and "
        f"{_range(zero, WALD)} (Wald) of the data sets; where it is not zero, they hold it in "
        f"{_range(other, PROFILE)}, {_range(other, BOOTSTRAP)} and {_range(other, WALD)}. That is "
        "why the profile is recommended.\n"
    )
    columns = ["Design", *(Column(name, "num") for name in ("True SD", "Singular fits"))]
    columns += [Column(method, "num") for method in found[0]["methods"]]
    rows = [
        [each["design"], f"{each['truth']:g}", _percent(each["singular"])]
        + [_told(of) for of in each["methods"].values()]
        for each in found
    ]
    return words + fold(
        "How often 95 % intervals hold the truth (below: the upper end is below the truth)",
        table(columns, rows, "Coverage of 95 % intervals"),
    )


def _range(found, method):
    shares = [each["methods"][method]["coverage"] for each in found]
    low, high = _percent(min(shares)), _percent(max(shares))
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def _told(of):
    words = _percent(of["coverage"])
    if of["none"] >= 0.005:
        words += f" ({_percent(of['none'])} have none)"
    return words + (f", below: {_percent(of['above'])}" if of["above"] >= 0.005 else "")


def _percent(share):
    return f"{100 * share:.0f} %"
