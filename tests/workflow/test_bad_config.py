"""What a user reads who made a mistake: one line, naming key, column or file, and no results."""

import json
import re

import pytest
import yaml

from support.tree import copy_workflow

# What depends on the config alone is told before anything runs.
AT_ONCE = {
    "misspelt": (
        "{data: data/rats.csv, formla: cc_marg ~ 1 + (1 | ratID)}",
        "analyses.misspelt.formla: unknown key; did you mean `formula`?",
    ),
    "no_file": (
        "{data: data/rat.csv, formula: cc_marg ~ 1 + (1 | ratID)}",
        "analyses.no_file.data: there is no file data/rat.csv; did you mean `data/rats.csv`?",
    ),
    "syntax": (
        "{data: data/rats.csv, formula: cc_marg ~ mPair + (1 | ratID}",
        "analyses.syntax.formula: `(` is never closed "
        '(character 19 of `cc_marg ~ mPair + (1 | ratID`, at "(1 | ratID")',
    ),
    "braces": (
        '{data: "data/{x}.csv", formula: cc_marg ~ 1 + (1 | ratID)}',
        "analyses.braces.data: data/{x}.csv has braces, which Snakemake takes for wildcards: "
        "rename it",
    ),
    "code": (
        '{data: data/rats.csv, formula: "cc_marg ~ I(`open`(cycle)) + (1 | ratID)"}',
        "analyses.code.formula: `open` is not a function that can be called here "
        "(character 11 of `cc_marg ~ I(`open`(cycle)) + (1 | ratID)`, "
        'at "I(`open`(cycle)) + (1 | ratID)")',
    ),
    "condition": (
        "{data: data/rats.csv, formula: cc_marg ~ 1 + (1 | ratID), subset: mPair =}",
        "analyses.condition.subset: `=` has no meaning: compare with `==` "
        "(character 7 of `mPair =`)",
    ),
}

# What depends on the data is told by the step that reads them.
FROM_DATA = {
    "column": (
        "formula: cc_marg ~ mPairs + (1 | ratID)",
        "formula: there is no column `mPairs` in the data; did you mean `mPair`?",
    ),
    "subset_column": (
        "formula: cc_marg ~ 1 + (1 | ratID), subset: speed_des == 's15'",
        "subset: `speed_des == 's15'` uses the column `speed_des`, which is not in the data; "
        "did you mean `spd_des`?",
    ),
    "empty": (
        "formula: cc_marg ~ 1 + (1 | ratID), subset: spd_des == 's99'",
        "subset: `spd_des == 's99'` keeps none of the 4 rows; `spd_des` has 's05', 's15'",
    ),
    "constant": (
        "formula: cycle ~ 1 + (1 | ratID)",
        "formula: the response `cycle` is 1 in all 4 rows: there is nothing to explain",
    ),
    "one_level": (
        "formula: cc_marg ~ 1 + (1 | ratID), subset: ratID == 'r01'",
        "formula: the grouping factor `ratID` has one level ('r01') in the 2 rows used: "
        "no variance between its levels can be told",
    ),
}

SMALL = """ratID,spd_des,cycle,mPair,cc_marg
r01,s05,1,p1,0.1
r01,s15,1,p2,0.2
r02,s05,1,p1,0.3
r02,s15,1,p2,0.5
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copy_workflow(tmp_path_factory.mktemp("bad"))


def write(tree, name, analyses):
    lines = [f"  {key}: {value}" for key, value in analyses.items()]
    (tree.folder / name).write_text("\n".join(["analyses:", *lines, ""]))


def test_mistakes_in_the_config_are_told_before_anything_runs(tree):
    write(tree, "bad.yaml", {key: text for key, (text, _) in AT_ONCE.items()})
    done = tree.snakemake("--dry-run", "--configfile", "bad.yaml")
    assert done.returncode != 0
    told = [line for line in done.stdout.splitlines() if line.startswith("analyses.")]
    assert sorted(told) == sorted(says for _, says in AT_ONCE.values())
    assert "Traceback" not in done.stdout
    assert len(done.stdout.splitlines()) <= len(AT_ONCE) + 6
    assert not re.search("additionalProperties|properties|anyOf", done.stdout)


def test_a_config_that_is_not_yaml_is_told_with_its_place(tree, tmp_path):
    (tree.folder / "config/config.yaml").write_text("analyses:\n  rats: {data: x\n")
    done = tree.snakemake("--dry-run")
    assert done.returncode != 0
    assert "config/config.yaml, line 3, column 1: not valid YAML" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("how", ["--configfile", "config/config.yaml"])
def test_a_config_cannot_make_objects_of_python(tmp_path, how):
    tree = copy_workflow(tmp_path)
    text = "analyses: !!python/object/apply:os.system ['touch it_ran']\n"
    named = ["--configfile", "evil.yaml"] if how == "--configfile" else []
    (tree.folder / (named[1] if named else how)).write_text(text)
    done = tree.snakemake("--dry-run", *named)
    assert done.returncode != 0
    assert "not valid" in done.stdout
    assert not list(tree.folder.rglob("it_ran"))


def test_titles_paths_and_labels_are_text_to_the_shell_and_to_snakemake(tmp_path):
    """Braces, quotes, dollars and markup, from the config and from the data, up to design.json."""
    tree = copy_workflow(tmp_path)
    odd = "$(touch it_ran) `touch it_ran` {x} {{analysis}} '; touch it_ran; #"
    (tree.folder / "odd $(touch it_ran);'q'.csv").write_text(SMALL.replace("p2", odd))
    keys = {
        "title": f"{odd} <script>alert(1)</script>",
        "data": "odd $(touch it_ran);'q'.csv",
        "formula": "cc_marg ~ mPair + (1 | ratID)",
        "subset": "mPair != '{x}'",
    }
    (tree.folder / "odd.yaml").write_text(yaml.safe_dump({"analyses": {"odd": keys}}))
    done = tree.snakemake("results/odd/design.json", "--cores", "1", "--configfile", "odd.yaml")
    assert done.returncode == 0, done.stdout
    design = json.loads((tree.folder / "results/odd/design.json").read_text())
    assert design["levels"]["mPair"] == [odd, "p1"]
    assert not list(tree.folder.rglob("it_ran"))


def test_mistakes_that_the_data_show_stop_their_analysis_only(tree):
    (tree.folder / "small.csv").write_text(SMALL)
    good = {"good": "formula: cc_marg ~ 1 + (1 | ratID)"}
    texts = {**{key: text for key, (text, _) in FROM_DATA.items()}, **good}
    write(tree, "bad.yaml", {key: f"{{data: small.csv, {text}}}" for key, text in texts.items()})
    targets = [f"results/{name}/data.parquet" for name in texts]
    options = ("--cores", "2", "--keep-going", "--configfile", "bad.yaml")
    done = tree.snakemake(*targets, *options)
    assert done.returncode != 0
    expected = [f"error: small.csv, analyses.{key}.{says}" for key, (_, says) in FROM_DATA.items()]
    lines = done.stdout.splitlines()
    # once while it runs, and once more at the end where it is easily seen
    assert sorted(line for line in lines if line.startswith("error: ")) == sorted(2 * expected)
    last = [i for i, line in enumerate(lines) if line.startswith("error: ")][-len(expected) :]
    assert last == list(range(last[0], last[0] + len(expected)))
    assert len(lines) - last[-1] <= 6
    assert "Traceback" not in done.stdout
    written = {path.parent.name for path in (tree.folder / "results").glob("*/*.*")}
    assert written & set(texts) == {"good"}
    assert not list((tree.folder / "results").rglob(".part*"))
