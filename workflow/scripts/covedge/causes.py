"""Why a fit is degenerate: causes, each with its evidence as numbers. Design, section 6.

Named so far: `not_identifiable`, `more_effects_than_groups`, `too_little_information` and
`optimiser_failure`. Design before data, data before engines.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from covedge.bootstraps.bootstrap import is_degenerate, refits
from covedge.fits.certificate import spectra
from covedge.fits.factors import Factors
from covedge.fits.identifiability import fixed_products
from covedge.fits.likelihood import Likelihood
from covedge.fits.spectrum import information_root
from covedge.fits.tolerances import TOLERANCES
from covedge.models.structure import Structure
from covedge.proportion import Proportion

# A design in which a truly present direction collapses more often than this says too little.
TOO_OFTEN = 0.05
# The bootstrap stops once its interval has left TOO_OFTEN behind, but not before this many.
FEWEST_REPLICATES = 40


@dataclass(frozen=True)
class Cause:
    """cause : its name; model, group : where; evidence : numbers; sentence : in words."""

    cause: str
    model: str
    group: str | None
    evidence: dict[str, Any] = field(default_factory=dict)
    sentence: str = ""


def not_identifiable(fit: dict, design: dict) -> list[Cause]:
    """From the identifiability of a model (fits/{model}.json) and design.json."""
    causes = []
    found = fit["identifiability"]
    for confounded in found["confounded"]:
        for group in confounded["groups"]:
            term = next(t for t in fit["terms"] if t["group"] == group)
            about = next(t for t in design["terms"] if t["group"] == group)
            most, q = about["observations"]["max"], len(term["effects"])
            evidence = {
                "parameters": found["n_parameters"],
                "identifiable": found["rank"],
                "effects": q,
                "most_observations_per_group": most,
                "confounded_with_residual": confounded["residual"],
            }
            sentence = _unidentifiable(group, term["structure"], q, most, confounded, found)
            causes.append(Cause("not_identifiable", fit["model"], group, evidence, sentence))
    return causes


def _unidentifiable(group, structure, q, most, confounded, found):
    counted = (
        f"Only {found['rank']} of its {found['n_parameters']} variance parameters can be told "
        "apart, whatever the response: "
    )
    if confounded["residual"] and most <= q and structure != "intercept":
        observations = "one observation" if most == 1 else f"at most {most} observations"
        return (
            f"The random effects of {group} cannot be estimated: there are {q} of them in each "
            f"group, for {observations}. {counted}their variances and the residual "
            "variance can be traded for each other without any change in fit. No optimiser can "
            "mend this; lmer refuses such a model, and lme wanders along the flat direction."
        )
    others = [g for g in confounded["groups"] if g != group]
    if confounded["residual"]:
        others.append("the residual")
    partner = " and ".join(others) or "one another"
    return (
        f"The random effects of {group} cannot be estimated. {counted}"
        f"variances of {group} can be traded for those of {partner} without any change in fit."
    )


def more_effects_than_groups(
    likelihood: Likelihood, structures: tuple[Structure, ...], model: str, groups: list[str]
) -> list[Cause]:
    """Where q exceeds what the number of groups can support. structures, groups : deepest first.

    Gamma = H - (a sum of one rank-one matrix per group), so that rank Sigma <= L - c, with c the
    linear dependencies among the groups that X'V^-1 r = 0 forces.
    """
    causes = []
    for level, (structure, group) in enumerate(zip(structures, groups, strict=True)):
        if structure.name != "full":
            continue
        q = likelihood.gram.n_effects[level]
        n_levels = likelihood.gram.n_groups[level]
        # X has p columns, and each can make one dependency at most.
        few = q > n_levels - likelihood.gram.n_fixed
        c = _dependencies(likelihood, level) if few else 0
        if q <= n_levels - c:
            continue
        evidence = {
            "effects": q,
            "groups": n_levels,
            "dependencies": c,
            "largest_rank": n_levels - c,
        }
        causes.append(
            Cause(
                "more_effects_than_groups",
                model,
                group,
                evidence,
                f"{group} has {n_levels} groups for {q} random effects each. With so few groups "
                f"the covariance matrix has rank {n_levels - c} at most: the fit is singular "
                "whatever the data say.",
            )
        )
    return causes


def _dependencies(likelihood, level):
    """Dimension of {a : every Z (a x e_j) lies in the span of X}."""
    C = likelihood.gram.pairs(level, level).blocks
    XZ = fixed_products(likelihood.gram, level)
    A = np.diag(np.einsum("gjj->g", C)) - np.einsum("gpj,hpj->gh", XZ, XZ)
    values = np.linalg.eigvalsh(A)
    return int((values < 1e-9 * values[-1]).sum())


@dataclass(frozen=True)
class Power:
    """How often a term comes out degenerate though each of its directions is truly there."""

    level: int
    singular: Proportion
    smallest_sd: float
    weakest: float

    @property
    def evidence(self):
        """The numbers, for a cause and for verdict.json."""
        return {
            "p_singular": self.singular.estimate,
            "interval": list(self.singular.interval),
            "replicates": self.singular.n,
            "smallest_sd_relative": self.smallest_sd,
            "weakest_reliability": self.weakest,
            "threshold": TOO_OFTEN,
        }

    @property
    def enough(self):
        """Whether the design would show a direction of the smallest size, beyond doubt."""
        return self.singular.interval[1] < TOO_OFTEN


def power(
    factors: Factors,
    x: np.ndarray,
    levels: set[int],
    smallest: float,
    replicates: int,
    seed: int,
) -> dict[int, Power]:
    """Power for each of the levels, whose terms are degenerate at the fit (factors, x).

    smallest : the smallest SD that matters, relative to the residual SD. The truth is the fit with
    each collapsed direction raised to it (scaled so that over the rows the mean of (z'u)^2 is 1).
    """
    H = factors.likelihood.at(factors.Sigmas(x)).H
    raised, n_obs = [], factors.likelihood.gram.n_obs
    for block, L in zip(factors.blocks, factors.split(x), strict=True):
        information = block.basis.T @ H[block.level] @ block.basis
        n_levels = factors.likelihood.gram.n_groups[block.level]
        S = L @ L.T if L.size else np.zeros((max(block.rows, 1),) * 2)
        raised.append(_raised(S, information, n_levels, n_obs, smallest, block))
    true_factors, truth = factors.root(raised)
    weakest = _weakest(true_factors, truth)
    counts, n = dict.fromkeys(levels, 0), 0
    for fitted in refits(true_factors, truth, replicates, seed):
        if not fitted.settled:
            continue
        n += 1
        for level in counts:
            counts[level] += is_degenerate(fitted, level)
        if n >= FEWEST_REPLICATES and all(_settled(Proportion(c, n)) for c in counts.values()):
            break
    return {
        level: Power(level, Proportion(count, n), smallest, weakest[level])
        for level, count in counts.items()
        if n
    }


def _weakest(factors, x):
    """Per level the reliability of its least reliable direction."""
    found = {}
    for block, directions in zip(factors.blocks, spectra(factors, x), strict=True):
        least = min(d.reliability for d in directions)
        found[block.level] = min(found.get(block.level, 1.0), least)
    return found


def _raised(S, information, n_levels, n_obs, smallest, block):
    """S with its collapsed directions as large as `smallest`."""
    if not block.full:
        # One variance for all cells: each row has one, and the mean of (z'u)^2 is that of Z A.
        per_row = np.trace(block.basis.T @ block.basis) * n_levels / n_obs
        return np.maximum(S, smallest**2 / per_row)
    R, back = information_root(information, block.informed)
    values, U = np.linalg.eigh(R @ S @ R.T / n_levels)
    for value, u in zip(values, U.T, strict=True):
        if value < TOLERANCES.collapsed:
            # Scaled columns have Z'Z = n_levels I over the rows.
            w = back @ u
            w = w * np.sqrt(n_obs / n_levels) / np.linalg.norm(w)
            S = S + smallest**2 * np.outer(w, w)
    return S


def _settled(proportion):
    low, high = proportion.interval
    return low > TOO_OFTEN or high < TOO_OFTEN


def too_little_information(power: Power, model: str, group: str) -> list[Cause]:
    """A cause where the design would often miss what is there."""
    low, high = power.singular.interval
    if low <= TOO_OFTEN:
        return []
    sentence = (
        f"This design says too little about {group}: if every direction that collapsed truly had a "
        f"standard deviation of {power.smallest_sd:.2g} residual standard deviations (the smallest "
        f"that matters), the fit would still come out singular in "
        f"{100 * power.singular.estimate:.0f} % of such experiments "
        f"(95 % interval {100 * low:.0f} to {100 * high:.0f} %, {power.singular.n} simulations). "
        "A collapsed direction is then no proof that nothing varies."
    )
    return [Cause("too_little_information", model, group, power.evidence, sentence)]


def optimiser_failure(answers: list[dict], fits: dict[str, dict]) -> list[Cause]:
    """Engines whose answer lies above the certified optimum. answers : engines/*/*.json."""
    causes = []
    for answer in answers:
        if answer["status"] != "ok" or answer["agrees"]:
            continue
        certified = fits[answer["model"]]
        false = answer["singular"] and not certified["degenerate"]
        kind = "false singularity" if false else "imprecise"
        evidence = {
            "engine": answer["engine"],
            "version": answer["version"],
            "kind": kind,
            "distance": answer["distance"],
            "converged": answer["converged"],
            "singular": answer["singular"],
            "messages": answer["messages"],
        }
        own = "says that it converged" if answer["converged"] else "says that it did not converge"
        sentence = (
            f"{answer['engine']} {answer['version']} stopped {answer['distance']:.2g} above the "
            f"certified optimum of {answer['model']} (in units of −2 log-likelihood) and {own}"
            + (". It calls the fit singular, and the optimum is not." if false else ".")
        )
        causes.append(Cause("optimiser_failure", answer["model"], None, evidence, sentence))
    return causes
