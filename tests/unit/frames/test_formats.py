"""Every format gives the same rows, as R, Excel, Stata and SPSS write them.

The files of R are in tests/reference/formats, with the script that made them beside.
"""

import pickle
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from covedge.errors import DataError
from covedge.formulas.formula import parse
from covedge.frames.data import prepare
from covedge.frames.reading import Reading
from covedge.frames.table import read_table
from covedge.streaming.raw_batches import raw_batches
from support.models import TESTS, data_set, set_up

FORMATS = TESTS / "reference" / "formats"
LATIN1 = {"encoding": "latin-1"}


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("rows.rds", {}),
        ("rows_xz.rds", {}),
        ("one.RData", {}),
        ("several.RData", {"table": "rows"}),
        ("csv2.csv", {}),
        ("table.txt", {}),
        ("latin1.csv", LATIN1),
        ("with_row_names.csv", {}),
    ],
)
def test_what_r_wrote_is_read_as_r_has_it(name, stated):
    table = read_table(FORMATS / name, Reading(**stated))
    np.testing.assert_array_equal(table["y"], [1.5, 2.5, np.nan, 4, 5, 6])
    assert list(table["f"]) == ["mid", "lo", "hi", "lo", "mid", "hi"]
    assert list(table["i"].astype(float).fillna(-1)) == [1, 2, -1, 4, 5, 6]
    assert list(table["s"].isna()) == [False, True, False, False, False, False]
    assert list(table["s"].dropna()) == ["x", "ü", "µ", "y", "z"]
    assert [str(value)[:10] for value in table["d"]][:2] == ["2020-01-01", "2020-01-02"]
    formula = parse("y ~ f + (1 | l)")
    levels = prepare(table, formula).levels
    is_r = name.lower().endswith(("rds", "rdata"))
    # text has no order but the alphabet's; a factor keeps that of its levels, less the empty ones
    assert levels["f"] == (("lo", "mid", "hi") if is_r else ("hi", "lo", "mid"))
    labels = [str(value) for value in table["l"].dropna()]
    assert labels == ["True", "False", "True", "False", "True"]


def test_dates_are_labels_where_they_group_and_no_numbers():
    table = read_table(FORMATS / "rows.rds")
    assert prepare(table, parse("y ~ 1 + (1 | d)")).levels["d"][:2] == ("2020-01-01", "2020-01-02")
    with pytest.raises(DataError, match="`d` holds times; turn them into numbers, such as days"):
        prepare(table, parse("y ~ d + (1 | f)"))


def test_a_grouped_data_of_nlme_is_the_data_frame_that_it_is():
    """lme4: REMLcrit(lmer(distance ~ age * Sex + (age | Subject), Orthodont)) is 432.581..."""
    formula = "distance ~ age * Sex + (age | Subject)"
    ours = set_up(read_table(FORMATS / "orthodont.rds"), formula)
    # nlme's levels: Male comes first there, Female by the alphabet
    assert ours.frame.fixed == ("(Intercept)", "age", "SexFemale", "age:SexFemale")
    assert ours.frame.terms[0].levels[:2] == ("M16", "M05")
    from_text = set_up(data_set("Orthodont").astype({"Sex": str, "Subject": str}), formula)
    assert from_text.frame.fixed[2] == "SexMale"
    found = ours.fit().point.criterion
    assert found == pytest.approx(from_text.fit().point.criterion, abs=1e-6)


def test_objects_of_r_are_named_and_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("function.rds", "call.rds"):
        with pytest.raises(DataError):
            read_table(FORMATS / name)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DataError, match=r"state one, as in `read: \{table: rows\}`; there are"):
        read_table(FORMATS / "several.RData")
    with pytest.raises(DataError, match="no object `row`; did you mean `rows`"):
        read_table(FORMATS / "several.RData", Reading(table="row"))
    with pytest.raises(DataError, match=r"holds no data frame; save one, as in saveRDS"):
        read_table(FORMATS / "none.rda")
    with pytest.raises(DataError, match=r"`vector` in .* is no data frame"):
        read_table(FORMATS / "one.RData", Reading(table="vector"))


