"""Does the residual standard deviation differ between classes of rows, or change with the mean?

Brown and Forsythe (1974): analysis of variance of the distances from the classes' medians, which
heavy tails do not mislead. The remedy: rows weighted by one over the variance of their class, as
nlme's varIdent.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution
from scipy.stats import norm, rankdata

from covedge.causes.checks.check import HETEROSCEDASTIC, Defect
from covedge.causes.checks.refit import Refitted, plain, refit, reweighted
from covedge.causes.checks.residuals import Residuals, calibrated, quantile
from covedge.causes.fitted_rows import FittedRows

# Rows in a class on average, and classes, that the test needs and allows.
ROWS_IN_CLASS, MOST_CLASSES, MOST_CELLS = 5, 60, 20
# Weights and fit are made in turn; a class's variance is drawn to the common one by two rows.
ROUNDS, PRIOR_ROWS = 5, 2.0
# Classes of fitted values, for their weights.
MOST_BINS, ROWS_IN_BIN = 8, 12


@dataclass(frozen=True)
class Classes:
    """name : what sets them apart; labels; codes : (n,) the class of each row."""

    name: str
    labels: tuple[str, ...]
    codes: np.ndarray


def heteroscedastic(residuals: Residuals) -> list[Defect]:
    """One defect for each way to put the rows into classes, and one for the fitted values."""
    sets = list(classes(residuals.rows))
    count = len(sets) + 1
    found = [_by_class(residuals, one, count) for one in sets]
    return [*found, _by_fitted(residuals, count)]


def classes(rows: FittedRows) -> Iterator[Classes]:
    """Groups of each factor, levels of factors in the effects, cells of the fixed effects."""
    seen = []
    for one in _candidates(rows):
        n_classes = len(one.labels)
        if n_classes < 2 or len(one.codes) < ROWS_IN_CLASS * n_classes:
            continue
        if any(_same(one.codes, codes) for codes in seen):
            continue
        seen.append(one.codes)
        yield one


def _candidates(rows):
    frame, n = rows.frame, rows.n_obs
    for term, Z in zip(frame.terms, frame.Z, strict=True):
        if term.name in rows.groups and term.cells is not None:
            cells = (Z[:, None, :] == term.cells.rows).all(axis=2)
            yield Classes(term.cells.factor, term.cells.labels, cells.argmax(axis=1))
    for term, codes in zip(frame.terms, frame.codes, strict=True):
        if term.name in rows.groups and term.n_levels <= MOST_CLASSES:
            yield Classes(term.name, tuple(map(str, term.levels)), codes)
    if frame.X.shape[1] > 1 and n <= 100_000:
        values, codes = np.unique(frame.X.round(9), axis=0, return_inverse=True)
        if len(values) <= MOST_CELLS:
            labels = tuple(_cell(frame.fixed, row) for row in values)
            yield Classes("the fixed effects' cells", labels, codes.reshape(n))


def _cell(names, row):
    told = [
        name if value == 1 else f"{name} = {value:.3g}"
        for name, value in zip(names, row, strict=True)
        if value != 0 and name != "(Intercept)"
    ]
    return ", ".join(told) or "the reference cell"


def _same(one, other):
    pairs = len(np.unique(one * (other.max() + 1) + other))
    return pairs == one.max() + 1 == other.max() + 1


def brown_forsythe(s, codes, n_classes):
    """(k,) p-values of the columns of s (n, k)."""
    distances, n = np.empty_like(s), len(s)
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=n_classes)
    between, at, total = np.zeros(s.shape[1]), 0, 0.0
    for count in counts:
        own = order[at : at + count]
        at += count
        distances[own] = np.abs(s[own] - np.median(s[own], axis=0)) if count else 0.0
    mean = distances.mean(axis=0)
    at = 0
    for count in counts:
        own = distances[order[at : at + count]]
        at += count
        if count:
            between = between + count * (own.mean(axis=0) - mean) ** 2
            total = total + ((own - own.mean(axis=0)) ** 2).sum(axis=0)
    k = int((counts > 0).sum())
    F = (between / (k - 1)) / (total / (n - k))
    return f_distribution.sf(F, k - 1, n - k)


def _by_class(residuals, one, count):
    n_classes, simulated = len(one.labels), residuals.simulated
    p = brown_forsythe(residuals.standardised[:, None], one.codes, n_classes)[0]
    z = quantile(p)
    if p < 0.05 and simulated is not None:
        z = calibrated(z, quantile(brown_forsythe(simulated[0], one.codes, n_classes)))
    p = float(min(1.0, norm.sf(z) * count))
    sds = residuals.unit * np.sqrt(_ratios(residuals.raw, residuals, one.codes, n_classes, 0.0))
    most, least = int(np.argmax(sds)), int(np.argmin(sds))
    size = {
        "classes": one.name,
        "largest_sd": float(sds[most]),
        "in": one.labels[most],
        "smallest_sd": float(sds[least]),
        "smallest_in": one.labels[least],
    }
    sentence = (
        f"The residual standard deviation is not the same in all classes of {one.name}: it is "
        f"{sds[most]:.3g} in {one.labels[most]} and {sds[least]:.3g} in {one.labels[least]}."
    )
    advice = (
        f"Let the residual variance differ by {one.name} (nlme: weights = varIdent), or measure "
        "the response on a scale where it does not."
    )
    about = f"the spread by {one.name}"
    return Defect(
        HETEROSCEDASTIC,
        about,
        p,
        size,
        sentence,
        advice,
        lambda: weighted_by_class(residuals.rows, one.codes, n_classes),
    )


def _ratios(raw, residuals, codes, n_classes, prior):
    """(n_classes,) variances over the common one."""
    squares = np.bincount(codes, weights=(raw / residuals.scale) ** 2, minlength=n_classes)
    free = np.bincount(codes, weights=residuals.rows.free, minlength=n_classes)
    return (squares + prior) / np.maximum(free + prior, 1e-12)


def weighted_by_class(rows: FittedRows, codes: np.ndarray, n_classes: int) -> Refitted:
    """The fit where each class has a residual variance of its own."""
    frame, model = plain(rows)
    variances = np.ones(n_classes)
    for _ in range(ROUNDS):
        residuals = Residuals(rows, 0)
        factor = _ratios(residuals.raw, residuals, codes, n_classes, PRIOR_ROWS)
        variances = variances * factor
        changed = reweighted(frame, 1.0 / np.sqrt(variances[codes]))
        found = refit(changed, model, rows.factors.likelihood.reml)
        if np.abs(np.log(factor / factor.mean())).max() < 0.02:
            break
        rows = found.rows()
    return found


def _by_fitted(residuals, count):
    fitted, n = residuals.fitted, residuals.rows.n_obs
    about = "the spread with the fitted value"
    if np.ptp(fitted) < 1e-9 * max(np.ptp(residuals.rows.frame.y), 1e-300) or n < 3 * ROWS_IN_BIN:
        return Defect(HETEROSCEDASTIC, about)
    z = _rank_z(np.abs(residuals.standardised)[:, None], fitted[:, None])[0]
    if abs(z) > 2 and residuals.simulated is not None:
        s, others = residuals.simulated
        z = calibrated(z, _rank_z(np.abs(s), others))
    p = float(min(1.0, 2 * norm.sf(abs(z)) * count))
    bins = min(MOST_BINS, n // ROWS_IN_BIN)
    edges = np.quantile(fitted, np.arange(1, bins) / bins)
    codes = np.unique(np.searchsorted(edges, fitted), return_inverse=True)[1]
    n_classes = int(codes.max()) + 1
    sds = residuals.unit * np.sqrt(_ratios(residuals.raw, residuals, codes, n_classes, 0.0))
    low, high = float(sds[0]), float(sds[-1])
    sentence = (
        f"The residual standard deviation {'grows' if z > 0 else 'shrinks'} with the fitted "
        f"value: it is {low:.3g} where this is smallest and {high:.3g} where it is largest."
    )
    advice = (
        "Take logarithms or another transformation of the response, or let the residual variance "
        "depend on the fitted value (nlme: weights = varPower)."
    )
    size = {"classes": "fitted value", "sd_at_low": low, "sd_at_high": high}
    return Defect(
        HETEROSCEDASTIC,
        about,
        p,
        size,
        sentence,
        advice,
        lambda: weighted_by_class(residuals.rows, codes, n_classes),
    )


def _rank_z(a, b):
    """(k,) Spearman correlations of the columns of a and b (n, k), times sqrt(n - 1)."""
    a, b = (rankdata(v, axis=0) for v in (a, b))
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    lengths = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return np.sqrt(len(a) - 1) * (a * b).sum(axis=0) / np.where(lengths > 0, lengths, 1.0)
