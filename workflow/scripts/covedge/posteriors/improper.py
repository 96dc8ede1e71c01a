"""Why blme's default prior is not sampled."""

from covedge.frames.design import Term
from covedge.models.ladder import Model
from covedge.models.structure import FULL


def why_improper(terms: tuple[Term, ...], model: Model) -> str:
    """What has no finite integral, without a full stop at the end.

    The prior is |S|^0.75 (see `mode`). Let one eigenvalue t of a component's S (p, p) grow: the
    likelihood falls as t^(-L/2) at most, L the levels of the group, and a shell of matrices has
    the volume t^(p - 1) dt. So the integral over t is infinite if L <= 2 p + 1.5; some fixed
    effects make that worse.
    """
    sentence = "its prior on a covariance matrix, |S| to the power 0.75, has no finite integral"
    short = [found for found in _components(terms, model) if found[1] <= 2 * found[2] + 1.5]
    if not short:
        return sentence
    name, levels, p = min(short, key=lambda found: found[1] - 2 * found[2])
    effects = "1 effect" if p == 1 else f"{p} effects"
    return (
        f"{sentence}, and with {levels} levels of {name} for {effects} the posterior has none "
        f"either (that takes more than {2 * p + 1} levels)"
    )


def _components(terms, model):
    """(group, levels, p) of each component."""
    return [
        (term.name, term.n_levels, c.basis.shape[1] if c.kind == FULL else 1)
        for term, structure in zip(terms, model.structures, strict=True)
        for c in structure.components
        if c.kind == FULL or c.basis.shape[1] == 1
    ]