def test_a_pickle_in_parquet_is_not_opened(tmp_path):
    """Arrow's old Python extension types were pickles in the metadata of a column."""
    ran = tmp_path / "it_ran"

    class Evil:
        def __reduce__(self):
            return ran.mkdir, ()

    metadata = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(Evil()),
    }
    y = pa.field("y", pa.float64(), metadata=metadata)
    path = tmp_path / "d.parquet"
    pq.write_table(pa.table([pa.array([1.0, 2.0])], schema=pa.schema([y])), path)
    assert list(read_table(path)["y"]) == [1.0, 2.0]
    assert not ran.exists()
    pickle.loads(metadata[b"ARROW:extension:metadata"])
    assert ran.exists()  # it would have


def test_an_encoding_that_is_not_utf_8_is_stated():
    with pytest.raises(DataError, match=r"0xfc; save it as UTF-8, or state its encoding"):
        read_table(FORMATS / "latin1.csv")


LABELLED = pd.DataFrame(
    {
        "y": [1.0, 2.0, np.nan, 4.0],
        "dose": [2, 1, 2, 3],
        "likert": [1, 2, 3, 5],
        "s": ["b", "a", "ü", ""],
    }
)
LABELS = {"dose": {1: "none", 2: "low", 3: "high"}, "likert": {1: "never", 5: "always"}}


@pytest.mark.parametrize("ending", ["dta", "sav", "zsav"])
def test_labels_of_all_values_make_a_factor_in_the_order_of_the_values(tmp_path, ending):
    path = tmp_path / f"d.{ending}"
    if ending == "dta":
        pyreadstat.write_dta(LABELLED, path, variable_value_labels=LABELS)
    else:
        pressed = {"compress": True} if ending == "zsav" else {}
        pyreadstat.write_sav(LABELLED, path, variable_value_labels=LABELS, **pressed)
    table = read_table(path)
    assert list(table["dose"]) == ["low", "none", "low", "high"]
    assert list(table["dose"].cat.categories) == ["none", "low", "high"]
    assert list(table["likert"]) == [1.0, 2.0, 3.0, 5.0]
    assert list(table["s"].isna()) == [False, False, False, True]
    levels = prepare(table.fillna({"y": 3.0, "s": "c"}), parse("y ~ dose + (1 | s)")).levels
    assert levels["dose"] == ("none", "low", "high")


def test_stata_as_pandas_writes_it(tmp_path):
    factor = pd.Categorical(["z", "a", "z", "m"], categories=["z", "m", "a"], ordered=True)
    pd.DataFrame({"g": factor, "y": [1, 2, 3, 4]}).to_stata(tmp_path / "d.dta", write_index=False)
    assert list(read_table(tmp_path / "d.dta")["g"].cat.categories) == ["z", "m", "a"]


def test_a_workbook_has_its_sheet_stated_where_several_are_filled(tmp_path):
    path, table = tmp_path / "d.xlsx", data_set("sleepstudy").head(30)
    with pd.ExcelWriter(path) as book:
        table.to_excel(book, sheet_name="trials", index=False)
        pd.DataFrame().to_excel(book, sheet_name="empty", index=False)
    pd.testing.assert_frame_equal(read_table(path), table)
    with pd.ExcelWriter(path, mode="a") as book:
        table.head(2).to_excel(book, sheet_name="pilot", index=False)
    with pytest.raises(DataError, match=r"several sheets: state one.*`trials`, `pilot`"):
        read_table(path)
    assert len(read_table(path, Reading(table="pilot"))) == 2
    with pytest.raises(DataError, match="no sheet `trial`; did you mean `trials`"):
        read_table(path, Reading(table="trial"))


def test_a_workbook_with_two_columns_of_one_name(tmp_path):
    book = pd.DataFrame([["x", "x"], [1, 2]])
    book.to_excel(tmp_path / "d.xlsx", header=False, index=False)
    with pytest.raises(DataError, match="two columns are named `x`"):
        read_table(tmp_path / "d.xlsx")


