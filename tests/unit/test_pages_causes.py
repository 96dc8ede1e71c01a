"""The causes on the page: each with its evidence, as a picture where there is one."""

from types import SimpleNamespace

from covedge.pages.causes import compose

POWER = {
    "p_singular": 0.95,
    "interval": [0.89, 0.98],
    "replicates": 100,
    "smallest_sd_relative": 0.1,
    "weakest_reliability": 0.66,
    "detectable_sd_relative": None,
    "p_singular_however_large": 0.37,
    "thresholds": [0.01, 0.05, 0.2],
}
SIZES = [
    {"sd_relative": sd, "p_singular": p, "interval": [p - 0.05, p + 0.05], "replicates": 100}
    for sd, p in ((0.0, 0.95), (0.1, 0.9), (6.4, 0.37))
]
PUSH = {
    "largest_dual": 0.9,
    "p": 0.002,
    "interval": [0.0, 0.01],
    "replicates": 500,
    "by_chance": [k / 200 for k in range(101)],
}


def cause(name, group="g", sentence="Because.", **evidence):
    found = {"cause": name, "model": "m1", "group": group, "sentence": sentence}
    return found | {"evidence": evidence}


def page(*causes, sizes=SIZES, degenerate=True, **verdict):
    simulated = {"g": {"push": PUSH, "power": POWER, "sizes": sizes}}
    told = {"causes": list(causes), "simulated": simulated} | verdict
    return compose(SimpleNamespace(verdict=told, asked={"degenerate": degenerate}, ladder=[]))


def test_what_the_design_would_miss_is_drawn_once_for_a_term():
    text = page(cause("too_little_information"), cause("redundant_effects"))
    assert text.count("<svg") == 1
    assert "g: with the smallest SD that matters, 95 % of simulated fits are singular" in text
    assert "with one of 6.4 residual SDs, 37 %." in text
    assert "2 causes found." in text


def test_too_few_sizes_are_no_picture():
    assert "<svg" not in page(cause("too_little_information"), sizes=SIZES[:2])


def test_a_push_is_drawn_beside_chance():
    text = page(cause("negative_covariance"))
    assert "the groups show 10 % of the differences that noise alone would give; p = 0.002" in text


def test_a_cause_of_another_term_takes_no_picture_of_this_one():
    assert "<svg" not in page(cause("too_little_information", group="h"))


def test_evidence_on_the_page_is_linked():
    assert "(#leave-out)" in page(cause("one_group"))


def test_failures_of_engines_share_a_card_with_all_their_sentences():
    failed = [
        cause("optimiser_failure", None, f"{name} stopped short.", engine=name, distance=0.5)
        for name in ("<i>one</i>", "two")
    ]
    text = page(cause("one_group"), *failed)
    assert "2 causes found." in text
    assert text.count("An optimiser failed") == 1
    assert text.count("stopped short.") == 2
    assert "<i>" not in text


def test_what_the_residuals_were_searched_for_is_told_found_or_not():
    names = ("about", "p", "moved", "reason")
    rows = (
        ("spread by g", 1e-9, True, ""),
        ("curvature along x", 1e-5, False, ""),
        ("order of rows", 0.4, None, ""),
        ("a bound", None, None, ""),
        ("outliers", 1e-6, None, "too few rows"),
    )
    checked = [dict(zip(names, row, strict=True)) | {"kind": "k"} for row in rows]
    text = page(checks={"reason": "", "checked": checked})
    told = {
        "spread by g": "found, and it is why",
        "curvature along x": "the fit stays singular without",
        "order of rows": "not beyond chance",
        "a bound": "does not apply here",
        "outliers": "no model without it could be fitted: too few rows",
    }
    for about, words in told.items():
        (row,) = [line for line in text.split("<tr>") if f">{about}<" in line]
        assert words in row


def test_what_was_not_looked_into_is_told():
    text = page(checks={"reason": "there are too many rows", "checked": []}, not_done=["slow"])
    assert "were not checked: `<bdi>there are too many rows" in text
    assert "Not looked into: `<bdi>slow" in text


def test_a_healthy_fit_has_no_cause_and_a_singular_one_without_is_said_to_have_none():
    assert "this model is healthy" in page(degenerate=False)
    assert "None of the causes" in page(degenerate=True)
