"""Does the response bend along a numeric column of the fixed effects?

An F test of the squares of these columns, given the fit's covariance: of the residuals e = M y with
V^-1 M the projection off X, C'e has the variance sigma^2 C'M C. The remedy: the squares among the
fixed effects.
"""

from dataclasses import replace

import numpy as np
from scipy.stats import f as f_distribution

from covedge.causes.checks.check import CURVED, Defect
from covedge.causes.checks.refit import Refitted, plain, refit
from covedge.causes.checks.residuals import Residuals
from covedge.causes.fitted_rows import FittedRows

# Squares nearer to the span of X than this part of their length add nothing.
NOTHING_NEW = 1e-4
# A column that varies within groups by less than this part of its variance is one of the groups.
BETWEEN = 1e-9


def curved(residuals: Residuals) -> list[Defect]:
    """Each numeric column alone, then the smallest p-value counted for all."""
    rows = residuals.rows
    columns = squares(rows)
    if not columns:
        return [Defect(CURVED, "curvature")]
    found = [_tested(residuals, name, column, len(columns)) for name, column in columns]
    return [one for one in found if one is not None] or [Defect(CURVED, "curvature")]


def squares(rows: FittedRows) -> list[tuple[str, np.ndarray]]:
    """(name, (n,) square) of the numeric columns of X, centred, weighted as the rows are."""
    frame, found = rows.frame, []
    root = np.sqrt(rows.rows.weights)
    Q = rows.X
    for name, x in zip(frame.fixed, frame.X.T, strict=True):
        if len(np.unique(x)) < 3:
            continue
        # Of an interaction with a factor the zeros of the other levels stay zeros.
        inside = x != 0 if (x == 0).mean() > 0.3 and ":" in name else np.ones(len(x), dtype=bool)
        centre, spread = x[inside].mean(), x[inside].std()
        if spread == 0:
            continue
        square = np.where(inside, ((x - centre) / spread) ** 2, 0.0) * root
        new = square - Q @ (Q.T @ square) / len(x)
        if np.linalg.norm(new) > NOTHING_NEW * np.linalg.norm(square):
            found.append((name, square))
    return found


def f_test(residuals: Residuals, C: np.ndarray):
    """(F, df, coefficients) of columns C (n, k), in units of the response; df of the residual."""
    rows = residuals.rows
    k, n, p = C.shape[1], rows.n_obs, rows.gram.n_fixed
    explained = C.T @ residuals.raw
    information = C.T @ (C - rows.fitted(C))
    b = np.linalg.solve(information, explained)
    # y'My, of which the squares take explained'b.
    rest = float(rows.rows.y @ residuals.raw - explained @ b)
    within = min(n - p - k, *(_containing(rows, c) for c in C.T))
    F = (explained @ b / k) / (rest / (n - p - k))
    return float(F), within, b * rows.gram.scaling.response


def _containing(rows, column):
    """Degrees of freedom where the column is constant within groups; else of the rows."""
    free = rows.n_obs
    x = column / np.sqrt(rows.rows.weights)
    total = x.var()
    for code, L in zip(rows.rows.codes, rows.gram.n_groups, strict=True):
        counts = np.bincount(code, minlength=L)
        means = np.bincount(code, weights=x, minlength=L) / counts
        if ((x - means[code]) ** 2).mean() < BETWEEN * total:
            free = min(free, max(L - rows.gram.n_fixed - 1, 1))
    return free


def _tested(residuals, name, column, count):
    F, df, b = f_test(residuals, column[:, None])
    if df < 1 or not np.isfinite(F):
        return None
    p = float(min(1.0, f_distribution.sf(F, 1, df) * count))
    size = {"column": name, "F": F, "df": df, "bend_in_residual_sds": float(b[0] / residuals.unit)}
    sentence = (
        f"The response bends along {name}, and the model has a straight line: one standard "
        f"deviation of {name} away from its mean the bend is {abs(b[0]):.3g}, "
        f"{abs(b[0]) / residuals.unit:.2g} residual standard deviations."
    )
    # A power or another function of a column: its square is nothing that one would add.
    curve = f"a higher power than {name}" if "(" in name else f"the square of {name}"
    advice = f"Add {curve}, or a spline, to the fixed effects."
    return Defect(
        CURVED,
        f"curvature along {name}",
        p,
        size,
        sentence,
        advice,
        lambda: with_squares(residuals.rows, [(name, column)]),
    )


def with_squares(rows: FittedRows, columns) -> Refitted:
    """The fit with these columns among the fixed effects."""
    frame, model = plain(rows)
    added = np.column_stack([column for _, column in columns])
    names = tuple(f"{name}^2" for name, _ in columns)
    frame = replace(frame, X=np.column_stack([frame.X, added]), fixed=frame.fixed + names)
    return refit(frame, model, rows.factors.likelihood.reml)
