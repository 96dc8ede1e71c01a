"""Whatever stands in a config, a formula or a data file: a result, or an error for the user.

Nothing else is ever raised, and nothing takes long: hypothesis fails an example that is over its
deadline. (For `subset` the same is in formulas/test_subset.py.)
"""

import copy
import math
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covedge.config import load_config, load_schema
from covedge.errors import CovedgeError
from covedge.formulas.formula import parse
from covedge.frames.data import prepare
from covedge.frames.design import model_frame
from covedge.frames.reading import Reading
from covedge.frames.table import read_table
from covedge.yaml_file import check_yaml
from support.rough import CLEAN, GOOD

ROOT = Path(__file__).parents[2]
SCHEMA = load_schema(ROOT / "workflow/schemas/config.schema.yaml")
DATA = "data/published/sleepstudy.csv"
BOUNDED = settings(
    deadline=5000,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.dates()
    | st.sampled_from(["auto", "lkj", "REML", "y ~ x + (x | g)", "x == 1", DATA, "../..", "\0"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=3),
    max_leaves=6,
)
KEYS = SCHEMA["properties"]["analyses"]["additionalProperties"]["properties"]
GIVEN = {"data": DATA, "formula": "Reaction ~ Days + (Days | Subject)"}


def outcome(function, *arguments):
    """What the function returns, or None and what the user is told, in lines; else it raises."""
    try:
        return function(*arguments), ()
    except CovedgeError as error:
        told = error.problems
    assert told
    assert not any("\n" in line for line in told)
    return None, told


def refused_or_filled(config):
    before = repr(copy.deepcopy(config))
    filled, told = outcome(load_config, config, SCHEMA, ROOT)
    assert told or list(filled["analyses"])
    assert repr(config) == before


@BOUNDED
@given(st.dictionaries(st.sampled_from([*KEYS, "typo"]), values, max_size=4), values)
def test_any_values_in_a_config(keys, report):
    refused_or_filled({"analyses": {"one": {**GIVEN, **keys}, "two": GIVEN}})
    refused_or_filled({"analyses": {"one": GIVEN}, "report": report})


@BOUNDED
@given(values)
def test_any_config(config):
    refused_or_filled(config if isinstance(config, dict) else {"analyses": config})


@BOUNDED
@given(st.text(alphabet="ab1:-[]{}&*!|>#'\"%@?, \n\t.<~", max_size=60))
def test_any_text_as_a_config_file(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    _, told = outcome(check_yaml, path)
    assert all(line.startswith(f"{path}") for line in told)
    if not told:
        yaml.safe_load(text)  # as Snakemake does afterwards


# Words of the grammar in any order, and now and then a word that is none of it.
WORDS = (
    (
        "x",
        "z",
        "f",
        "g",
        "y",
        "1",
        "0",
        "2",
        "0.5",
        "-1",
        "`x`",
        "`if`",
        "lambda",
        "np.log",
        "TRUE",
    ),
    (
        "+",
        "-",
        "*",
        "/",
        ":",
        "^",
        "|",
        "||",
        "(",
        ")",
        ",",
        "~",
        "=",
        "==",
        "<",
        "%in%",
        ".",
        "\\",
    ),
    ("I(", "log(", "poly(", "C(", "bs(", "cr(", "scale(", "round(", "rr(", "us(", "contr.sum"),
    ("(1|g)", "(x|g)", "(x||g)", "'u'", '"v"', "µ", "\0", "__class__", "\\", "np.log"),
)
words = st.sampled_from([word for some in WORDS for word in some])
TABLE = GOOD.assign(z=GOOD.x**2, f=["u", "v", "w"] * 8, **{"if": range(24), "lambda": 1.5})


@settings(BOUNDED, max_examples=600)
@given(st.lists(words, max_size=10), st.sampled_from(["", " "]), st.booleans())
def test_any_words_as_a_formula(pieces, gap, with_term):
    text = "y ~ " + gap.join(pieces) + (" + (1 | g)" if with_term else "")
    kept = TABLE.copy()

    def frame_of():
        formula = parse(text)
        return model_frame(prepare(kept, formula).frame, formula)

    frame, told = outcome(frame_of)
    if not told:
        assert np.isfinite(frame.X).all()
        assert all(np.isfinite(Z).all() for Z in frame.Z)
        assert len(frame.y) == len(TABLE)
    pd.testing.assert_frame_equal(kept, TABLE)


@BOUNDED
@given(st.text(max_size=40))
def test_any_text_as_a_formula(text):
    for formula in (text, f"y ~ {text}", f"y ~ x + ({text} | g)", f"y ~ I({text})"):
        found, told = outcome(parse, formula)
        assert told or found.variables


edits = st.lists(
    st.tuples(
        st.sampled_from(["replace", "insert", "delete", "cut"]),
        st.floats(0, 1, exclude_max=True),
        st.sampled_from([b"", b"\0", b",", b";", b"\t", b'"', b"\n", b"\r", b"NA", b"1e999", b"-"])
        | st.binary(max_size=3),
    ),
    max_size=5,
)


@settings(BOUNDED, max_examples=400)
@given(edits, st.sampled_from(["csv", "tsv", "txt"]), st.sampled_from([None, ",", ";", " "]))
def test_a_data_file_that_was_damaged_anywhere(tmp_path, changes, ending, separator):
    content = CLEAN.encode()
    for kind, where, new in changes:
        at = math.floor(where * len(content))
        after = at if kind == "insert" else at + max(len(new), 1)
        content = content[:at] + (b"" if kind in ("cut", "delete") else new) + content[after:]
        content = content[:at] if kind == "cut" else content
    path = tmp_path / f"d.{ending}"
    path.write_bytes(content)
    formula = parse("y ~ x + (1 | g)")
    stated = Reading(separator=separator)
    prepared, told = outcome(lambda: prepare(read_table(path, stated), formula))
    if not told:
        assert set(prepared.frame) == {"y", "x", "g"}
        assert np.isfinite(prepared.frame["y"]).all()


@settings(BOUNDED, max_examples=100)
@given(st.binary(max_size=200), st.sampled_from(["parquet", "xlsx", "rds", "RData", "dta", "sav"]))
def test_any_bytes_as_a_file_of_another_format(tmp_path, content, ending):
    path = tmp_path / f"d.{ending}"
    path.write_bytes(content)
    _, (told,) = outcome(read_table, path)
    assert str(path) in told
