"""More random effects than the groups can support: singular whatever the data say."""

import numpy as np

from covedge.causes.cause import MORE_EFFECTS, Cause
from covedge.fits.identifiability import fixed_products
from covedge.fits.likelihood import Likelihood
from covedge.models.structure import Structure


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
                MORE_EFFECTS,
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
