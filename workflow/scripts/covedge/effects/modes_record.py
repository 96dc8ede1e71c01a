"""Conditional modes for fits/{model}.json."""

import numpy as np

from covedge.effects.modes import modes
from covedge.errors import DesignError
from covedge.fits.fit import Fit

# More levels than this are thinned out, evenly in the order of their first effect.
MOST_LEVELS = 300


def with_modes(record: dict, fit: Fit, terms, order) -> dict:
    """The record of a fit with `modes` in each of its terms.

    terms : of the ladder; order : `modes.level_order`, or None where the rows were too many to
    keep it. Then, and where there are too many effects to predict, `modes` is None.
    """
    found = _modes(fit, terms, order)
    for term in record["terms"]:
        term["modes"] = None
        for each, predicted in zip(terms, found or (), strict=False):
            if each.name == term["group"]:
                term["modes"] = _term_record(predicted)
    return record


def _modes(fit, terms, order):
    if order is None or not terms:
        return None
    gram = fit.factors.likelihood.gram
    try:
        return modes(gram, fit.factors.Sigmas(fit.x), fit.point.sigma2, terms, order)
    except DesignError:
        return None


def _term_record(term):
    """Levels (L,), and per level: modes, sd and least squares of its own rows, each (L, q)."""
    kept = np.argsort(term.modes[:, 0], kind="stable")
    if len(kept) > MOST_LEVELS:
        kept = kept[np.linspace(0, len(kept) - 1, MOST_LEVELS).round().astype(int)]
    kept = np.sort(kept)
    return {
        "n_levels": len(term.levels),
        "levels": [term.levels[i] for i in kept],
        "estimate": term.modes[kept],
        "sd": term.sd[kept],
        "error_sd": term.error_sd[kept],
        "alone": term.alone[kept],
    }
