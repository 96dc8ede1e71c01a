"""covedge as a module of another workflow, which runs it and takes its results further."""

import json
import shutil

import pytest

from support.models import PUBLISHED, reference
from support.tree import Tree, copy_workflow

CONFIG = """
analyses:
  mine:
    data: sleepstudy.csv
    formula: Reaction ~ Days + (Days | Subject)
    bootstrap: {replicates: 20}
"""
SNAKEFILE = """
configfile: "mine.yaml"


module covedge:
    snakefile:
        "covedge/Snakefile"
    config:
        config


use rule * from covedge as covedge_*


rule criterion:
    default_target: True
    input:
        "results/mine/fits",
    output:
        "criterion.txt",
    run:
        import json

        with open(f"{input[0]}/m3-full.json") as fit, open(output[0], "w") as file:
            print(json.load(fit)["criterion"], file=file)
"""


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """A workflow of somebody else, with a clone of this one in it."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "covedge").mkdir()
    copy_workflow(folder / "covedge")
    shutil.copy(PUBLISHED / "sleepstudy.csv", folder)
    (folder / "mine.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
    tree = Tree(folder)
    done = tree.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    return tree


def test_a_rule_after_it_finds_its_results(theirs):
    found = float((theirs.folder / "criterion.txt").read_text(encoding="utf-8"))
    assert found == pytest.approx(reference("sleepstudy_reml")["criterion"], abs=1e-6)
    fit = json.loads((theirs.folder / "results/mine/fits/m3-full.json").read_text("utf-8"))
    assert (fit["analysis"], fit["certificate"]["certified"]) == ("mine", True)
    assert not (theirs.folder / "covedge/results").exists()


def test_a_change_of_the_library_reruns_what_uses_it(theirs, tmp_path):
    tree = Tree(tmp_path / "copy")
    shutil.copytree(theirs.folder, tree.folder)
    assert tree.jobs() == []
    tree.append("covedge/workflow/scripts/covedge/figures/style.py", "\nCHANGED = True\n")
    assert tree.jobs() == []
    tree.append("covedge/workflow/scripts/covedge/fits/starts.py", "\nCHANGED = True\n")
    assert "Fitting the ladder of mine" in tree.jobs()
    assert "Preparing the data of mine" not in tree.jobs()


def test_the_pages_are_theirs_too(theirs):
    done = theirs.snakemake("--dry-run", "reports/html/index.html")
    assert done.returncode == 0, done.stdout
    assert "Writing the page of mine" in done.stdout
