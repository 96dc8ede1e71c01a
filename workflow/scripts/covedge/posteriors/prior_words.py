"""The prior in words and in numbers, for the page."""

from covedge.posteriors.prior import ETA, WEAK, Prior


def in_words(prior: Prior, response: str, groups: list[str]) -> list[str]:
    """A sentence for each part. groups : names of the model's levels, deepest first."""
    scale = f"{prior.residual_sd:.4g}"
    sentences = []
    if prior.components:
        sentences.append(
            f"Standard deviations of random effects: half-normal with scale {scale} {response}, "
            "which is the standard deviation that the fixed effects leave in the response (for a "
            "numeric effect, per standard deviation of its variable). Values near zero are not "
            f"held unlikely; 95 % of the prior lie below {1.96 * prior.residual_sd:.4g}."
        )
    cells = sorted({groups[c.level] for c in prior.components if c.full and c.cells})
    if cells:
        sentences.append(
            f"For {', '.join(cells)} these are the standard deviations of the factor's cells, so "
            "that the prior does not depend on the reference level."
        )
    if any(c.full and len(c.scales) > 1 for c in prior.components):
        sentences.append(
            f"Correlations: LKJ({ETA:g}), every correlation matrix is as likely as any other."
        )
    return [
        *sentences,
        f"Residual standard deviation: exponential with mean {prior.sigma_scale:.4g} {response}, "
        "the standard deviation of the response.",
        f"Fixed effects: normal around zero with standard deviation {WEAK:g} times the response's, "
        "for a change of one standard deviation of the variable. The intercept, with all variables "
        "at their means, is normal around the response's mean, as wide.",
    ]


def in_numbers(prior: Prior, fixed: tuple[str, ...], groups: list[str]) -> dict:
    """The same as numbers, in the response's units."""
    return {
        "correlation": {"distribution": "lkj", "eta": ETA},
        "sd": [
            {
                "group": groups[c.level],
                "names": list(c.names),
                "coding": "cells" if c.cells else "effects",
                "shared": not c.full,
                "distribution": "half-normal",
                "scale": c.scales,
            }
            for c in prior.components
        ],
        "sigma": {"distribution": "exponential", "mean": prior.sigma_scale},
        "fixed": {
            "distribution": "normal",
            "names": list(fixed),
            "mean_of_centred_intercept_is": "mean of the response",
            "sd": prior.fixed.scales,
        },
    }
