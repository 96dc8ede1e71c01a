"""What the page says of the fixed effects: which conclusions depend on the rung."""

from dataclasses import replace

import pytest

from covedge.figures.fixed_effects import WIDEST, fixed_effects
from covedge.pages import fixed_effects as page
from covedge.pages import fixed_reading
from covedge.pages.results import read_given
from support.results import Labels, write

NAMES = ["(Intercept)", "mPairGAGL", "mPairGASO", "mPairGATA", "mPairRFVL", "mPairTAVL"]
SOUND, ASKED = ["m1-intercept", "m2-compound", "m3-diagonal"], "m4-full"


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A ladder of five rungs of which the last, asked for, is singular; figures are not drawn."""
    monkeypatch.setattr(page, "svg", lambda figure, name: "<svg ></svg>")
    return read_given(write(tmp_path / "results"))


def record(name, lower, upper, use="kenward_roger", **more):
    told = {"lower": lower, "upper": upper, "df": 7.25, "p": 0.0321, "std_error": 0.0417}
    return {"name": name, "use": use, "because": f"Because of {use}.", use: told | more}


def with_intervals(results, **by_model):
    """Each rung's intervals are 1 to 2, but for what is given: {model: {name: (lower, upper)}}."""
    intervals = {}
    for model in results.fits:
        use = "bootstrap" if model == ASKED else "kenward_roger"
        given = by_model.get(model.replace("-", "_"), {})
        rows = [record(name, *given.get(name, (1.0, 2.0)), use) for name in NAMES]
        intervals[model] = {"fixed": rows}
    return replace(results, intervals=intervals)


def test_without_intervals_two_standard_errors_serve_and_the_page_says_so(results):
    told = {rung.model: rung.told for rung in fixed_reading.rungs(results)}
    row = next(r for r in results.fits["m2-compound"]["fixed"] if r["name"] == NAMES[1])
    one = told["m2-compound"][NAMES[1]]
    assert one.upper == pytest.approx(row["estimate"] + 2 * row["std_error"])
    assert "Intervals are two standard errors either side" in page.compose(results)


def test_an_interval_of_the_record_is_the_one_that_is_told(results):
    words = page.compose(with_intervals(results, m4_full={NAMES[2]: (0.0123, 0.0987)}))
    assert "0.0123 to 0.0987" in words
    assert "percentiles of a parametric bootstrap on" in words
    assert ">0.0321<" in words
    assert ">0.042<" in words, "the method's own standard error"
    assert "Because of bootstrap." in words


def test_a_conclusion_that_changes_between_sound_rungs_is_told_with_both_intervals(results):
    words = page.compose(with_intervals(results, m2_compound={NAMES[3]: (-0.5, 0.75)}))
    assert words.startswith("**What can be concluded of ")
    assert "The other 5 coefficients say the same" in words
    line = next(line for line in words.splitlines() if line.startswith("- "))
    assert "is above zero on" in line
    assert "includes zero on `<bdi>compound symmetry</bdi>`{=html} (−0.500 to 0.750)" in line


def test_above_on_one_rung_and_below_on_another_is_a_change(results):
    given = with_intervals(results, m1_intercept={NAMES[0]: (-2.0, -1.0)})
    assert fixed_reading.changed(NAMES, fixed_reading.rungs(given)) == [NAMES[0]]
    assert "it is below zero on" in page.compose(given)


def test_rungs_that_are_neither_sound_nor_asked_for_do_not_count(results):
    fit = results.fits["m3-diagonal"]
    fit["terms"][0]["degenerate"] = True
    odd = {NAMES[1]: (-1.0, 1.0)}
    words = page.compose(with_intervals(results, m3_diagonal=odd, m0_fixed=odd))
    assert words.startswith("**No conclusion depends on the random part.**")
    assert "the 2 sound rungs with random effects and the model asked for" in words
    asked = page.compose(with_intervals(results, m4_full=odd))
    assert asked.startswith("**What can be concluded")


def test_an_open_end_and_a_missing_interval_are_told(results):
    given = with_intervals(results, m4_full={NAMES[1]: (None, 2.0), NAMES[2]: (None, None)})
    words = page.compose(given)
    assert "no lower end to 2.00" in words
    assert "all values" in words
    given.intervals[ASKED]["fixed"][0] |= {"use": None}
    assert fixed_reading.rungs(given)[-1].told[NAMES[0]].side is None
    assert "missing on" in page.compose(given)


@pytest.mark.parametrize(("n", "panels", "rest"), [(2, 2, 0), (12, 12, 0), (20, 12, 8)])
def test_at_most_twelve_panels_those_that_change_among_them(tmp_path, n, panels, rest):
    given = read_given(write(tmp_path / "r", Labels(pairs=tuple(f"k{i:02d}" for i in range(20)))))
    for fit in given.fits.values():
        fit["fixed"] = fit["fixed"][:n]
    given.fits[ASKED]["fixed"][-1]["estimate"] = 0.0
    words = page.compose(given)
    names = [row["name"] for row in given.fits[ASKED]["fixed"]]
    titles = [name for name in names if f">{name}</text>" in words]
    assert len(titles) == panels
    assert titles[-1] == names[-1]
    assert (f"The tables have {rest} more coefficients" in words) == bool(rest)


def test_one_far_too_wide_interval_does_not_flatten_the_others():
    wide = [(0.5, 1.5), (0.4, 1.6), (-1e6, 1e6)]
    figure = fixed_effects(
        ["x"], [[1, 1, 1]], [wide], ["a", "b", "c"], ["healthy"] * 3, [False] * 3
    )
    low, high = figure.axes[0].get_xlim()
    assert high - low < 2 * WIDEST
    # Two arrows, and the three estimates.
    assert len(figure.axes[0].collections) == 5


def test_the_alternative_text_states_the_finding(results):
    words = page.compose(with_intervals(results, m2_compound={NAMES[3]: (-0.5, 0.75)}))
    finding = f"whether zero is excluded changes for {NAMES[3]}."
    assert f'aria-label="Fixed effects along the ladder: {finding}"' in words
