"""The methods paragraph, to paste into a manuscript."""

from covedge.markup import code, count, div, fixed, listing, text
from covedge.pages import reading
from covedge.pages.results import FAILED, Results

METHODS = {"REML": "restricted maximum likelihood (REML)", "ML": "maximum likelihood"}


def compose(results: Results) -> str:
    """Two short paragraphs in the past tense, in a box with a copy button."""
    return div("copy", f"{_fit(results)}\n\n{_diagnosis(results)}")


def _fit(results: Results) -> str:
    analysis, fit = results.analysis, results.asked
    version = results.provenance.get("versions", {}).get("covedge", "")
    return (
        f"We fitted the linear mixed model {code(analysis['formula'])} to "
        f"{count(fit['n_obs'], 'observation')} by {METHODS.get(fit['method'], fit['method'])} and "
        f"compared it with a ladder of {count(len(results.ladder), 'model')} of increasing "
        "random-effects structure, using covedge"
        f"{' ' + version if version else ''}. Each fit was checked by first- and second-order "
        "optimality conditions on the cone of positive semidefinite covariance matrices, so that a "
        "singular fit could be told from a failure of the optimiser. The singularity of each "
        "random term was judged by the reliabilities of its directions, which do not depend on "
        "units or contrast coding."
    )


def _found(fit: dict) -> str:
    if fit.get("identifiable") is False:
        return "was not identifiable from this design, whatever the response"
    was = "was" if fit["certificate"].get("certified") else "was not"
    return f"had the criterion {fixed(fit['criterion'], 2)} and {was} certified as a local optimum"


def _diagnosis(results: Results) -> str:
    fit = results.asked
    ranks = [
        f"{reading.rank(term)} for {text(reading.term_text(fit, term))}"
        for term in reading.terms(fit)
    ]
    words = (
        f"The requested model {_found(fit)}; its covariance matrices had rank {listing(ranks)}."
        if ranks
        else "The requested model has no random effects."
    )
    runs = [p for p in results.posterior if p.get("status") != FAILED]
    if runs:
        first = runs[0]
        words += (
            f" We refitted {count(len({p['model'] for p in runs}), 'model')} in a Bayesian way "
            f"with PyMC and nutpie ({first.get('chains', 4)} chains of {first.get('draws', 1000)} "
            "draws; LKJ prior on correlations and half-normal priors on standard deviations), with "
            "fixed and random effects integrated out exactly."
        )
    if results.recommended.get("formula"):
        words += f" We report {code(results.recommended['formula'])}."
    return words
