"""The Slurm profile against a real Slurm of one node: the same numbers as without it."""

import json
import shutil
import tempfile
from pathlib import Path

import pytest
import yaml

from support.models import PUBLISHED
from support.slurm import PROGRAMS, cpus_by_rule, slurm
from support.timeless import timeless
from support.tree import ROOT, copy_workflow

CONFIG = """
analyses:
  dyestuff2:
    data: data/Dyestuff2.csv
    formula: Yield ~ 1 + (1 | Batch)
    engines: []
    bayes: {enabled: false}
    bootstrap: {replicates: 300, models: [m0-fixed]}
plans:
  planned:
    formula: y ~ 1 + (1 | g)
    groups: {g: 6}
    repeats: 5
    sd: {g: 0.3}
    rounds: 1
"""
TARGETS = (
    "results/dyestuff2/tests.json",
    "results/dyestuff2/posterior",
    "results/planned/atlas.json",
)
JOBS = ("prepare", "fit", "bootstrap", "bayes", "compare", "plan_atlas", "try_atlas", "atlas")
# Steps are short here: ask for their state sooner than on a cluster, and of squeue, since this
# Slurm keeps no accounts.
OPTIONS = ("--slurm-init-seconds-before-status-checks", "10", "--slurm-status-command", "squeue")


@pytest.fixture(scope="module")
def cluster(require_program, require_root):
    """The environment of a Slurm that runs; slurmd runs jobs of others, and so wants root."""
    for name in PROGRAMS:
        require_program(name)
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    with slurm(folder) as env:
        yield env
    shutil.rmtree(folder)


@pytest.fixture
def tree(tmp_path):
    tree = copy_workflow(tmp_path)
    (tmp_path / "config/config.yaml").write_text(CONFIG, encoding="utf-8")
    shutil.copy(PUBLISHED / "Dyestuff2.csv", tmp_path / "data")
    return tree


def numbers(tree):
    """All results by path: JSON but for what the clock says, rows and draws byte by byte."""
    results = tree.folder / "results"
    found = {
        path: timeless(json.loads(path.read_text(encoding="utf-8")))
        for path in results.rglob("*.json")
    }
    found |= {path: path.read_bytes() for path in results.rglob("*.parquet")}
    return {str(path.relative_to(results)): found[path] for path in sorted(found)}


@pytest.mark.slow
def test_the_numbers_are_those_of_a_run_without_slurm(cluster, tree):
    done = tree.snakemake("--cores", "2", *TARGETS)
    assert done.returncode == 0, done.stdout
    assert "covedge: this takes about " in done.stdout
    here = numbers(tree)
    second_batch = "dyestuff2/bootstrap/251-300/m0-fixed.parquet"
    assert {"dyestuff2/tests.json", "dyestuff2/fits/m1-intercept.json", second_batch} <= here.keys()
    assert {"planned/atlas.json", "planned/atlas.parquet"} <= here.keys()
    shutil.rmtree(tree.folder / "results")
    done = tree.snakemake(
        *("--profile", "profiles/slurm"), *OPTIONS, *TARGETS, **cluster, timeout=900
    )
    assert done.returncode == 0, done.stdout
    assert cpus_by_rule(cluster) == dict.fromkeys(JOBS, 1) | {"bayes": 4}
    assert numbers(tree) == here


def test_the_profile_names_rules_that_there_are():
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text(encoding="utf-8"))
    rules = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("workflow/rules/*.smk"))
    assert profile["executor"] == "slurm"
    assert all(f"rule {name}:" in rules for name in profile["set-resources"])
