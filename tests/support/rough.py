"""Rough and broken data files, each with the right answer or the words of its error."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

N, GROUPS = 24, 6


def table(**columns) -> pd.DataFrame:
    """y, x and g, 6 groups of 4 rows, with these columns changed or added."""
    rng = np.random.default_rng(7)
    g = np.repeat(np.arange(GROUPS), N // GROUPS)
    found = pd.DataFrame({"y": 0.0, "x": rng.normal(size=N), "g": [f"g{i}" for i in g]})
    found["y"] = 1.0 + found["x"] + 1.5 * rng.normal(size=GROUPS)[g] + rng.normal(size=N)
    return found.assign(**columns)


@dataclass(frozen=True)
class Case:
    """What a file holds, and what is to come of it.

    write : makes the file in a folder. expected : words of the error, or the table (y, x, g) whose
    criterion of y ~ x + (1 | g) is the right one. keys : of the analysis.
    """

    write: Callable[[Path], Path]
    expected: str | pd.DataFrame
    keys: dict = field(default_factory=dict)


def text(content: str | bytes | pd.DataFrame, name: str = "d.csv") -> Callable[[Path], Path]:
    if isinstance(content, pd.DataFrame):
        content = content.to_csv(index=False)
    content = content.encode() if isinstance(content, str) else content

    def write(folder):
        (folder / name).write_bytes(content)
        return folder / name

    return write


def parquet(content: pd.DataFrame | pa.Table) -> Callable[[Path], Path]:
    def write(folder):
        made = content if isinstance(content, pa.Table) else pa.Table.from_pandas(content)
        pq.write_table(made, folder / "d.parquet")
        return folder / "d.parquet"

    return write


def _folder_instead(folder):
    (folder / "d.csv").mkdir()
    return folder / "d.csv"


def _line_7(new: str) -> str:
    """The CSV of `table` with another seventh line; the first is the header."""
    found = CLEAN.splitlines()
    return "\n".join([*found[:6], new, *found[7:], ""])


def cells(column: str, **values) -> pd.DataFrame:
    """`table` with cells (by `row_3`, from 1) of a column replaced by text."""
    found = table().astype({column: object})
    for row, value in values.items():
        found.loc[int(row.removeprefix("row_")) - 1, column] = value
    return found


GOOD = table()
CLEAN = GOOD.to_csv(index=False)
AND_Z = {"formula": "y ~ x + z + (1 | g)"}
ODD_LABELS = [label for label in ("a", "😀", "مرحبا", "İ", "ı", "µ") for _ in range(4)]
DATES = pd.date_range("2024-01-01", periods=GROUPS).repeat(N // GROUPS)
NUMBERS = GOOD.g.str[1:].astype(int)
DECIMALS = pa.table(
    {
        "y": pa.array(GOOD.y),
        "x": pa.array(GOOD.x.round(5)).cast(pa.decimal128(20, 5), safe=False),
        "g": pa.array(list(GOOD.g)),
    }
)
MANY = pd.DataFrame({"y": np.tile([0.0, 1.0, 2.5, 3.0], 50_000), "g": np.arange(200_000) // 2})

RIGHT = {
    "as it should be": Case(text(CLEAN), GOOD),
    "rows in another order": Case(text(GOOD.sample(frac=1.0, random_state=3)), GOOD),
    "columns in another order": Case(text(GOOD[["g", "x", "y"]]), GOOD),
    "NaN in the response": Case(text(cells("y", row_3="NaN")), GOOD.drop(index=2)),
    "NA, empty and null": Case(
        text(cells("x", row_1="NA", row_2="", row_5="null")), GOOD.drop(index=[0, 1, 4])
    ),
    "a group that is missing": Case(text(cells("g", row_9="")), GOOD.drop(index=8)),
    "every row twice": Case(text(pd.concat([GOOD, GOOD])), pd.concat([GOOD, GOOD])),
    "a column twice, by another name": Case(text(table(z=GOOD.x)), GOOD, AND_Z),
    "collinear columns": Case(text(table(z=3 * GOOD.x - 2)), GOOD, AND_Z),
    "a constant column": Case(text(table(z=4)), GOOD, AND_Z),
    "a column of zeros": Case(text(table(z=0)), GOOD, AND_Z),
    "an all-missing column that is not used": Case(text(table(z=None)), GOOD),
    "a column of text that is not used": Case(text(table(z='a, "b"\nc')), GOOD),
    "quoted line breaks in labels": Case(text(table(g="a\n" + GOOD.g + '"')), GOOD),
    "blanks around numbers": Case(text(cells("x", row_2=f" {float(GOOD.x[1])!r} ")), GOOD),
    "names with blanks": Case(
        text(GOOD.rename(columns={"x": "gait speed"})),
        GOOD,
        {"formula": "y ~ `gait speed` + (1 | g)", "subset": "`gait speed` < 99"},
    ),
    "words of R and Python as names": Case(
        text(GOOD.rename(columns={"x": "lambda", "g": "if", "y": "TRUE"})),
        GOOD,
        {"formula": "`TRUE` ~ `lambda` + (1 | `if`)", "subset": "`if` != 'x' and `TRUE` < 99"},
    ),
    "exponents": Case(text(table(x=[f"{v:.16e}" for v in GOOD.x])), GOOD),
    "many digits": Case(text(table(x=[f"{v:.40f}" for v in GOOD.x])), GOOD),
    "a covariate of another unit": Case(text(table(x=GOOD.x * 1e120)), table(x=GOOD.x * 1e120)),
    "labels that are whole numbers beyond 2^53": Case(text(table(g=2**62 + NUMBERS)), GOOD),
    "labels beyond any whole number": Case(text(table(g=[str(10**25 + i) for i in NUMBERS])), GOOD),
    "labels of a hundred digits": Case(text(table(g="9" * 100 + GOOD.g.str[1:])), GOOD),
    "labels that look like exponents": Case(text(table(g="0" + GOOD.g.str[1:] + "e5")), GOOD),
    "labels of any script": Case(text(table(g=ODD_LABELS)), GOOD),
    "labels with markup": Case(text(table(g="<script>alert(1)</script>" + GOOD.g)), GOOD),
    "labels that are formulas": Case(text(table(g="=cmd|'/c calc'!" + GOOD.g)), GOOD),
    "truth values": Case(text(table(x=GOOD.x > 0)), table(x=(GOOD.x > 0) * 1.0)),
    "truth values of Parquet with missing ones": Case(
        parquet(table(x=pd.array([None, *(GOOD.x > 0)[1:]], dtype="boolean"))),
        table(x=(GOOD.x > 0) * 1.0).drop(index=0),
    ),
    "complex numbers as text": Case(text(table(x=["1+2j", "2+1j"] * 12)), table(x=[0.0, 1.0] * 12)),
    "dates that group": Case(text(table(g=DATES)), GOOD),
    "dates of Parquet that group": Case(parquet(table(g=DATES)), GOOD),
    "decimals of Parquet": Case(parquet(DECIMALS), table(x=GOOD.x.round(5))),
    "small whole numbers": Case(
        parquet(table(x=np.arange(N, dtype="uint8"))), table(x=np.arange(float(N)))
    ),
    "two groups": Case(text(table(g=["a", "b"] * 12)), table(g=["a", "b"] * 12)),
    "a group of one row": Case(text(GOOD.head(21)), GOOD.head(21)),
    "a mean that hides the digits": Case(text(table(y=GOOD.y + 2.0**20)), GOOD),
    "a response in units too large": Case(text(table(y=GOOD.y * 1e140)), table(y=GOOD.y * 1e140)),
    "a response in units too small": Case(text(table(y=GOOD.y * 1e-140)), table(y=GOOD.y * 1e-140)),
    "UTF-16 as Excel saves it": Case(
        text(CLEAN.replace(",", "\t").encode("utf-16"), "d.txt"), GOOD
    ),
    "a gzip file": Case(text(gzip.compress(CLEAN.encode()), "d.csv.gz"), GOOD),
}

REFUSED = {
    "no file": Case(lambda folder: folder / "d.csv", "there is no file"),
    "a folder": Case(_folder_instead, "is a folder, not a file"),
    "an empty file": Case(text(""), "is empty: its first line must name the columns"),
    "line ends alone": Case(text("\n\n\n"), "its first line must name the columns"),
    "a header alone": Case(text("y,x,g\n"), "has no rows"),
    "a header that is missing": Case(text(CLEAN.split("\n", 1)[1]), "no column `y` in the data"),
    "one row": Case(text(GOOD.head(1)), "in all 1 rows: there is nothing to explain"),
    "two rows": Case(text(GOOD.iloc[[0, 5]]), "2 rows cannot determine 2 fixed effects"),
    "one group": Case(text(table(g="a")), "grouping factor `g` has one level ('a')"),
    "NUL bytes": Case(text(CLEAN.replace("g3", "g\0", 1)), "line 14: a NUL byte"),
    "UTF-16 without its mark": Case(text(CLEAN.encode("utf-16-le")), "a NUL byte; the file is"),
    "latin-1": Case(text(CLEAN.replace("g3", "gü").encode("latin-1")), "state its encoding"),
    "a line that is cut short": Case(text(_line_7("1.5,2")), "line 7: 2 fields, and the first"),
    "a line with too much": Case(text(_line_7("1,2,g1,9")), "line 7: 4 fields, and the first"),
    "a file that is cut short": Case(text(CLEAN[:-9]), "names 3 columns: it is cut short"),
    "a quotation mark that never closes": Case(
        text(_line_7('1.5,2.0,"g1')), "a quotation mark is never closed"
    ),
    "row names without a name": Case(
        text("y,x,g\n" + GOOD.to_csv(header=False)), "row.names = FALSE"
    ),
    "two columns of one name": Case(text("y,x,x,g\n1,2,3,a\n"), "two columns named `x`"),
    "thousands": Case(text(table(y="1,234")), "decimal comma, state `read"),
    "a workbook with the ending of text": Case(text(b"PK\x03\x04rest"), "its ending is .xlsx"),
    "a web page": Case(text("<!DOCTYPE html><html>"), "a web page"),
    "Parquet with the ending of text": Case(text(b"PAR1rest"), "its ending is .parquet"),
    "gzip with the ending of text": Case(text(gzip.compress(b"y\n1\n")), "its ending is .gz"),
    "text with the ending of gzip": Case(text(CLEAN, "d.csv.gz"), "not a whole gzip file"),
    "gzip that is cut short": Case(
        text(gzip.compress(CLEAN.encode())[:-30], "d.csv.gz"), "not a whole gzip file"
    ),
    "text with the ending of Parquet": Case(text(CLEAN, "d.parquet"), "cannot be read"),
    "text with the ending of a workbook": Case(text(CLEAN, "d.xlsx"), "cannot be read"),
    "text with the ending of R": Case(text(CLEAN, "d.rds"), "cannot be read"),
    "text with the ending of Stata": Case(text(CLEAN, "d.dta"), "cannot be read"),
    "text with the ending of SPSS": Case(text(CLEAN, "d.sav"), "cannot be read"),
    "an ending that is not known": Case(text(CLEAN, "d.xls"), "none that covedge reads"),
    "infinity": Case(text(cells("x", row_4="Inf")), "`x` is infinite in row 4"),
    "infinity in the response": Case(text(cells("y", row_4="-inf")), "`y` is infinite in row 4"),
    "text among numbers": Case(text(cells("x", row_4="n.a.")), "`x` is not a number in row 4"),
    "mixed types": Case(text(cells("y", row_4="high", row_9="?")), "row 4 of the data: 'high'"),
    "numbers as text": Case(
        parquet(table(x=GOOD.x.astype(str))), "holds numbers as text; mend the data, or list it"
    ),
    "a response of text": Case(text(table(y=GOOD.g)), "`y` must be numeric"),
    "a response of truth values": Case(text(table(y=GOOD.x > 0)), "`y` must be numeric"),
    "a response that is missing": Case(text(table(y="")), "no rows are left"),
    "a covariate that is missing": Case(text(table(x=None)), "each has a missing value"),
    "a constant response": Case(text(table(y=3.5)), "the response `y` is 3.5 in all 24 rows"),
    "a response constant in groups": Case(
        text(table(y=NUMBERS)), "does not vary within the levels of `g`: no residual"
    ),
    "a response that the covariate explains": Case(
        text(table(y=2 * GOOD.x + 1)), "the fixed effects fit the response exactly"
    ),
    "dates as a covariate": Case(parquet(table(x=DATES)), "`x` holds times; turn them"),
    "lists": Case(parquet(table(x=[[1.0]] * N)), "neither numbers nor text in row 1"),
    "bytes": Case(parquet(table(g=[b"a", b"b"] * 12)), "neither numbers nor text in row 1"),
    "values that overflow": Case(text(cells("y", row_4="1e200")), "too large to be squared"),
    "values beyond any number": Case(text(cells("y", row_4="1e999")), "`y` is infinite in row 4"),
    "values that underflow": Case(text(table(y=GOOD.y * 1e-200)), "too small to be squared"),
    "labels beyond 2^53 with missing ones": Case(
        parquet(table(g=[np.nan] + [float(2**60)] * 23)), "more than 15 digits"
    ),
    "weights of zero": Case(
        text(table(w=[0] + [1] * 23)), "`w` is not positive in row 1", {"weights": "w"}
    ),
    "identifiers as a covariate": Case(
        text(table(x=[f"id{i}" for i in range(N)])), "24 rows cannot determine 24 fixed effects"
    ),
    "a hundred thousand levels as a covariate": Case(
        parquet(MANY.assign(g="g" + MANY.g.astype(str), k=MANY.index % 9)),
        "would have 100000 columns in 200000 rows",
        {"formula": "y ~ g + (1 | k)"},
    ),
}
