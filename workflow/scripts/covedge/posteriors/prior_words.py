"""The prior in words and in numbers, for the page."""

from collections.abc import Sequence

from covedge.posteriors.families.wishart import degrees
from covedge.posteriors.fixed_prior import WEAK
from covedge.posteriors.prior import DECOV, LKJ, ComponentPrior, Prior


def in_words(prior: Prior, response: str, groups: Sequence[str]) -> list[str]:
    """A sentence for each part. groups : names of the model's levels, deepest first."""
    own = {LKJ: _lkj, DECOV: _decov}.get(prior.family, _wishart)
    sentences = own(prior, response) if prior.components else []
    cells = sorted({groups[c.level] for c in prior.components if c.full and c.cells})
    if cells:
        sentences.append(
            f"For {', '.join(cells)} these are the standard deviations of the factor's cells, so "
            "that the prior does not depend on the reference level."
        )
    return [
        *sentences,
        f"Residual standard deviation: exponential with mean {prior.sigma_scale:.4g} {response}, "
        "the standard deviation of the response.",
        f"Fixed effects: normal around zero with standard deviation {WEAK:g} times the response's, "
        "for a change of one standard deviation of the variable. The intercept, with all variables "
        "at their means, is normal around the response's mean, as wide.",
    ]


def _lkj(prior, response):
    if _as_default(prior.components):
        sentences = [
            f"Standard deviations of random effects: half-normal with scale "
            f"{prior.residual_sd:.4g} {response}, which is the standard deviation that the fixed "
            "effects leave in the response (for a numeric effect, per standard deviation of its "
            "variable). Values near zero are not held unlikely; 95 % of the prior lie below "
            f"{1.96 * prior.residual_sd:.4g}."
        ]
    else:
        sentences = [
            "Standard deviations of random effects: half-normal with the scales that the config "
            f"gives, in {response} per unit of the effect: {_scales(prior.components)}."
        ]
    etas = sorted({c.hyper.eta for c in prior.components if c.correlated})
    if etas == [1.0]:
        sentences.append(
            "Correlations: LKJ(1), every correlation matrix is as likely as any other."
        )
    elif etas:
        named = " and ".join(f"LKJ({eta:g})" for eta in etas)
        sentences.append(
            f"Correlations: {named}; above 1 the prior is for small ones, below 1 for large ones."
        )
    return sentences


def _decov(prior, response):
    hypers = list(dict.fromkeys(c.hyper for c in prior.components))
    told = " and ".join(
        f"decov(regularization = {h.regularization:g}, concentration = {h.concentration:g}, "
        f"shape = {h.shape:g}, scale = {h.scale:g})"
        for h in hypers
    )
    sentences = [
        f"Random effects: {told} of rstanarm, as its code has it. The standard deviations are "
        "relative to the residual's: their root mean square is the residual standard deviation "
        "times a gamma variable, and a Dirichlet distribution divides it among the effects as R "
        "codes them, so the prior depends on the reference level and on units of numeric effects."
    ]
    if any(c.correlated and len(c.scales) > 2 for c in prior.components):
        sentences.append(
            "The correlations would be LKJ; but from the third effect on rstanarm's code scales "
            "the covariances by the standard deviation of the effect before, which its "
            "documentation does not say. It is done here too, since this is to be `stan_lmer`'s "
            "posterior."
        )
    return sentences


def _wishart(prior, response):
    above = sorted({c.hyper.above for c in prior.components})
    extra = " and ".join(f"{a}" for a in above)
    scale = (
        f"{prior.residual_sd:.4g} {response}, the standard deviation that the fixed effects leave "
        "in the response (for a numeric effect, per standard deviation of its variable)"
        if _as_default(prior.components)
        else f"as the config gives it: {_scales(prior.components)}"
    )
    return [
        f"Covariance matrices of random effects: Wishart with {extra} degrees of freedom more than "
        f"effects and root mean square standard deviations {scale}. Singular matrices have density "
        "zero: the prior keeps away from the edge, whatever the data say."
    ]


def _as_default(components):
    return all(c.hyper.scale is None for c in components)


def _scales(components: Sequence[ComponentPrior]):
    pairs = [p for c in components for p in zip(c.names, c.scales, strict=True)]
    return ", ".join(f"{name} {scale:.4g}" for name, scale in pairs)


def in_numbers(prior: Prior, fixed: tuple[str, ...], groups: Sequence[str]) -> dict:
    """The same as numbers, in the response's units."""
    return {
        "family": prior.family,
        "terms": [_component(prior.family, c, groups[c.level]) for c in prior.components],
        "sigma": {"distribution": "exponential", "mean": prior.sigma_scale},
        "fixed": {
            "distribution": "normal",
            "names": list(fixed),
            "mean_of_centred_intercept_is": "mean of the response",
            "sd": prior.fixed.scales,
        },
    }


def _component(family, component, group):
    told = {
        "group": group,
        "names": list(component.names),
        "coding": "cells" if component.cells else "effects",
        "shared": not component.full,
    }
    hyper = component.hyper
    if family == LKJ:
        eta = {"eta": hyper.eta} if component.correlated else {}
        return told | {"distribution": "half-normal", "scale": component.scales} | eta
    if family == DECOV:
        return told | {"distribution": "decov"} | vars(hyper)
    return told | {
        "distribution": "wishart",
        "degrees_of_freedom": degrees(component),
        "scale": component.scales,
    }
