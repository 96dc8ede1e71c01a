"""Verdicts on published data, as data/README.md tells them."""

import gzip
import subprocess
from pathlib import Path

import pytest
from scipy.stats import f as f_law

from covedge.causes.cause import ORDER
from covedge.config import load_config, load_schema
from support import gallery
from support.models import PUBLISHED
from support.verdicts import SCHEMA, verdict_of

PAGES = {row[0]: row[1:] for row in gallery.told("### Pages")}
SEEN = dict(gallery.told("### Causes"))
# Those that take longest, most of them for simulations.
LONG = (
    "alfalfa",
    "oats",
    "gun",
    "arabidopsis",
    "bdf",
    "ratpups",
    "dialyzer",
    "glucose",
    "wafer",
)
SENTENCES = {
    "sleepstudy": "Both directions vary between levels of Subject",
    "machines": "3 are needed",
    "penicillin": "healthy",
    "dyestuff2": "small or absent",
    "ergostool": "cannot be estimated from these data",
    "fruits": "The effects move together",
    "ratpups": "One group decides",
}


def in_words(causes):
    """Names of causes, each once, as the README has them."""
    return list(dict.fromkeys(name.replace("_", " ") for name in causes))


def slow_if(name):
    return pytest.param(name, marks=pytest.mark.slow) if name in LONG else name


@pytest.mark.parametrize("name", [slow_if(name) for name in PAGES])
def test_the_verdict_on_a_page_of_the_gallery(name, tmp_path):
    formula, fit, causes, recommended = PAGES[name]
    given = {"analyses": {name: gallery.analyses()[name]}}
    keys = load_config(given, load_schema(SCHEMA))["analyses"][name]
    assert formula == keys["formula"]
    verdict = verdict_of(
        Path(keys["data"]),
        tmp_path,
        formula,
        replicates=keys["bootstrap"]["replicates"],
        engines=["statsmodels"],
        categorical=keys["categorical"],
        smallest_sd=keys["smallest_sd"],
    )
    found = [cause["cause"] for cause in verdict["causes"]]
    assert in_words(found) == [cause for cause in causes.split(", ") if cause]
    assert verdict["degenerate"] is (fit == "singular")
    assert verdict["certified"] is ("not_identifiable" not in found)
    # Where the data do not decide, both are told.
    assert verdict["recommended"]["formula"] in recommended.split("` or `")
    assert SENTENCES.get(name, "") in verdict["summary"]


def test_the_gallery_and_what_is_told_of_it_are_the_same_pages():
    assert list(PAGES) == list(gallery.analyses())


def test_every_cause_is_told_with_the_pages_that_show_it():
    shown = {cause: [] for cause in in_words(ORDER)}
    for name, (_, _, causes, _) in PAGES.items():
        for cause in filter(None, causes.split(", ")):
            shown[cause].append(name)
    assert {cause: pages.split(", ") for cause, pages in SEEN.items()} == shown
    assert all(shown.values())


def test_dyestuff_is_healthy(tmp_path):
    verdict = verdict_of(PUBLISHED / "Dyestuff.csv", tmp_path, "Yield ~ 1 + (1 | Batch)")
    assert (verdict["degenerate"], verdict["causes"]) == (False, [])
    assert verdict["recommended"]["formula"] == "Yield ~ 1 + (1 | Batch)"


@pytest.mark.parametrize(
    ("smallest_sd", "cause"), [(None, "too_little_information"), (6.0, "no_variation")]
)
def test_what_is_said_of_dyestuff2_hangs_on_what_matters(smallest_sd, cause, tmp_path):
    table, formula = PUBLISHED / "Dyestuff2.csv", "Yield ~ 1 + (1 | Batch)"
    verdict = verdict_of(table, tmp_path, formula, replicates=500, smallest_sd=smallest_sd)
    (found,) = verdict["causes"]
    evidence = found["evidence"]
    assert found["cause"] == cause
    low, high = evidence["interval"]
    assert low < missed_by_six_batches_of_five(evidence["smallest_sd_relative"]) < high
    if cause == "no_variation":
        # The SD that would be missed in 5 % of experiments, which the search finds roughly.
        assert 0.02 < missed_by_six_batches_of_five(evidence["upper_limit_sd_relative"]) < 0.09


def missed_by_six_batches_of_five(sd):
    """How often MSB / MSE falls below 1, with F of 5 and 24 degrees of freedom."""
    return f_law.cdf(1 / (1 + 5 * sd**2), 5, 24)


@pytest.mark.slow
def test_insteval_is_healthy(tmp_path):
    verdict = verdict_of(PUBLISHED / "InstEval.csv.gz", tmp_path, "y ~ service + (1 | s) + (1 | d)")
    assert (verdict["degenerate"], verdict["causes"]) == (False, [])
    assert verdict["recommended"]["formula"].endswith("(1 | s) + (1 | d)")


@pytest.mark.slow
def test_the_published_data_are_those_of_the_packages(require_r_packages, tmp_path):
    rscript = require_r_packages("lme4", "nlme")
    subprocess.run([rscript, PUBLISHED / "export.R", tmp_path], check=True)
    files = {path.name for path in PUBLISHED.glob("*.csv*")}
    assert {path.name for path in tmp_path.iterdir()} == files
    for name in files:
        assert table_bytes(tmp_path / name) == table_bytes(PUBLISHED / name), name


def table_bytes(path):
    """A table byte by byte; how it was compressed is gzip's own affair."""
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content
