"""`make CONFIG=...`: config and data outside the repository, in a folder with a space."""

import re
import shlex
import subprocess

import pytest

from support.models import PUBLISHED
from support.tree import ROOT, copy_workflow

CONFIG = """
analyses:
  mine:
    data: data/mine.csv
    formula: Reaction ~ Days + (Days | Subject)
"""


@pytest.fixture
def study(tmp_path):
    """A folder with a config and its data, and nothing else."""
    folder = tmp_path / "my study"
    (folder / "data").mkdir(parents=True)
    (folder / "covedge.yaml").write_text(CONFIG, encoding="utf-8")
    text = (PUBLISHED / "sleepstudy.csv").read_text(encoding="utf-8")
    (folder / "data/mine.csv").write_text(text, encoding="utf-8")
    return folder


def options(*given):
    """What `make` gives to snakemake."""
    command = ["make", "--dry-run", "--old-file=.venv/.set-up", *given, "all"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if "snakemake" in line]
    return ["--cores", *re.split(r" --cores ", line)[1:]]


def test_paths_start_beside_the_config_and_results_go_there(study, tmp_path):
    tree = copy_workflow(tmp_path / "repository")
    shell = " ".join(options("CORES=2", f"CONFIG={study}/covedge.yaml"))
    given = subprocess.run(
        f"printf '%s\\n' {shell}", shell=True, capture_output=True, text=True, check=True
    )
    done = tree.snakemake("--dry-run", *given.stdout.splitlines())
    assert done.returncode == 0, done.stdout
    assert f"Working directory: {study}\n" in done.stdout
    assert re.findall(r"^Job \d+: Preparing the data of (.*)$", done.stdout, re.M) == ["mine"]
    assert "rats" not in done.stdout


def test_without_it_the_config_is_that_of_the_repository():
    assert shlex.split(" ".join(options("CORES=3"))) == [*("--cores", "3", "--rerun-incomplete")]
