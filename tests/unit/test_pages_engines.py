"""Engine by engine: what each said, word for word, and whether it was right."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from covedge.causes.cause import OPTIMISER
from covedge.markup import table
from covedge.pages import engine_table, stan_lmer
from covedge.pages.engines import compose
from covedge.pages.optimiser_failures import card
from covedge.pages.provenance import errors
from covedge.pages.results import read_given
from support.engine_answers import FAILED, REASON, SINGULAR, write_answers
from support.results import write


@pytest.fixture
def given(tmp_path):
    places = write(tmp_path / "results")
    write_answers(tmp_path / "results")
    path = tmp_path / "results/fits/m4-full.json"
    fit = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(fit | {"degenerate": True}), encoding="utf-8")
    return places


def change(tmp_path, engine, **fields):
    path = tmp_path / f"results/engines/{engine}/m4-full.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | fields), encoding="utf-8")


def plain(page):
    """The words without tags, as a reader sees them."""
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", page).replace("`", "").replace("&#x27;", "'")
    )


def row(page, name):
    (found,) = [part for part in page.split("<tr>") if f"<b>{name}</b>" in part]
    return plain(found.split("</tr>")[0])


def test_each_optimiser_has_its_words_and_the_verdict_on_them(given):
    page = compose(read_given(given))
    default, right, wrong = (
        row(page, name) for name in ("nloptwrap (default)", "bobyqa", "Nelder_Mead")
    )
    assert SINGULAR in default
    assert "stopped short" in default
    assert REASON in default
    assert "calls the fit singular, and the optimum is" in default
    assert "same optimum" in right
    assert FAILED in wrong
    assert "It did not converge." in wrong
    assert "does not call the fit singular, and the optimum is" in wrong
    assert "R was stopped after 600 seconds" in row(page, "nmkbw")


def test_the_optimisers_that_are_right_are_named_with_the_call(given):
    words = plain(compose(read_given(given)))
    assert "of its 4 optimisers only bobyqa {=html} reaches the certified optimum" in words
    assert "control = lmerControl(optimizer = &quot;bobyqa&quot;)" in words


@pytest.mark.parametrize(
    ("above", "words"),
    [
        ((0, 0), "all 2 of its optimisers stop at the same optimum"),
        ((1, 1), "none of its 2 optimisers reaches"),
        ((0, 1), "only a"),
    ],
)
def test_how_many_optimisers_are_right_is_counted(given, tmp_path, above, words):
    a, b = (
        {"status": "ok", "optimiser": name, "distance": float(d), "seconds": 1.0, "certificate": {}}
        for name, d in zip("ab", above, strict=True)
    )
    change(tmp_path, "lme4", **a, optimisers=[b])
    page = plain(compose(read_given(given)))
    assert words in page
    assert ("lmerControl" in page) is False, "where the default is right there is nothing to ask"


def test_an_algorithm_of_nlopt_is_asked_for_in_full():
    right = {"status": "ok", "distance": 0.0, "optimiser": "nloptwrap.NLOPT_LN_BOBYQA"}
    wrong = {"status": "ok", "distance": 1.0, "optimiser": "x"}
    told = plain(engine_table._reached({"label": "l"}, [wrong, right]))
    assert "optCtrl = list(algorithm = &quot;NLOPT_LN_BOBYQA&quot;)" in told


def test_a_fit_that_is_given_is_said_to_be_of_other_rows_where_its_criterion_says_so(given):
    page = compose(read_given(given))
    (mine,) = [part for part in page.split("### ") if "Your own fit" in part]
    assert "its file has the criterion −4999.270, and with these rows it is −4969.270" in mine
    assert "Its own words" not in mine


def test_stan_lmer_is_told_beside_no_certificate(given):
    page = compose(read_given(given))
    (told,) = [part for part in page.split("### ") if "rstanarm 1.0" in part]
    words = plain(told)
    assert (
        "8 divergent transitions, largest R-hat 1.020, smallest effective sample size 494" in words
    )
    assert "Treat its numbers with care." in words
    assert "so the certificate is not applied to it" in words
    assert "Warning: There were 8 divergent transitions after warmup." in words
    assert "There is no posterior of ours under the same prior" in words
    assert 'data-label="R-hat">1.020<' in told


def test_stan_lmer_is_held_against_our_posterior_under_its_prior(monkeypatch, tmp_path):
    """Draws of N(0, 1), and summaries of a sample of the same and of another posterior."""
    draws = np.random.default_rng(3).normal(size=(4, 1000))
    monkeypatch.setattr(
        stan_lmer, "read_posterior", lambda path: SimpleNamespace(draws={"s": draws})
    )
    ours = {"model": "m", "prior": "decov", "status": "ok", "parametrization": "collapsed"}
    ours["parameters"] = [{"name": "sigma", "draws": "s"}]
    results = SimpleNamespace(
        analysis={"bayes": {"hyperparameters": {}}},
        posterior=[ours],
        draws={("m", "decov", "collapsed"): tmp_path},
        label=lambda model: model,
    )

    def told(shift, divergences=0):
        exact = {"mean": 0.0, "sd": 1.0, "q05": -1.645, "q95": 1.645}
        numbers = {"name": "sigma", "rhat": 1.0, "errors": dict.fromkeys(exact, 0.03)}
        numbers |= {word: value + shift for word, value in exact.items()}
        answer = {"status": "ok", "chains": 4, "draws": 1000, "divergences": divergences}
        answer |= {"max_rhat": 1.0, "min_ess_bulk": 900.0, "min_ess_tail": 900.0, "seconds": 1.0}
        return plain(stan_lmer.compose(results, {"m": answer | {"parameters": [numbers]}}))

    assert "It is the posterior of [our refit under decov](#bayes): of 4 means" in told(0.0)
    assert "It differs from [our refit under decov](#bayes): " in told(1.0)
    assert "as its divergent transitions let one expect" in told(1.0, divergences=5)
    results.analysis["bayes"]["hyperparameters"]["decov"] = {"all": {"shape": 2.0}}
    assert "There is no posterior of ours under the same prior" in told(0.0)


def test_it_is_said_why_glmmadaptive_is_not_asked(given):
    words = plain(compose(read_given(given)))
    assert "**GLMMadaptive** was not asked, since it refuses Gaussian responses." in words
    assert "is known exactly" in words


def test_an_engine_that_is_not_there_is_one_error_for_all_models(given, tmp_path):
    place = tmp_path / "results/engines/nlme"
    place.mkdir()
    for model in ("m1", "m2", "m3"):
        told = {"status": "failed", "reason": "R with nlme is not there", "model": model}
        (place / f"{model}.json").write_text(json.dumps(told))
    found = errors(read_given(given), [])
    assert found.count("R with nlme is not there") == 1
    assert "nlme, 3 models" in found


def test_the_evidence_of_failures_is_a_table():
    evidence = {
        "engine": "lme4",
        "version": "1",
        "optimiser": "nloptwrap",
        "kind": "false singularity",
        "sub_reason": "scaling",
        "condition": 1e12,
        "distance": 0.4,
        "converged": True,
        "messages": ["<b>no</b>"],
        "looks_wrong": ["the SD of x is 1, not 2"],
        "other_optimisers": [{"optimiser": "bobyqa", "distance": 1e-9}],
    }
    cause = {"cause": OPTIMISER, "model": "m1", "sentence": "S.", "evidence": evidence}
    page = card("Title", [cause], {"m1": "intercepts"})
    told = row(page, "lme4 1 nloptwrap")
    assert "intercepts 0.40 that it converged &lt;b&gt;no&lt;/b&gt;" in told
    for words in (
        "it calls the fit singular, and the optimum is not",
        "(condition number 1 × 10¹²)",
        "the SD of x is 1, not 2",
        "its other optimisers stop above by: bobyqa",
    ):
        assert words in told
    assert 'data-label="What is wrong"' in page


def test_a_cell_of_a_card_tells_its_heading():
    page = table(["A", "B<"], [("1", "2")], cards=True)
    assert '<table class="cards">' in page
    assert '<th scope="row" class="text" data-label="A">1</th>' in page
    assert '<td class="text" data-label="B&lt;">2</td>' in page
    assert "data-label" not in table(["A", "B"], [("1", "2")])
