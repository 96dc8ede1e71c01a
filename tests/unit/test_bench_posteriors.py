"""The benchmark's section on posteriors from made-up runs; `make bench` makes the real ones."""

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
NAMES = ("cases", "figure", "machine", "page", "peer", "posterior_table", "posteriors", "settings")

ESS_OF_R, RHAT_OF_R = 196.9274911, 1.0113726051


@pytest.fixture
def bench(monkeypatch):
    """The modules of benchmarks/, which import each other by their plain names."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import page
    import posterior_table
    import posteriors

    yield {m.__name__: m for m in (page, posterior_table, posteriors)}
    for name in (*NAMES, "table"):
        sys.modules.pop(name, None)


def sampled(posteriors, lkj=100.0, decov=300.0, stan=(9000.0,)):
    """2,000 effective draws of each; covedge's seconds are 1 and theirs as given."""

    def runs(*seconds):
        return tuple(
            posteriors.Run(s, s + 1.0, 3.0, 2000.0, "G|g x,x", 1.002 + s / 1e6, 1, 7.0)
            for s in seconds
        )

    return posteriors.Sampled(
        "rats_s15",
        "A title",
        "y ~ x + (x | g)",
        1234,
        (
            posteriors.Sampler("covedge", "lkj", runs(lkj, lkj / 2, 2 * lkj), 20.0, 5.0),
            posteriors.Sampler("covedge", "decov", runs(decov), 21.0, 6.0),
            posteriors.Sampler("stan_lmer", "decov", runs(*stan), 0.0, 0.0, "R is not installed"),
        ),
    )


def rows(text):
    """Cells of each line of the last table."""
    lines = [line for line in text.splitlines() if line.startswith(("| covedge", "| stan"))]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_ess_and_rhat_are_those_of_r(bench, tmp_path):
    """Autoregressive chains; the numbers are posterior 1.4.0's: ess_bulk() and rhat() in R."""
    x = np.random.default_rng(1).normal(size=(4, 1000, 6))
    for t in range(1, 1000):
        x[:, t] += np.array([0.9, 0.5, 0.0, -0.4, 0.7, 0.3]) * x[:, t - 1]
    x.tofile(tmp_path / "draws")
    answer = {
        "names": list("abcdef"),
        "sampling": 2.0,
        "wall": 3.0,
        "compiling": 1.0,
        "divergences": 0,
    }
    found = bench["posteriors"].judged(answer | {"steps": 7.0}, tmp_path / "draws")
    assert found.worst == "a"
    assert found.ess == pytest.approx(ESS_OF_R, rel=1e-8)
    assert found.rhat == pytest.approx(RHAT_OF_R, rel=1e-8)
    assert found.rate == pytest.approx(ESS_OF_R / 2.0, rel=1e-8)


def test_ratios_are_of_median_rates(bench):
    result = sampled(bench["posteriors"])
    assert result.ratio("covedge", "lkj") == pytest.approx(90.0)
    assert result.ratio("covedge", "decov") == pytest.approx(30.0)


def test_targets_and_rows(bench):
    table = bench["posterior_table"]
    text = table.section([sampled(bench["posteriors"], decov=1000.0)], {"rstan": "2.21.7"})
    assert "50 times stan_lmer | 90 times | yes |" in text
    assert "10 times | 9 times | **no** |" in text
    assert "Versions: rstan 2.21.7." in text
    lkj, decov, stan = rows(text)
    assert lkj[:6] == ["covedge", "`lkj`", "100", "101", "2,000", "`G\\|g x,x`"]
    assert lkj[6:] == [*("20", "10 to 40", "90", "1.0022", "3", "7", "3", "20", "5"), ""]
    assert decov[7:9] == ["–", "9"]
    assert stan[8:] == [*("1", "1.0110", "1", "7", "1", "0", "0"), "R is not installed"]


def test_without_r_the_row_says_so(bench):
    result = sampled(bench["posteriors"], stan=())
    text = bench["posterior_table"].section([result], {})
    assert text.count("| not measured | – |") == 2
    assert rows(text)[2] == ["stan_lmer", "`decov`", *["–"] * 13, "R is not installed"]


def test_stan_is_not_started_without_r(bench, monkeypatch, tmp_path):
    posteriors = bench["posteriors"]
    monkeypatch.setattr(posteriors.shutil, "which", lambda name: None)
    case = next(case for case in posteriors.CASES if case.name == "sleepstudy")
    assert posteriors._start("stan_lmer", "decov", case, tmp_path) == "R is not installed"


def test_a_section_is_replaced_and_the_rest_kept(bench):
    with_section = bench["page"].with_section
    page = "# B\n\nIntro.\n\n## Targets\n\nT\n\n## Scaling\n\nS\n\n## Machine\n\nM\n"
    once = with_section(page, "## Posteriors", "## Posteriors\n\nFirst.")
    assert once == page.replace("## Scaling", "## Posteriors\n\nFirst.\n\n## Scaling")
    again = with_section(once, "## Posteriors", "## Posteriors\n\nSecond.\n\n### Sub\n\nX\n")
    assert again == once.replace("First.", "Second.\n\n### Sub\n\nX")
