"""pyproject.toml, requirements.lock, environment.yml and .python-version tell one story."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from covedge.digest import sources

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

# Where conda's channels have the same package under another name.
CONDA_NAMES = {"matplotlib": "matplotlib-base", "snakemake": "snakemake-minimal"}


def direct_dependencies():
    declared = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    return [Requirement(text) for text in declared]


def locked_versions():
    """Version of each package of the lock; the only one, or the test that asks fails."""
    pins = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", LOCK, flags=re.MULTILINE):
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins


def conda_versions(name="environment.yml"):
    """What a file of conda asks for, `=` and `==` alike, with pip's part."""
    environment = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    versions = {}
    for entry in environment["dependencies"]:
        for text in entry["pip"] if isinstance(entry, dict) else [entry]:
            name, _, version = text.split("::")[-1].partition("=")
            versions[name] = version.lstrip("=")
    return versions


@pytest.mark.parametrize("requirement", direct_dependencies(), ids=lambda r: r.name)
def test_a_direct_dependency_has_one_version_everywhere(requirement):
    (locked,) = locked_versions()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(locked)
    in_conda = conda_versions()[CONDA_NAMES.get(requirement.name, requirement.name)]
    assert f"{locked}.".startswith(f"{in_conda}.")
    assert in_conda.count(".") >= 1


def test_environment_yml_has_nothing_that_the_project_does_not_need():
    needed = {CONDA_NAMES.get(r.name, r.name) for r in direct_dependencies()}
    assert set(conda_versions()) - needed == {"python", "quarto", "pip"}


def test_the_python_of_each_file_is_one_that_the_project_allows():
    allowed = SpecifierSet(PROJECT["project"]["requires-python"])
    chosen = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    assert Version(chosen) in allowed
    assert conda_versions()["python"] == chosen
    assert Version("3.12") in allowed
    assert Version("3.11") not in allowed


def test_the_environment_of_r_has_the_same_versions_and_all_that_its_step_imports():
    found = conda_versions("workflow/envs/r.yaml")
    in_r = {name for name in found if name.startswith("r-")}
    assert {"r-base", "r-lme4", "r-nlme", "r-rstanarm"} <= in_r
    known = conda_versions()
    assert {name: found[name] for name in found.keys() - in_r} == {
        name: known[name] for name in found.keys() - in_r
    }
    scripts = ROOT / "workflow/scripts"
    text = "".join(p.read_text() for p in sources(scripts / "ask_r.py", scripts) if ".py" in p.name)
    imported = set(re.findall(r"^ *(?:import|from) (\w+)", text, re.MULTILINE))
    direct = {canonicalize_name(r.name) for r in direct_dependencies()}
    assert imported & direct <= set(found)


def test_the_lock_names_no_address_and_no_path():
    assert not re.search(r"https?:|file:|@ |--(extra-)?index|--find-links", LOCK)
    assert not re.search(r"/home/|/root/|/tmp/", LOCK)


def test_each_package_of_the_lock_has_a_hash():
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(entries) > 100
    assert [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_a_missing_program_skips_here_and_fails_in_ci(require_program, monkeypatch):
    monkeypatch.setenv("COVEDGE_REQUIRE_ALL", "0")
    with pytest.raises(pytest.skip.Exception, match="no-such-program"):
        require_program("no-such-program")
    monkeypatch.setenv("COVEDGE_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        require_program("no-such-program")


def test_a_missing_package_of_r_does_so_too(require_program, require_r_packages, monkeypatch):
    require_program("Rscript")
    monkeypatch.setenv("COVEDGE_REQUIRE_ALL", "0")
    with pytest.raises(pytest.skip.Exception, match=r"no\.such\.package"):
        require_r_packages("stats", "no.such.package")
    monkeypatch.setenv("COVEDGE_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match=r"no\.such\.package"):
        require_r_packages("no.such.package")
