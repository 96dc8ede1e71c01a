"""The call of R that the page shows for reading the data."""

import pytest

from covedge.pages.in_r import _read


@pytest.mark.parametrize(
    ("path", "stated", "call"),
    [
        ("d/a.csv", {}, 'read.csv("d/a.csv")'),
        ("a.csv.gz", {"decimal": "auto"}, 'read.csv("a.csv.gz")'),
        ("a.csv", {"separator": ";", "decimal": ","}, 'read.csv("a.csv", sep = ";", dec = ",")'),
        ("a.tsv", {"encoding": "latin-1"}, 'read.delim("a.tsv", fileEncoding = "latin-1")'),
        ("a.xlsx", {"table": "one"}, 'readxl::read_excel("a.xlsx", sheet = "one")'),
        ("a.RDS", {}, 'readRDS("a.RDS")'),
        ("a.sav", {}, 'haven::read_sav("a.sav")'),
        ("a.pq", {}, 'arrow::read_parquet("a.pq")'),
    ],
)
def test_it_reads_the_same_file(path, stated, call):
    assert _read(path, stated) == f"data <- {call}"


def test_objects_of_a_session_are_loaded_by_their_name():
    assert _read("a.RData", {"table": "rats"}) == 'load("a.RData"); data <- rats'
