"""How large a standard deviation is in the response, and whether it reaches what matters.

An effect with standard deviation s moves a response by s z; over the rows that is s times the root
of the mean of z^2. So a slope per millisecond and one per second have the same size, in units of
the response, and can be held against the smallest SD that matters.
"""

import numpy as np

from covedge.fits.factors import Factors
from covedge.fits.parameters import Parameter
from covedge.models.ladder import Model

# Of the residual standard deviation: the smallest SD that matters where the config says nothing.
SMALLEST = 0.1
ABSENT, PRESENT, UNDECIDED = "absent", "present", "undecided"


def smallest_sd(configured: float | None, fit: dict) -> float:
    """In units of the response. fit : the record of the model that is looked at."""
    return configured or SMALLEST * fit["sigma"]


def reach(factors: Factors, model: Model, one: Parameter) -> float:
    """The size of the effect of an SD parameter whose standard deviation is 1."""
    components = [c for structure in model.structures[::-1] for c in structure.components]
    component, block = components[one.block], factors.blocks[one.block]
    gram = factors.likelihood.gram
    # Scaled columns Z W have Z'Z = n_levels I over all rows.
    columns = component.basis[:, [one.places[0]]] if block.full else component.basis
    scaled = np.linalg.lstsq(gram.scaling.random[block.level], columns, rcond=None)[0]
    return float(np.sqrt(gram.n_groups[block.level] / gram.n_obs) * np.linalg.norm(scaled))


def size_record(
    reach: float, estimate: float, interval: dict | None, smallest: float
) -> dict[str, float | str | None]:
    """The size of an SD, in units of the response, with its interval, and what it means.

    interval : with `lower` and `upper`, the latter None where it is open; or None. smallest : the
    smallest size that matters. `absent`: below it; `present`: above it, beyond doubt.
    """
    lower = upper = None
    verdict = UNDECIDED
    if interval is not None:
        lower = reach * interval["lower"] if interval["lower"] is not None else None
        upper = reach * interval["upper"] if interval["upper"] is not None else None
        if upper is not None and upper < smallest:
            verdict = ABSENT
        elif lower is not None and lower >= smallest:
            verdict = PRESENT
    return {
        "estimate": reach * estimate,
        "lower": lower,
        "upper": upper,
        "smallest": smallest,
        "verdict": verdict,
    }
