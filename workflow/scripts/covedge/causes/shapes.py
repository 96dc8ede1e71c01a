"""A direction without variance, said as what does not vary between groups."""

import numpy as np

from covedge.fits.terms import TermDirection, TermFit
from covedge.words import MINOR, describe, place

# Two lines of this correlation or more are in lockstep, as far as anyone would look.
LOCKSTEP = 0.99


def shape(direction: TermDirection, fitted: TermFit) -> str:
    """What is the same in every group: "the differences between p2 and p5 of mPair", ..."""
    term = fitted.term
    if direction.cells:
        pair = _pair(direction.cells)
        if pair:
            return f"the difference between {pair[0]} and {pair[1]} of {term.cells.factor}"
    if set(direction.loadings) != {"(Intercept)"} and len(direction.loadings) == 2:
        lines = _lines(direction.loadings, fitted)
        if lines:
            return lines
    told = {"direction": direction.loadings, "cells": direction.cells}
    factor = term.cells.factor if term.cells is not None else None
    return describe(told, {"factor": factor})


def _pair(cells):
    """The two cells whose difference the direction is, or None."""
    major = [name for name in cells if abs(cells[name]) > MINOR]
    if len(major) != 2 or cells[major[0]] * cells[major[1]] >= 0:
        return None
    rest = [abs(value) for name, value in cells.items() if name not in major]
    return major if max(rest, default=0.0) < MINOR / 2 else None


def _lines(loadings, fitted):
    """Intercept and slope: where all lines meet."""
    if "(Intercept)" not in loadings:
        return None
    slope = next(name for name in loadings if name != "(Intercept)")
    level, tilt = loadings["(Intercept)"], loadings[slope]
    if abs(level) < 1e-6 * abs(tilt):
        return f"the slope of {slope}"
    places = [fitted.term.effects.index(name) for name in ("(Intercept)", slope)]
    (a, c), (_, b) = fitted.G[np.ix_(places, places)]
    correlation = c / np.sqrt(a * b) if a > 0 and b > 0 else 0.0
    if abs(correlation) < LOCKSTEP:
        return None
    return (
        f"the height of the lines at {slope} = {place(tilt / level)} (intercept and slope move in "
        f"lockstep, correlation {correlation:+.2f}, so that all lines meet there)"
    ).replace("-", "−")
