"""One analysis with posteriors of all roles, and the section that is made of it."""

import json

import pytest
import xarray

from covedge.pages import bayes
from covedge.pages.results import read_given
from support.posterior_records import MAIN
from support.posteriors import write_posteriors
from support.results import write


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Results with posteriors of all roles; not to be changed."""
    path = tmp_path_factory.mktemp("results")
    (path / "given.json").write_text(json.dumps(write(path)), encoding="utf-8")
    write_posteriors(path / "posterior")
    return path


@pytest.fixture(scope="session")
def results(folder):
    return read_given(json.loads((folder / "given.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def section(results):
    return bayes.compose(results)


@pytest.fixture(scope="session")
def main(folder):
    return xarray.open_datatree(folder / f"posterior/{MAIN}.lkj.collapsed.nc")


@pytest.fixture(scope="session")
def centred(folder):
    return xarray.open_datatree(folder / f"posterior/{MAIN}.lkj.centred.nc")
