"""Reading data files."""

import gzip

import pandas as pd
import pytest

from covedge.errors import DataError
from covedge.frames.table import read_table

TABLE = pd.DataFrame({"rat": ["r1", "r2"], "y": [0.5, None], "cycle": [1, 2]})


@pytest.mark.parametrize("name", ["d.csv", "d.tsv", "d.csv.gz", "d.parquet", "D.CSV"])
def test_every_format_gives_the_same_table(tmp_path, name):
    path = tmp_path / name
    if name.endswith("parquet"):
        TABLE.to_parquet(path)
    else:
        text = TABLE.to_csv(index=False, sep="\t" if "tsv" in name else ",")
        path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    pd.testing.assert_frame_equal(read_table(path), TABLE)


def test_a_byte_order_mark_is_not_part_of_a_name(tmp_path):
    (tmp_path / "d.csv").write_bytes(b"\xef\xbb\xbfrat,y\nr1,1\n")
    assert list(read_table(tmp_path / "d.csv").columns) == ["rat", "y"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.csv", None, "there is no file"),
        ("d.csv", b"", "is empty"),
        ("d.csv", b"rat,y\n", "has no rows"),
        ("d.csv", b"rat,y,rat\n1,2,3\n", "two columns named `rat`"),
        ("d.csv", b"rat,y\n1,2\n1,2,3\n", "line 3"),
        ("d.csv", b"rat,y\nr\xe4t,2\n", "UTF-8"),
        ("d.parquet", b"not parquet", "cannot be read"),
        ("d.xlsx", b"PK", "cannot be read"),
    ],
)
def test_errors_name_the_file(tmp_path, name, content, says):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        read_table(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)


def test_the_word_none_is_a_label_and_na_is_missing(tmp_path):
    """As in R, where read.csv takes NA, and an empty cell of numbers, as missing."""
    path = tmp_path / "t.csv"
    path.write_text("dose,y\nNone,1\nlow,NA\nNA,\n", encoding="utf-8")
    table = read_table(path)
    assert list(table["dose"].isna()) == [False, False, True]
    assert table["dose"].iloc[0] == "None"
    assert list(table["y"].isna()) == [False, True, True]
