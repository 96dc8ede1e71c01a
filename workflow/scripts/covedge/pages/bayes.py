"""The Bayesian refit: what it says, whose answer that is, and can its chains be trusted?"""

from covedge.markup import failure
from covedge.pages.bayesian import (
    beside_fit,
    details,
    diagnosis,
    directions,
    divergences,
    lead,
    modes,
    noise,
    other_priors,
    predictions,
    prior_and_data,
)
from covedge.pages.bayesian.runs import smallest_ess, sort
from covedge.pages.results import FAILED, Results

__all__ = ["compose", "smallest_ess"]

PARTS = (
    lead,
    noise,
    divergences,
    prior_and_data,
    other_priors,
    modes,
    directions,
    beside_fit,
    predictions,
    diagnosis,
    details,
)


def compose(results: Results) -> str:
    """Findings, what good and bad chains look like, prior and data, and the numbers."""
    step = results.steps.get("posterior", {})
    if step.get("status") == FAILED:
        return failure("The sampling step failed", step.get("reason"))
    if not results.posterior:
        return "No Bayesian refit was run; `bayes: {enabled: true}` in the config asks for one."
    found = sort(results)
    if found is None:
        return "Every run failed; the reasons are among the [errors](#errors)."
    return "\n".join(filter(None, (part.compose(found) for part in PARTS)))
