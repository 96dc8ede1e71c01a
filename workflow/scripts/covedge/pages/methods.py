"""The methods paragraph, to paste into a manuscript."""

from covedge.markup import code, count, div, fixed, listing, number, text
from covedge.pages import reading
from covedge.pages.results import FAILED, Results

# The priors on covariance matrices, in a methods section's words.
_PRIORS = {
    "lkj": "LKJ prior on correlations and half-normal priors on standard deviations",
    "decov": "the decov prior of rstanarm",
    "wishart": "a Wishart prior of finite scale",
}
_DEGREES = {
    "kenward_roger": "Kenward and Roger’s method",
    "satterthwaite": "Satterthwaite’s degrees of freedom",
    "bootstrap": "percentiles of the bootstrap",
}
METHODS = {"REML": "restricted maximum likelihood (REML)", "ML": "maximum likelihood"}


def compose(results: Results) -> str:
    """Two or three short paragraphs in the past tense and a citation, each with a copy button."""
    parts = [_fit(results), _diagnosis(results), _inference(results)]
    paragraph = div("copy", "\n\n".join(part for part in parts if part))
    return f"{paragraph}\n### To cite\n{div('copy', _citation(results))}"


def _citation(results: Results) -> str:
    version = results.provenance.get("versions", {}).get("covedge")
    used = str(results.provenance.get("rendered") or "").split(" ")[0]
    return (
        "The covedge authors. covedge: covariance at the edge"
        + (f", version {version}" if version else "")
        + ". Computer software"
        + (f", used on {used}." if used else ".")
    )


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
        words += _bayesian(runs)
    if results.recommended.get("formula"):
        words += f" We report {code(results.recommended['formula'])}{_chosen(results.recommended)}."
    return words


def _chosen(advice: dict) -> str:
    """By which rule, and with which p; empty where the tests had no part in it."""
    own = (c for c in advice.get("candidates", []) if c["model"] == advice["model"])
    p = next((c["p"] for c in own), None)
    if p is None:
        return ""
    return (
        ", the simplest model with a certified and non-singular fit that did not fit worse than "
        f"the richest identifiable one (likelihood-ratio test, p = {number(p, 2)})"
    )


def _bayesian(runs: list[dict]) -> str:
    """The refits, with the priors of the main run and of those beside it."""
    main = next((p for p in runs if p.get("role") == "main"), runs[0])
    own = _PRIORS.get(main.get("prior"), str(main.get("prior")))
    others = {p.get("prior") for p in runs} - {main.get("prior")}
    beside = [_PRIORS[prior] for prior in _PRIORS if prior in others]
    integrated = main.get("parametrization") == "collapsed"
    return (
        f" We refitted {count(len({p['model'] for p in runs}), 'model')} in a Bayesian way "
        f"with PyMC and nutpie ({main.get('chains', 4)} chains of {main.get('draws', 1000)} "
        f"draws; {own}"
        + (f"; the richest also with {listing(beside)}" if beside else "")
        + ")"
        + (", with fixed and random effects integrated out exactly." if integrated else ".")
    )


def _inference(results: Results) -> str:
    """Which intervals and tests there are; empty where there are none."""
    found = results.intervals.get(results.focus["model"])
    if not found:
        return ""
    words = (
        "Intervals of standard deviations and correlations (95 %) are from the profile "
        f"likelihood ({results.focus['method']})"
    )
    replicates = (found.get("bootstrap") or {}).get("replicates")
    if replicates:
        words += (
            f" and from {replicates} parametric bootstrap replicates, drawn as sufficient "
            "statistics given the design"
        )
    used = {_DEGREES[row["use"]] for row in found.get("fixed", []) if row.get("use") in _DEGREES}
    if used:
        words += f"; those of fixed effects are by {listing(sorted(used))}"
    words += "."
    if results.tests.get("rungs"):
        words += (
            " Models were compared by likelihood-ratio tests that allow for variances at zero "
            "(exact for a single variance, else by parametric bootstrap), with a familywise error "
            "rate of 5 % over the ladder."
        )
    return words
