"""Which jobs run: at first, and after an edit of config, code or data."""

import shutil

import pytest

from support.tree import Tree, copy_pretending

INDEX = "Writing the index of all analyses"


MESSAGES = {
    "prepare": ["Preparing the data of {}"],
    "fit": ["Fitting the ladder of {}"],
    "ask_r": ["Asking R about {}"],
    "engines": ["Judging the answers of other packages about {}"],
    "bayes": ["Sampling the posteriors of {}"],
    "bootstrap": [
        "Simulating {}, replicates 1 to 250",
        "Simulating {}, replicates 251 to 500",
    ],
    "compare": ["Comparing the models of {}"],
    "profiles": ["Profiling the likelihood of {}"],
    "infer": ["Intervals of {}, and what each group decides"],
    "diagnose": ["Diagnosing {}"],
    "report": ["Writing the page of {}"],
}
# Of rats_s15, whose config asks for an atlas: beside all that comes after `fit`.
ATLAS = [
    *(f"Choosing designs for round {k} of the atlas of rats_s15" for k in range(3)),
    *(f"Trying designs for the atlas of rats_s15, round {k}" for k in range(3) for _ in range(2)),
    "Drawing the atlas of rats_s15",
]
# What must run again where a step does: all after it, but for these.
AFTER = {
    "ask_r": ("ask_r", "engines", "diagnose", "report"),
    "engines": ("engines", "diagnose", "report"),
    "bayes": ("bayes", "report"),
    "profiles": ("profiles", "infer", "diagnose", "report"),
    "infer": ("infer", "diagnose", "report"),
    "diagnose": ("diagnose", "report"),
}


def jobs_of(analysis, first="prepare"):
    """The messages of an analysis' jobs where step `first` runs again."""
    steps = AFTER.get(first) or list(MESSAGES)[list(MESSAGES).index(first) :]
    messages = [message.format(analysis) for step in steps for message in MESSAGES[step]]
    return messages + (ATLAS if analysis == "rats_s15" and first in ("prepare", "fit") else [])


def both(first):
    return sorted([*jobs_of("rats", first), *jobs_of("rats_s15", first), INDEX])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A tree in which the default config has run."""
    tree = copy_pretending(tmp_path_factory.mktemp("finished"))
    before = tree.jobs()
    done = tree.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    return tree, before


@pytest.fixture
def tree(finished, tmp_path):
    """A copy of it, to be edited."""
    shutil.copytree(finished[0].folder, tmp_path / "tree")
    return Tree(tmp_path / "tree")


def test_the_default_config(finished, tree):
    assert finished[1] == both("prepare")
    assert tree.jobs() == []


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ("formula: cc_marg ~ mPair +", "formula: cc_marg ~ 1 + mPair +", "prepare"),
        ("method: REML", "method: ML", "fit"),
        ("method: REML", "method: REML\n    bayes: {draws: 500}", "bayes"),
        ("method: REML", "method: REML\n    engines: []", "ask_r"),
        ("method: REML", "method: REML\n    answers: data/rats.csv", "engines"),
        ("title: Coactivation of muscle pairs at one", "title: Coactivation at one", "report"),
        ("title: Coactivation", "# a comment\n    title: Coactivation", None),
    ],
)
def test_an_edit_of_one_analysis_reruns_that_analysis_only(tree, old, new, first):
    tree.edit("config/config.yaml", old, new)
    expected = [] if first is None else [*jobs_of("rats_s15", first), INDEX]
    assert tree.jobs() == sorted(expected)


def test_more_replicates_are_added_to_those_there_are(tree):
    tree.edit(
        "config/config.yaml", "method: REML", "method: REML\n    bootstrap: {replicates: 600}"
    )
    new = "Simulating rats_s15, replicates 501 to 600"
    assert tree.jobs() == sorted([new, *jobs_of("rats_s15", "compare"), INDEX])


def test_more_rounds_of_the_atlas_are_added_to_those_there_are(tree):
    tree.edit("config/config.yaml", "{enabled: true}", "{enabled: true, rounds: 4}")
    new = [m.replace("2", "3", 1) for m in ATLAS if "round 2" in m] + ATLAS[-1:]
    assert tree.jobs() == sorted([*new, *jobs_of("rats_s15", "report"), INDEX])


def test_a_new_analysis_runs_alone(tree):
    new = "  new:\n    data: data/rats.csv\n    formula: cc_marg ~ 1 + (1 | ratID)\n"
    tree.append("config/config.yaml", new)
    assert tree.jobs() == sorted([*jobs_of("new"), INDEX])


@pytest.mark.parametrize(
    ("module", "first"),
    [
        ("figures/style", "report"),
        ("profiles/profile_curve", "profiles"),
        ("comparing/multiplicity", "compare"),
        ("pages/atlas", "report"),
        ("engines/judge", "engines"),
        ("kernel/linalg", "fit"),
        ("formulas/formula", "prepare"),
    ],
)
def test_a_change_of_the_library_reruns_what_uses_it(tree, module, first):
    tree.append(f"workflow/scripts/covedge/{module}.py", "\nCHANGED = True\n")
    assert tree.jobs() == both(first)


def test_a_change_of_the_style_sheet_reruns_the_pages(tree):
    tree.append("reports/page.css", "\n")
    assert tree.jobs() == both("report")


def test_new_data_rerun_everything(tree):
    tree.append("data/rats.csv", "r01,s15,999,p1,0.5\n")
    assert tree.jobs() == both("prepare")


def test_a_change_of_the_renderer_reruns_the_pages(tree):
    tree.append("config/config.yaml", "\nreport: {renderer: pandoc}\n")
    assert tree.jobs() == both("report")


MODULE = """
configfile: "mine.yaml"

module covedge:
    snakefile: "{snakefile}"
    config: config

use rule * from covedge as covedge_*

rule everything:
    default_target: True
    input: rules.covedge_all.input
"""


def test_it_can_be_used_as_a_module(finished, tmp_path):
    there = finished[0].folder
    config = f"data: {there}/data/rats.csv, formula: cc_marg ~ 1 + (1 | ratID)"
    (tmp_path / "mine.yaml").write_text(f"analyses:\n  mine: {{{config}}}\n")
    (tmp_path / "Snakefile").write_text(MODULE.format(snakefile=there / "Snakefile"))
    assert Tree(tmp_path).jobs() == sorted([*jobs_of("mine"), INDEX])
