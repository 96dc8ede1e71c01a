"""The whole chain on small data: the same numbers on any number of cores, and faults told."""

import json

import pytest

from covedge.verification.comparison import compare, report, results_of
from support.models import PUBLISHED, reference
from support.timeless import timeless
from support.tree import copy_workflow

CONFIG = """
analyses:
  sleepstudy:
    data: data/sleepstudy.csv
    formula: Reaction ~ Days + (Days | Subject)
    bayes: {chains: 2, draws: 300, tune: 300, priors: [lkj, decov]}
    bootstrap: {replicates: 50}
  dyestuff2:
    data: data/Dyestuff2.csv
    formula: Yield ~ 1 + (1 | Batch)
    bayes: {enabled: false}
    bootstrap: {replicates: 50}
"""
ANALYSES = ("sleepstudy", "dyestuff2")


def small(folder):
    """A copy of the workflow with two small analyses."""
    tree = copy_workflow(folder)
    (folder / "config/config.yaml").write_text(CONFIG, encoding="utf-8")
    for name in ("sleepstudy", "Dyestuff2"):
        text = (PUBLISHED / f"{name}.csv").read_text(encoding="utf-8")
        (folder / f"data/{name}.csv").write_text(text, encoding="utf-8")
    return tree


def numbers(tree):
    """All JSON results but the posterior's, by path."""
    results = tree.folder / "results"
    return {
        str(path.relative_to(results)): timeless(json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(results.rglob("*.json"))
        if "posterior" not in path.parts
    }


@pytest.fixture(scope="module")
def one_core(tmp_path_factory):
    tree = small(tmp_path_factory.mktemp("one"))
    done = tree.snakemake("--cores", "1")
    assert done.returncode == 0, done.stdout
    return tree


@pytest.mark.slow
def test_the_numbers_do_not_depend_on_the_number_of_cores(one_core, tmp_path):
    tree = small(tmp_path)
    done = tree.snakemake("--cores", "4")
    assert done.returncode == 0, done.stdout
    assert numbers(tree) == numbers(one_core)
    for analysis in ANALYSES:
        for name in ("data.parquet", "gram.npz"):
            path = f"results/{analysis}/{name}"
            assert (tree.folder / path).read_bytes() == (one_core.folder / path).read_bytes()
    found = compare(results_of(tree.folder), results_of(one_core.folder))
    assert found.equal, report(found)
    means = [posterior_means(t) for t in (tree, one_core)]
    for name, (mean, error) in means[0].items():
        # Two means with Monte Carlo errors of their own; 5 of them in some 20 quantities.
        other, other_error = means[1][name]
        assert abs(mean - other) < 5 * (error**2 + other_error**2) ** 0.5, name


def posterior_means(tree):
    """Mean and its Monte Carlo error of every parameter of the model asked for."""
    (path,) = (tree.folder / "results/sleepstudy/posterior").glob("m*-full.lkj.collapsed.json")
    summary = json.loads(path.read_text(encoding="utf-8"))
    return {p["name"]: (p["mean"], p["sd"] / p["ess_bulk"] ** 0.5) for p in summary["parameters"]}


@pytest.mark.slow
def test_what_the_chain_writes_is_what_r_found(one_core):
    found = numbers(one_core)
    fits = {path: fit for path, fit in found.items() if "/fits/" in path}
    full = next(f for path, f in fits.items() if path.startswith("sleepstudy") and "full" in path)
    assert full["criterion"] == pytest.approx(reference("sleepstudy_reml")["criterion"], abs=1e-6)
    assert full["certificate"]["certified"]
    zero = fits["dyestuff2/fits/m1-intercept.json"]
    assert zero["criterion"] == pytest.approx(reference("dyestuff2_reml")["criterion"], abs=1e-6)
    assert (zero["degenerate"], zero["terms"][0]["theta"]) == (True, [0.0])
    assert found["sleepstudy/verdict.json"]["degenerate"] is False
    assert found["dyestuff2/verdict.json"]["recommended"]["model"] == "m0-fixed"


@pytest.mark.slow
def test_nothing_is_left_to_do_and_the_pages_are_there(one_core):
    assert one_core.jobs() == []
    for name in (*ANALYSES, "index"):
        page = (one_core.folder / f"reports/html/{name}.html").read_text(encoding="utf-8")
        assert page.rstrip().endswith("</html>")


@pytest.mark.slow
def test_a_step_that_fails_leaves_a_page_that_says_so(tmp_path):
    tree = small(tmp_path)
    for step in ("engines", "diagnose"):
        tree.edit(
            f"workflow/scripts/{step}.py",
            "    def work(",
            "    raise_in_work = 'planted in " + step + "'\n\n    def work(",
        )
    tree.edit(
        "workflow/scripts/engines.py", "        likelihood = ", BROKEN + "        likelihood = "
    )
    tree.edit("workflow/scripts/diagnose.py", "        found = ", BROKEN + "        found = ")
    done = tree.snakemake("--cores", "2", "reports/html/dyestuff2.html")
    assert done.returncode == 0, done.stdout
    page = (tree.folder / "reports/html/dyestuff2.html").read_text(encoding="utf-8")
    assert "planted in engines" in page
    assert "planted in diagnose" in page


BROKEN = "        raise RuntimeError(raise_in_work)\n"
