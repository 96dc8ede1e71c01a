"""What collapsed where the design would have shown it: something absent, or something redundant.

A collapsed direction is one contrast of a term's effects, estimated with error. Where the model in
which a whole effect does not vary fits as well, that effect is absent: `no_variation`. Where every
effect varies beyond doubt and yet a direction is missing, effects move together:
`redundant_effects`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from covedge.causes.cause import NO_VARIATION, REDUNDANT, Cause
from covedge.causes.constraints import constraints
from covedge.causes.power import EXCLUDED, Power
from covedge.causes.shapes import shape
from covedge.comparing.few_groups import bound
from covedge.fits.fit import Fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.optimum import solve
from covedge.fits.spectrum import ALIVE
from covedge.fits.terms import TermFit
from covedge.models.structure import FULL, Structure

# An effect varies beyond doubt where holding it fixed fits worse with this probability at most.
# The p-value errs on the safe side (a bound for few groups, and variances at an edge).
LEVEL = 0.01


@dataclass(frozen=True)
class Tested:
    """A constraint held against the fit.

    words : what it says; lost : directions that it takes away. lrt, df, p : of the likelihood
    ratio. left : how many directions are still collapsed where it holds.
    """

    words: str
    lost: int
    lrt: float
    df: int
    p: float
    left: int


def variation(likelihood: Likelihood, fit: Fit, term: TermFit, power: Power) -> list[Cause]:
    """The causes of a degenerate term whose design would have shown what matters."""
    if not power.enough:
        return []
    found, group = [], term.term.name
    if not term.rank:
        words = f"levels of {group} do not differ beyond noise"
        if len(term.term.effects) > 1:
            words += ", in none of their effects"
        return [_no_variation(fit, term, words, power, None)]
    components = [c for c in term.structure.components if c.kind == FULL and c.basis.shape[1] > 1]
    alone = [d for d in term.spectrum if d.direction.label and d.direction.state != ALIVE]
    for direction in alone:
        words = f"{direction.direction.label} does not differ between levels of {group}"
        found.append(_no_variation(fit, term, words, power, None))
    for component in components if term.degenerate else ():
        found += _of_component(likelihood, fit, term, component, power)
    return found


def _of_component(likelihood, fit, term, component, power):
    missing = [d for d in term.spectrum if d.direction.state != ALIVE and not d.direction.label]
    if not missing:
        return []
    tested = list(_tests(likelihood, fit, term, component))
    kept = _kept([t for t in tested if t.p > EXCLUDED])
    kept = kept or max((t for t in tested if t.p > LEVEL), key=lambda t: t.p, default=None)
    found = []
    if kept is not None:
        words = kept.words.format(group=term.term.name)
        found.append(_no_variation(fit, term, words, power, kept))
    if kept is None or kept.left:
        found.append(_redundant(fit, term, missing, tested, kept, power))
    return found


def _kept(fitting):
    """Of constraints that fit, in order, the one to name: of those that say as much as the first,
    the one that explains most, and of equals the one that fits best.
    """
    alike = [t for t in fitting if t.lost == fitting[0].lost]
    return min(alike, key=lambda t: (t.left, -t.p), default=None)


def _tests(likelihood, fit, term, component) -> Iterator[Tested]:
    """Each constraint on a component, held against the fit."""
    place = next(k for k, s in enumerate(fit.model.structures) if s is term.structure)
    n_levels = [term.term.n_levels] * len(fit.model.structures)
    for constraint in constraints(component, term.term):
        held = constraint.applied(component)
        kept = tuple(held if c is component else c for c in term.structure.components)
        structure = Structure("blocks", kept)
        structures = tuple(
            structure if k == place else s for k, s in enumerate(fit.model.structures)
        )
        smaller = replace(fit.model, name="", structures=structures)
        solution = solve(likelihood, structures[::-1])
        lrt = max(solution.criterion - fit.point.criterion, 0.0)
        df = _free(component) - _free(held)
        p = bound(lrt, df, smaller, fit.model, n_levels)
        level = len(structures) - 1 - place
        left = _collapsed(solution, level)
        yield Tested(constraint.words, constraint.contrasts.shape[1], lrt, df, p, left)


def _free(component):
    p, d = component.basis.shape[1], component.rank
    return p * d - d * (d - 1) // 2


def _collapsed(solution, level):
    """How many directions of a level have no variance."""
    pairs = zip(solution.factors.blocks, solution.examination.spectra, strict=True)
    return sum(d.state != ALIVE for block, found in pairs if block.level == level for d in found)


def _no_variation(fit, term, words, power, tested):
    group = term.term.name
    evidence = _excluded(power) | ({"test": vars(tested)} if tested else {})
    sentence = f"{words[0].upper()}{words[1:]}{_fits_as_well(tested)}. {_would_have_shown(power)}"
    return Cause(NO_VARIATION, fit.model.name, group, evidence, sentence)


def _redundant(fit, term, missing, tested, kept, power):
    group = term.term.name
    same = [shape(direction, term) for direction in missing]
    effects = len(term.term.effects)
    sentence = (
        f"The {effects} effects of {group} vary in {term.rank} independent "
        f"{'way' if term.rank == 1 else 'ways'} only: they move together. The same in every "
        f"{group} {'is' if len(same) == 1 else 'are'} {'; '.join(same)}. "
        f"{_unexplained(tested, kept, group)} {_would_have_shown(power)}"
    )
    evidence = _excluded(power) | {
        "rank": term.rank,
        "effects": effects,
        "the_same_in_every_group": same,
        "tests": [vars(one) for one in tested],
    }
    return Cause(REDUNDANT, fit.model.name, group, evidence, sentence)


def _unexplained(tested, kept, group):
    """Why that effects do not vary is not all of it. kept : one that may be the same, or None."""
    if kept is None:
        return (
            "No single effect explains it: holding any of them fixed fits worse (p at most "
            f"{max((t.p for t in tested), default=0.0):.2g})."
        )
    ways = "a direction is" if kept.left == 1 else f"{kept.left} directions are"
    words = kept.words.format(group=group)
    return (
        f"That {words} may hold (p = {kept.p:.2g}) and does not explain it: {ways} missing then, "
        "too."
    )


def _excluded(power):
    low, high = power.singular.interval
    return {
        "upper_limit_sd_relative": power.detectable,
        "smallest_sd_relative": power.smallest_sd,
        "p_singular": power.singular.estimate,
        "interval": [low, high],
        "replicates": power.singular.n,
    }


def _fits_as_well(tested):
    if tested is None:
        return ""
    return (
        f": a model that holds it so fits as well (likelihood ratio {tested.lrt:.2g} for "
        f"{tested.df} parameters, p = {tested.p:.2g})"
    )


def _would_have_shown(power):
    singular = power.singular
    found = f"{singular.count} of {singular.n}" if singular.count else f"none of {singular.n}"
    limit = ""
    if power.detectable is not None:
        limit = (
            f"; at the 95 % level the data exclude a standard deviation of "
            f"{power.detectable:.2g} residual standard deviations and more"
        )
    return (
        f"The design would have shown a standard deviation of {power.smallest_sd:.2g} residual "
        f"standard deviations, the smallest that matters ({found} simulations missed it){limit}."
    )
