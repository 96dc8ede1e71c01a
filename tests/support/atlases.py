"""A small atlas, with names from hostile data in it."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from covedge.atlas.asked import ask
from covedge.atlas.findings import surface
from covedge.atlas.record import atlas_record
from covedge.atlas.rounds import first
from covedge.atlas.steps import carried_out, known
from covedge.config import load_config, load_schema
from covedge.jsonio import plain

ROOT = Path(__file__).parents[2]
GROUP = "<script>g µ"
# Fits at each place: enough for a picture.
FITS = 20


def plan() -> dict:
    """A plan as the steps read it: 8 groups of 5 rows."""
    given = {
        "title": "A plan <script>alert(1)</script>",
        "formula": f"y ~ x + (1 | `{GROUP}`)",
        "groups": {GROUP: 8},
        "predictors": {"x": ["a|b", "$x_1$"]},
        "sd": {GROUP: 0.6},
        "repeats": 3,
    }
    schema = load_schema(ROOT / "workflow/schemas/config.schema.yaml")
    return load_config({"plans": {"planned": given}}, schema, ROOT)["plans"]["planned"]


@cache
def record() -> dict:
    """The atlas of the plan after one short round."""
    asked = ask(plan(), {})
    question = asked.question
    trials = [replace(trial, replicates=FITS) for trial in first(question.region, 1)]
    found = known(carried_out(question, trials, 0, range(len(trials))))
    return plain(atlas_record(asked, found, surface(question.region, found), 1))
