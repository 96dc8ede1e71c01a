"""The first step, from file to files."""

import json

import pandas as pd
import pytest

from covedge.errors import CovedgeError
from prepare import prepare

ANALYSIS = {
    "name": "mine",
    "read": {},
    "formula": "y ~ f + (1 | g)",
    "subset": "y < 9",
    "missing": "drop",
    "categorical": [],
    "weights": None,
    "ladder": ["y ~ f", "y ~ f + x + (1 | g)"],
}
TABLE = pd.DataFrame(
    {
        "y": [1, 2, 3, 4, 5, 9],
        "f": ["b", "a", "b", "a", "b", "c"],
        "g": [10, 10, 9, 9, 2, 2],
        "x": [0.5, 1.5, 2.5, None, 4.5, 5.5],
        "unused": range(6),
    }
)


def run(folder, **changes):
    TABLE.to_csv(folder / "mine.csv", index=False)
    places = {"data": folder / "data.parquet", "design": folder / "design.json"}
    prepare(folder / "mine.csv", {**ANALYSIS, **changes}, **places)
    return pd.read_parquet(places["data"]), json.loads(places["design"].read_text())


def test_types_and_order_of_levels_survive_the_file(tmp_path):
    data, design = run(tmp_path)
    assert data["y"].tolist() == [1.0, 2.0, 3.0, 5.0]
    assert list(data.columns) == ["y", "f", "g", "x"]
    assert list(data["g"].cat.categories) == ["2", "9", "10"]
    assert list(data["f"].cat.categories) == ["a", "b"]
    assert design["analysis"] == "mine"
    assert design["rows"]["dropped"] == [
        {"reason": "subset", "column": None, "rows": 1},
        {"reason": "missing", "column": "x", "rows": 1},
    ]


def test_what_is_stated_of_the_file_is_used(tmp_path):
    text = TABLE.rename(columns={"f": "\u00b5"}).to_csv(index=False, sep="~", decimal=",")
    (tmp_path / "odd.txt").write_bytes(text.encode("latin-1"))
    read = {"table": None, "separator": "~", "decimal": ",", "encoding": "latin-1"}
    analysis = {**ANALYSIS, "read": read, "formula": "y ~ x + (1 | `\u00b5`)", "ladder": "auto"}
    prepare(tmp_path / "odd.txt", analysis, tmp_path / "data.parquet", tmp_path / "design.json")
    assert pd.read_parquet(tmp_path / "data.parquet")["x"].tolist() == [0.5, 1.5, 2.5, 4.5]


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        ({"subset": "y > 9"}, "subset", "keeps none of the 6 rows"),
        ({"formula": "y ~ h + (1 | g)"}, "formula", "no column `h`"),
        ({"ladder": ["y ~ h"]}, "ladder", "no column `h`"),
        ({"categorical": ["h"]}, "categorical", "no column `h`"),
    ],
)
def test_errors_name_file_and_key_and_leave_nothing(tmp_path, changes, where, says):
    with pytest.raises(CovedgeError) as caught:
        run(tmp_path, **changes)
    told = str(caught.value)
    assert told.startswith(f"{tmp_path}/mine.csv, analyses.mine.{where}: ")
    assert says in told
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]