TEXTS = {
    "commas": ("csv", "g,y\na,0.5\nb,1.5\n", {}),
    "semicolons": ("csv", "g;y\na;0,5\nb;1,5\n", {}),
    "semicolons and points": ("csv", "g;y\na;0.5\nb;1.5\n", {}),
    "tabs": ("tsv", "g\ty\na\t0,5\nb\t1,5\n", {}),
    "tabs in a .csv": ("csv", "g\ty\na\t0.5\nb\t1.5\n", {}),
    "bars": ("txt", "g|y\na|0.5\nb|1.5\n", {}),
    "blanks, stated": ("txt", "g y\na 0.5\nb 1.5\n", {"separator": " "}),
    "quoted": ("csv", '"g","y"\n"a","0.5"\n"b","1.5"\n', {}),
    "decimal comma in quotes": ("csv", 'g,y\na,"0,5"\nb,"1,5"\n', {"decimal": ","}),
    "line ends of Windows": ("csv", "g,y\r\na,0.5\r\nb,1.5\r\n", {}),
    "line ends of old Macs": ("csv", "g,y\ra,0.5\rb,1.5\r", {}),
    "no line end at the end": ("csv", "g,y\na,0.5\nb,1.5", {}),
    "empty lines": ("csv", "\ng,y\n\na,0.5\n\nb,1.5\n\n", {}),
}


@pytest.mark.parametrize(("ending", "text", "stated"), TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_separator_decimals_and_encoding_are_found(tmp_path, ending, text, stated, encoding):
    path = tmp_path / f"d.{ending}"
    path.write_bytes(text.encode(encoding))
    expected = pd.DataFrame({"g": ["a", "b"], "y": [0.5, 1.5]})
    pd.testing.assert_frame_equal(read_table(path, Reading(**stated)), expected)


def test_a_comma_that_may_mean_thousands_is_not_taken_for_a_decimal_one(tmp_path):
    path = tmp_path / "d.tsv"
    path.write_text("g\ty\na\t1,234\nb\t2,345\n")
    table = read_table(path)
    with pytest.raises(DataError, match=r"'1,234'; if that is a decimal comma, state `read"):
        prepare(table, parse("y ~ 1 + (1 | g)"))
    assert list(read_table(path, Reading(decimal=","))["y"]) == [1.234, 2.345]


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "txt", "xlsx", "dta", "sav", "rds"])
def test_batches_are_prepared_as_the_whole_is(tmp_path, ending):
    """The two readers see the same rows, types and levels."""
    path = tmp_path / f"d.{ending}"
    table = data_set("Orthodont")
    if ending == "rds":
        shutil.copy(FORMATS / "orthodont.rds", path)
    elif ending == "xlsx":
        table.to_excel(path, index=False)
    elif ending in ("dta", "sav"):
        codes = table["Sex"].map({"Male": 1, "Female": 2})
        write = pyreadstat.write_dta if ending == "dta" else pyreadstat.write_sav
        labels = {"Sex": {1: "Male", 2: "Female"}}
        write(table.assign(Sex=codes), path, variable_value_labels=labels)
    else:
        style = {"txt": {"sep": ";", "decimal": ","}, "tsv": {"sep": "\t"}}
        table.to_csv(path, index=False, **style.get(ending, {}))
    formula = parse("distance ~ age * Sex + (age | Subject)")
    whole = prepare(read_table(path), formula)
    batches = raw_batches(path, formula, size=13)
    assert {n: tuple(v) for n, v in batches.categories.items()} == whole.levels
    frame = pd.concat(batches, ignore_index=True)
    pd.testing.assert_frame_equal(frame, whole.frame, check_categorical=False)
    for name, labels in whole.levels.items():
        assert list(frame[name].cat.categories) == list(labels)
    assert whole.levels["Sex"][0] == ("Male" if ending in ("dta", "sav", "rds") else "Female")
