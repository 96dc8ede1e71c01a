"""Whether two runs came to the same: every planted difference is found, and named."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from arviz import from_dict

from covedge.errors import DataError
from covedge.jsonio import write_json
from covedge.verification.comparison import compare, report, results_of
from covedge.verification.values import differences

ROOT = Path(__file__).parents[3]


def listed(here, there, tolerance=0.0):
    return [str(each) for each in differences(here, there, tolerance)]


def test_the_place_of_a_difference_and_its_size_are_told():
    here = {"terms": [{"sd": [1.0, 24.0], "name": "a"}], "n": 3, "seconds": 1.0}
    there = {"terms": [{"sd": [1.0, 25.0], "name": "b"}], "n": 3, "seconds": 9.0}
    assert listed(here, there) == [
        "terms[1].sd[2]: 24.0 here, 25.0 there (relative difference 4.0e-02)",
        "terms[1].name: 'a' here, 'b' there",
    ]
    assert listed(here, here) == []


def test_lines_of_r_that_tell_the_time_are_passed_over():
    here = {"lines": [["fit", ["bobyqa"]], ["seconds", ["1.5"]], ["sigma", ["2"]]]}
    there = {"lines": [["fit", ["bobyqa"]], ["seconds", ["7.25"]], ["sigma", ["3"]]]}
    assert listed(here, there) == ["lines[3][2][1]: '2' here, '3' there"]


@pytest.mark.parametrize(
    ("here", "there", "told"),
    [
        ({"x": 1}, {}, ["x: only here"]),
        ({}, {"x": None}, ["x: only there"]),
        ([1], [1, 2], ["1 values here, 2 there"]),
        (True, 1, ["True here, 1 there"]),
        (1, 1.0, []),
        (None, 0.0, ["None here, 0.0 there"]),
        (0.1 + 0.2, 0.3, ["0.30000000000000004 here, 0.3 there (relative difference 1.9e-16)"]),
        ({"traceback": "/here"}, {"traceback": "/there"}, []),
    ],
)
def test_kinds_of_values(here, there, told):
    assert listed(here, there) == told


def test_numbers_within_the_tolerance_are_equal():
    assert listed([100.0, 0.0], [100.1, 0.0], 1e-2) == []
    assert len(listed([100.0, 0.0], [102.0, 1e-300], 1e-2)) == 2


def write_run(folder, seed=1, shift=0.0, converged=True):
    """Results of an analysis as the steps leave them; draws from N(shift, 1) and N(shift, 9)."""
    rng = np.random.default_rng(7)
    place = folder / "results/mine"
    write_json(place / "design.json", {"n": 3})
    write_json(place / "fits/m1.json", {"criterion": 1.5, "seconds": seed, "sd": [1.0, 2.0]})
    table = pd.DataFrame({"x": rng.normal(size=4), "g": ["a", "b", "a", None]})
    table.to_parquet(place / "data.parquet")
    np.savez(place / "gram.npz", raw=rng.normal(size=(3, 3)), n=3)
    draws = np.random.default_rng(seed).normal(size=(4, 500, 2)) * [1.0, 3.0] + shift
    values = {"beta": draws, "corr": np.concatenate([draws[..., :1], np.ones((4, 500, 1))], 2)}
    posterior = place / "posterior"
    posterior.mkdir()
    from_dict({"posterior": values}).to_netcdf(posterior / "m1.lkj.collapsed.nc")
    summary = {"status": "ok", "converged": converged, "parameters": [float(draws.mean())]}
    write_json(posterior / "m1.lkj.collapsed.json", summary)
    write_json(posterior / "agreement.json", [float(draws.std())])
    write_json(folder / "results/logs/fit/x.json", {"seed": seed})
    return folder


def compared(here, there, **asked):
    return compare(results_of(here), results_of(there), **asked)


def test_runs_that_differ_in_times_and_chance_alone_are_equal(tmp_path):
    here, there = write_run(tmp_path / "here"), write_run(tmp_path / "there", seed=2)
    found = compared(here, there / "results")
    assert found.equal, report(found)
    assert report(found) == (
        "6 files compared: all equal; posterior draws within their Monte Carlo error"
    )


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("fits/m1.json", {"sd": [1.0, 2.1]}, "fits/m1.json: sd[2]: 2.1 here, 2.0 there"),
        ("design.json", {"n": 4}, "design.json: n: 4 here, 3 there"),
        ("posterior/m1.lkj.collapsed.json", {"converged": False}, "converged: False here"),
    ],
)
def test_a_changed_value_is_found(tmp_path, name, change, told):
    here, there = write_run(tmp_path / "here"), write_run(tmp_path / "there")
    path = here / "results/mine" / name
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    found = compared(here, there)
    assert list(found.differing) == [f"mine/{name}"]
    assert told in report(found)


def test_changed_tables_and_arrays_are_found(tmp_path):
    here, there = write_run(tmp_path / "here"), write_run(tmp_path / "there")
    place = here / "results/mine"
    table = pd.read_parquet(place / "data.parquet")
    table.loc[1, "x"] *= 1 + 1e-12
    table.assign(g=["a", "b", "b", None]).to_parquet(place / "data.parquet")
    with np.load(place / "gram.npz") as stored:
        np.savez(place / "gram.npz", raw=stored["raw"][:2], n=3)
    text = report(compared(here, there))
    assert "mine/data.parquet: x: 1 of 4 numbers differ, the most: " in text
    assert "(relative difference 1.0e-12)" in text
    assert "mine/data.parquet: g: other labels here than there" in text
    assert "mine/gram.npz: raw: of shape (2, 3) here, (3, 3) there" in text
    eased = report(compared(here, there, tolerance=1e-9))
    assert "numbers differ" not in eased
    assert "2 differ" in eased


def test_draws_of_another_posterior_are_found(tmp_path):
    """A tenth of a standard deviation; the error of a mean of 2,000 draws is 0.022 of one."""
    here, there = write_run(tmp_path / "here"), write_run(tmp_path / "there", seed=2, shift=0.15)
    found = compared(here, there)
    assert list(found.differing) == ["mine/posterior/m1.lkj.collapsed.nc"]
    assert "standard errors apart, where up to" in report(found)


def test_chains_that_did_not_converge_are_held_against_nothing(tmp_path):
    here = write_run(tmp_path / "here", converged=False)
    there = write_run(tmp_path / "there", seed=2, shift=5.0, converged=False)
    assert compared(here, there).equal


def test_what_one_run_lacks_is_named(tmp_path):
    here, there = write_run(tmp_path / "here"), write_run(tmp_path / "there")
    (here / "results/mine/fits/m1.json").unlink()
    write_json(there / "results/other/design.json", {})
    write_json(there / "results/other/verdict.json", {})
    (here / "results/mine/.part-01234567-fits").mkdir()
    write_json(here / "results/mine/.part-01234567-fits/m1.json", {})
    found = compared(here, there)
    assert (found.only_here, found.only_there) == ([], ["mine/fits/m1.json", "other/"])
    (here / "results/mine/data.parquet").write_bytes(b"cut sho")
    assert "mine/data.parquet: cannot be compared: " in report(compared(here, there))


def test_a_folder_without_results_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no results of a run are there"):
        results_of(tmp_path)


def verify(*arguments):
    done = subprocess.run(
        [sys.executable, ROOT / "tools/verify.py", *arguments],
        env={"PYTHONPATH": str(ROOT / "workflow/scripts")},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_ends_with_a_status_that_tells(tmp_path):
    here, there = write_run(tmp_path / "here"), write_run(tmp_path / "there", seed=2)
    status, said = verify(str(there), "--here", str(here))
    assert (status, said.splitlines()[-1][:16]) == (0, "6 files compared")
    write_json(there / "results/mine/fits/m1.json", {"criterion": 1.5000001, "sd": [1.0, 2.0]})
    status, said = verify(str(there), "--here", str(here))
    assert status == 1
    assert said.startswith("mine/fits/m1.json: criterion: 1.5 here, 1.5000001 there (relative")
    assert said.endswith("6 files compared: 1 differs\n")
    assert verify(str(there), "--here", str(here), "--tolerance", "1e-6")[0] == 0
    status, said = verify(str(tmp_path / "none"), "--here", str(here))
    assert status == 2
    assert said.startswith("error: ")
    assert "Traceback" not in said
