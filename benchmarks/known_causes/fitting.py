"""Fits of the asked-for model to many responses on the same rows."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from covedge.fits.fit import Fit
from covedge.fits.fit import fit as certified
from covedge.fits.likelihood import Likelihood
from covedge.fits.optimum import Sketch, sketch
from covedge.fits.spectrum import ALIVE
from covedge.formulas.formula import parse
from covedge.frames.data import prepare
from covedge.frames.design import ModelFrame, model_frame
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import build
from covedge.models import ladder
from covedge.models.ladder import Model


@dataclass(frozen=True)
class Asked:
    """The model frame of an experiment, and the model that its formula asks for."""

    frame: ModelFrame
    model: Model
    reml: bool

    def likelihood(self, y: np.ndarray) -> Likelihood:
        """Of the response y (n,)."""
        return Likelihood(build(replace(self.frame, y=np.asarray(y, float))), self.reml)

    def fit(self, y: np.ndarray, seed: int = 1) -> Fit:
        """From several starts, certified."""
        return certified(self.likelihood(y), self.frame.terms, self.model, seed)

    def sketch(self, y: np.ndarray) -> Sketch:
        """To some five digits, from one start."""
        return sketch(self.likelihood(y), self.model.structures[::-1])

    def collapsed(self, y: np.ndarray) -> set[str]:
        """Names of the grouping factors whose term is degenerate, by a rough fit."""
        found = self.sketch(y)
        names = [term.name for term in self.frame.terms[::-1]]
        return {
            names[block.level]
            for block, spectrum in zip(found.factors.blocks, found.spectra, strict=True)
            if any(direction.state != ALIVE for direction in spectrum)
        }


def asked(table: pd.DataFrame, formula: str, method: str) -> Asked:
    """table : with any response y that is not constant."""
    parsed = parse(formula)
    frame = model_frame(prepare(table, parsed).frame, parsed)
    crossed = isinstance(build(frame), CrossedGram)
    model = ladder.build(parsed, frame.terms, (), crossed)[-1]
    return Asked(frame, model, method == "REML")
