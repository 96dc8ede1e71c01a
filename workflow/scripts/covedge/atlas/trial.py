"""One place of the atlas: a design and a truth, tried many times."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from covedge.atlas.resized import Resizing, resized
from covedge.atlas.truth import Truth
from covedge.bootstraps.bootstrap import ranks, refits
from covedge.fits.likelihood import Likelihood
from covedge.fits.optimum import Sketch
from covedge.fits.spectrum import ALIVE
from covedge.frames.design import ModelFrame
from covedge.grams.gram import build

# What |t| of a fixed effect is held against at 5 %, two-sided, where degrees of freedom are not
# computed.
CRITICAL = 1.959963984540054


@dataclass(frozen=True)
class Place:
    """n_groups, density : of the design, see `resized`. sd : of the weakest direction, `Truth`."""

    n_groups: int
    sd: float
    density: float = 1.0


def outcomes(
    frame: ModelFrame,
    how: Resizing,
    place: Place,
    truth: Truth,
    reml: bool,
    replicates: int,
    seed,
) -> pd.DataFrame:
    """A row for each fit of the true model to responses that are simulated from it.

    settled : whether the search came to its end. degenerate, and `rank {group}` for each term.
    `width {fixed}` : of the 95 % interval of a fixed effect by its standard error, relative to the
    residual SD. `rejected {fixed}` : whether that interval misses the truth.

    Raises DesignError where the design cannot be fitted.
    """
    likelihood = Likelihood(build(resized(frame, how, place.n_groups, place.density)), reml)
    factors, x = truth.on(likelihood)
    names = [f"rank {term.name}" for term in frame.terms][::-1]
    rows = [_row(fitted, names, frame.fixed) for fitted in refits(factors, x, replicates, seed)]
    return pd.DataFrame(rows)


def _row(fitted: Sketch, names, fixed) -> dict:
    point = fitted.factors.likelihood.at(fitted.factors.Sigmas(fitted.x), information=False)
    found = {
        "settled": fitted.settled,
        "degenerate": any(d.state != ALIVE for spectrum in fitted.spectra for d in spectrum),
    }
    found |= {names[level]: rank for level, rank in ranks(fitted).items()}
    # The truth of all fixed effects is 0.
    errors = np.sqrt(np.diag(point.cov_beta))
    for name, estimate, error in zip(fixed, point.beta, errors, strict=True):
        found[f"width {name}"] = 2.0 * CRITICAL * error
        found[f"rejected {name}"] = bool(abs(estimate) > CRITICAL * error)
    return found
