"""Provenance: what the page says is enough to do the analysis again."""

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
import yaml

from covedge.config import load_config, load_schema
from covedge.pages import parameters
from covedge.pages.again import compose, config_text
from covedge.pages.results import read_given
from support.results import Labels, write

ROOT = Path(__file__).parents[2]
SCHEMA = load_schema(ROOT / "workflow/schemas/config.schema.yaml")
ODD = "<script>`{=html}` ```\n {{x}} µ|$x_1$ 'a' \"b\": #no comment"
GIVEN = {
    "plain": {"data": "data/rats.csv", "formula": "cc_marg ~ mPair + (mPair | ratID)"},
    "odd": {
        "title": ODD,
        "data": "data/rats.csv",
        "formula": "cc_marg ~ 1 + (1 | ratID)",
        "subset": "spd_des == 's15' and not (ratID in ['r03', '<b>'])",
        "categorical": ["cycle"],
        "smallest_sd": 1e-05,
        "bayes": {"enabled": False, "hyperparameters": {"lkj": {"all": {"eta": 2}}}},
    },
}


@pytest.mark.parametrize("name", GIVEN)
def test_the_yaml_gives_the_same_settings_when_it_is_read(name):
    analysis = load_config({"analyses": {name: GIVEN[name]}}, SCHEMA, ROOT)["analyses"][name]
    read = yaml.safe_load(config_text(analysis))
    assert load_config(read, SCHEMA, ROOT)["analyses"][name] == analysis


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_copied_from_the_page_is_that_yaml(tmp_path, name):
    analysis = load_config({"analyses": {name: GIVEN[name]}}, SCHEMA, ROOT)["analyses"][name]
    given = write(tmp_path, Labels()) | {"analysis": analysis}
    shown = compose(read_given(given))
    (box,) = re.findall(r"<pre[^>]*>(.*?)</pre>", shown, re.DOTALL)
    assert "```" not in box
    copied = "\n".join(unescape(line) for line in box.split("<br>"))
    assert yaml.safe_load(copied) == yaml.safe_load(config_text(analysis))


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with the library's file in it; a function that runs git there."""

    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        done = subprocess.run(
            ["git", *identity, *words], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    module = tmp_path / "workflow/scripts/covedge/pages/parameters.py"
    module.parent.mkdir(parents=True)
    shutil.copy(parameters.__file__, module)
    monkeypatch.setattr(parameters, "ROOT", tmp_path)
    monkeypatch.setattr(parameters, "__file__", str(module))
    git("init", "--quiet")
    return git


def test_the_commit_is_told_and_whether_code_was_changed(repository, tmp_path):
    analysis = {"data": str(tmp_path / "none.csv")}
    assert parameters.provenance(analysis)["commit"] is None
    for name in ("Snakefile", "requirements.lock", "README.md"):
        (tmp_path / name).write_text("one")
    repository("add", ".")
    repository("commit", "--quiet", "--message", "one")
    told = parameters.provenance(analysis)
    assert told["commit"] == repository("rev-parse", "HEAD")
    # printf one | sha256sum
    assert told["lock_sha256"].startswith(
        "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add7"
    )
    (tmp_path / "README.md").write_text("two")
    assert parameters.provenance(analysis)["changed"] is False
    (tmp_path / "Snakefile").write_text("two")
    assert parameters.provenance(analysis)["changed"] is True


def test_without_git_there_is_no_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert parameters.provenance({"data": "none.csv"})["commit"] is None
