"""What the page says where single groups were left out: which of them, if any, decides."""

from dataclasses import replace

import pytest

from covedge.pages import leave_out as page
from covedge.pages.results import read_given
from support.results import write

GROUPS = [f"r{i:02d}" for i in range(1, 11)]


@pytest.fixture
def results(tmp_path):
    return read_given(write(tmp_path / "results"))


def without(level, rank=2, degenerate=True, fixed=(1.0, 2.0), reason=""):
    if reason:
        return {"level": level, "reason": reason}
    return {
        "level": level,
        "reason": "",
        "rank": {"ratID": rank},
        "reliabilities": {"ratID": [0.9, 0.4, 0.0][: max(rank, 1) + 1]},
        "sigma": 0.125,
        "fixed": list(fixed),
        "std_errors": [0.5, 0.1],
        "degenerate": degenerate,
        "identifiable": True,
    }


def record(whole=None, groups=GROUPS, **changes):
    levels = [without(level, **changes.get(level, {})) for level in groups]
    term = {"group": "ratID", "n_levels": len(groups), "status": "ok", "reason": ""}
    return {
        "model": "m4-full",
        "fixed": ["(Intercept)", "mPairGAGL"],
        "whole": without("", **(whole or {})),
        "terms": [term | {"levels": levels}],
    }


def words(results, found):
    return page.compose(replace(results, leave_out=found))


def test_that_none_decides(results):
    told = words(results, record())
    assert "No single group of `<bdi>ratID</bdi>`{=html} decides**" in told
    assert "the fit is singular, with the same ranks, whichever of 10 groups" in told
    assert "no fixed effect moves" in told.lower()


def test_that_one_decides(results):
    told = words(results, record(r07={"rank": 3, "degenerate": False}))
    assert (
        "**One group decides.** Without `<bdi>r07</bdi>`{=html} the fit is no longer sing" in told
    )
    assert "the rank is 3, not 2." in told
    assert 'aria-label="Reliabilities without each group of ratID: the rank is another' in told


def test_that_a_sound_fit_hangs_on_one(results):
    sound = {"rank": 3, "degenerate": False}
    others = {group: sound for group in GROUPS if group != "r02"}
    told = words(results, record(sound, **others))
    assert "Without `<bdi>r02</bdi>`{=html} the fit becomes singular" in told


def test_that_the_rank_changes_but_not_the_verdict(results):
    told = words(results, record(r02={"rank": 1}, r03={"rank": 1}))
    assert "decides whether the fit is singular**: it is singular" in told
    assert "without `<bdi>r02</bdi>`{=html} or `<bdi>r03</bdi>`{=html} the rank is 1, not 2" in told


def test_that_several_could_decide(results):
    sound = {"rank": 3, "degenerate": False}
    told = words(results, record(**dict.fromkeys(GROUPS[:6], sound)))
    assert "**It is a close call.**" in told
    assert "`<bdi>r04</bdi>`{=html} and 2 more (6 of 10 groups" in told


def test_a_fixed_effect_that_moves_is_named_in_its_standard_errors(results):
    # (2.35 - 2) / 0.1 = 3.5 standard errors of the whole fit.
    told = words(results, record(r05={"fixed": (1.1, 2.35)}))
    assert "`<bdi>mPairGAGL</bdi>`{=html} moves by 3.5 standard errors without `<bdi>r05" in told
    assert 'aria-label="mPairGAGL moves by 3.5 standard errors without r05."' in told


def test_a_group_without_a_fit_costs_only_itself(results):
    told = words(results, record(r09={"reason": "the rest do not determine all fixed effects"}))
    assert "There is no fit without `<bdi>r09</bdi>`{=html} (the rest do not determine" in told
    assert ">no fit</text>" in told
    assert "whichever of 9 groups" in told


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({}, "did not run"),
        ({"status": "failed", "reason": "MemoryError: no more"}, "MemoryError: no more"),
        ({"model": "m4-full", "terms": [], "reason": "there are too many rows"}, "too many rows"),
    ],
)
def test_what_is_missing_is_said(results, found, reason):
    assert reason in words(results, found)


def test_a_factor_that_was_not_done_says_why(results):
    found = record()
    found["terms"][0] |= {"status": "not done", "reason": "it has 300 levels", "levels": []}
    assert "were not left out: it has 300 levels" in words(results, found)


def test_labels_show_as_text_and_do_nothing(results):
    nasty = ["<script>alert(1)</script>", "a|b", "$x_1$", "`", "{{< x >}}", "שלום"]
    found = record(groups=nasty, **{nasty[0]: {"rank": 1, "fixed": (9.0, 9.0)}})
    told = words(results, found)
    assert "<script>" not in told
    assert "&lt;script&gt;" in told


def test_sixty_groups_and_many_coefficients_stay_within_one_figure_each(results):
    found = record(groups=[f"s{i}" for i in range(60)])
    names = [f"x{i}" for i in range(20)]
    found["fixed"] = names
    for one in [found["whole"], *found["terms"][0]["levels"]]:
        one |= {"fixed": [1.0] * 20, "std_errors": [0.5] * 20}
    told = words(results, found)
    assert told.count("<svg") == 2
    assert "The 8 that move least are not drawn" in told
