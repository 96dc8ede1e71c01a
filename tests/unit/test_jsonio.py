"""JSON between the steps."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from covedge.jsonio import plain, read_json, write_json


@dataclass(frozen=True)
class Point:
    x: float
    where: tuple[int, ...]


def test_values_become_plain():
    given = {
        1: Point(np.float64(0.1), (1, 2)),
        "a": np.array([[1.0, np.nan], [np.inf, 2.0]]),
        "b": np.bool_(True),
        "c": np.int64(3),
        "d": Path("x/y"),
        "e": [None, "ü", True],
    }
    assert plain(given) == {
        "1": {"x": 0.1, "where": [1, 2]},
        "a": [[1.0, None], [None, 2.0]],
        "b": True,
        "c": 3,
        "d": "x/y",
        "e": [None, "ü", True],
    }


def test_numbers_are_not_rounded_and_text_is_utf8(tmp_path):
    path = tmp_path / "deep/x.json"
    value = {"x": 0.1 + 0.2, "y": 1e-300, "name": "μ"}
    write_json(path, value)
    assert read_json(path) == value
    assert "μ" in path.read_text(encoding="utf-8")
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


def test_what_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"x": 1})
    with pytest.raises(TypeError):
        write_json(path, {"x": object()})
    assert read_json(path) == {"x": 1}
