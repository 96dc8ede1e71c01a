"""What an atlas is about: a design, a model, and how large its weakest direction may be."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from covedge.atlas.region import DENSITIES, FEWEST_GROUPS, GROUPS, SIZES, Region
from covedge.atlas.resized import Resizing, resizing
from covedge.atlas.rounds import REPLICATES, SPREAD_OUT, Trial
from covedge.atlas.trial import Place, outcomes
from covedge.atlas.truth import Truths
from covedge.bootstraps.bootstrap import refit_work
from covedge.errors import DesignError
from covedge.fits.factors import Factors
from covedge.fits.likelihood import Likelihood
from covedge.fits.own_gram import own_gram
from covedge.frames.design import ModelFrame
from covedge.grams.gram import build
from covedge.grams.simulated_crossed import simulator
from covedge.inference.size import SMALLEST
from covedge.models.ladder import Model
from covedge.models.structure import ABSENT

# Multiplications that one round may cost, some minute of one core.
MOST_WORK = 3e10
# An SD that raises no other.
NEARLY_NONE = 1e-6
# Sizes at which the reliability of the weakest direction is computed.
SIZES_KNOWN = 25


@dataclass(frozen=True)
class Question:
    """frame : the design, with the terms of the model only. how : what is counted."""

    frame: ModelFrame
    how: Resizing
    truths: Truths
    region: Region
    reml: bool
    seed: int

    def answer(self, trial: Trial, round_number: int, number: int) -> pd.DataFrame:
        """The outcomes (see `trial.outcomes`) of one trial; its stream depends on its number only.

        Raises DesignError where there can be no fit.
        """
        place = trial.place
        seed = np.random.SeedSequence([self.seed, 9, round_number, number]).generate_state(1)[0]
        truth = self.truths.at(place.sd)
        return outcomes(self.frame, self.how, place, truth, self.reml, trial.replicates, int(seed))


def question(
    frame: ModelFrame,
    model: Model,
    point: Callable[[Factors], tuple[Factors, np.ndarray]],
    smallest: float | None,
    reml: bool,
    seed: int,
) -> Question:
    """About a model of the terms of the frame.

    point : gives (factors, x), where the model stands, from its factors on the frame's likelihood.
    smallest : the smallest SD that matters, relative to the residual's; None for the one that the
    weakest direction has there.

    Raises DesignError where there is no term, or the simulations would take too long.
    """
    frame, model = _present(frame, model)
    if not frame.terms:
        raise DesignError("a model without random effects cannot be singular")
    likelihood = Likelihood(build(frame), reml)
    own = own_gram(likelihood, model).factors(model)
    simulator(own.likelihood.gram)
    factors, x = point(own)
    truths = Truths(model, factors, x, smallest or NEARLY_NONE)
    smallest = smallest or truths.estimate or SMALLEST
    how = resizing(frame.terms, frame.terms[-1 - truths.level].name)
    here = how.outer.n_levels
    most = _most_groups(refit_work(own), here)
    sds = np.exp(np.linspace(*np.log([smallest * SIZES[0], smallest * SIZES[1]]), SIZES_KNOWN))
    region = Region(
        (max(FEWEST_GROUPS, round(GROUPS[0] * here)), most),
        (float(sds[0]), float(sds[-1])),
        DENSITIES,
        Place(here, smallest),
        np.array([(sd, truths.at(float(sd)).reliability) for sd in sds]),
    )
    return Question(frame, how, truths, region, reml, seed)


def _most_groups(work, here):
    """The largest design that can be afforded: fits take as much longer as there are groups."""
    n = SPREAD_OUT * REPLICATES
    for multiple in (GROUPS[1], 4.0, 2.0):
        # On a logarithmic scale the mean of the multiples, and of the densities, is below half.
        mean = (multiple - GROUPS[0]) / np.log(multiple / GROUPS[0])
        if n * work * mean * 1.4 < MOST_WORK:
            return max(round(multiple * here), 2 * FEWEST_GROUPS)
    raise DesignError("fits of this model take so long that no other designs were tried")


def _present(frame: ModelFrame, model: Model) -> tuple[ModelFrame, Model]:
    """Both without the terms that the model holds to zero."""
    kept = [k for k, structure in enumerate(model.structures) if structure != ABSENT]
    return (
        replace(
            frame,
            terms=tuple(frame.terms[k] for k in kept),
            Z=tuple(frame.Z[k] for k in kept),
            codes=tuple(frame.codes[k] for k in kept),
        ),
        replace(model, structures=tuple(model.structures[k] for k in kept)),
    )
