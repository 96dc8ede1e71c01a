"""design.json: what there is of what, before any model is fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from covedge.errors import DesignError
from covedge.formulas.formula import Formula
from covedge.frames.data import Prepared
from covedge.frames.design import ModelFrame, Term, group_codes, model_frame

# A larger matrix of counts is left out of design.json: it would be read by nobody.
LARGEST_MATRIX = 5000


def describe(prepared: Prepared, formula: Formula) -> dict:
    """The content of design.json (design, section 8), but for `identifiable`.

    rows : read, kept by the subset, dropped with reasons, used.
    levels, numeric : the columns; counts : per factor and grouping factor, rows in each cell.
    terms : per grouping factor, outermost first, its groups, effects and observations per group.
    """
    frame = model_frame(prepared.frame, formula)
    _check_residual(frame, formula)
    return {
        "formula": formula.text,
        "response": formula.response,
        "rows": _rows(prepared),
        "levels": {name: list(levels) for name, levels in prepared.levels.items()},
        "numeric": {
            name: _summary(column)
            for name, column in prepared.frame.items()
            if name not in prepared.levels
        },
        "fixed": {"effects": list(frame.fixed), "dropped": list(frame.dropped)},
        "counts": _counts(prepared, formula),
        "terms": [
            _term(term, codes, formula)
            for term, codes in zip(frame.terms, frame.codes, strict=True)
        ],
    }


def _check_residual(frame: ModelFrame, formula: Formula) -> None:
    """DesignError for a response that is one value in each group: the likelihood has no maximum."""
    for term, codes in zip(frame.terms, frame.codes, strict=True):
        if term.intercept is None or term.n_levels == len(codes):
            continue
        first = np.empty(term.n_levels)
        first[codes] = frame.y
        if (first[codes] == frame.y).all():
            raise DesignError(
                f"the response `{formula.response}` does not vary within the levels of "
                f"`{term.name}`: no residual variance is left, and the likelihood grows without "
                "bound; keep one row a level, or leave the term out",
                key="formula",
            )


def _rows(prepared: Prepared) -> dict:
    counts = prepared.counts
    dropped = [{"reason": "subset", "column": None, "rows": counts.read - counts.subset}]
    dropped += [
        {"reason": "missing", "column": name, "rows": n} for name, n in counts.missing.items()
    ]
    return {
        "read": counts.read,
        "subset": counts.subset,
        "used": counts.used,
        "dropped": [each for each in dropped if each["rows"]],
        "dropped_missing": counts.dropped,
    }


def _summary(column: pd.Series) -> dict:
    return {
        "min": float(column.min()),
        "mean": float(column.mean()),
        "max": float(column.max()),
        "sd": float(column.std()) if len(column) > 1 else None,
    }


def _counts(prepared: Prepared, formula: Formula) -> list[dict]:
    """Rows per cell of each grouping factor and each factor whose effects are in the formula."""
    groups = {frozenset(term.group): term.group for term in formula.terms}
    factors = [name for name in formula.variables_in_effects if name in prepared.levels]
    return [
        _matrix(prepared, group, factor)
        for group in groups.values()
        for factor in factors
        if factor not in group
    ]


def _matrix(prepared: Prepared, group: tuple[str, ...], factor: str) -> dict:
    codes, groups = group_codes(prepared.frame, group)
    levels = prepared.levels[factor]
    cells = codes * len(levels) + prepared.frame[factor].cat.codes.to_numpy()
    counts = np.bincount(cells, minlength=len(groups) * len(levels))
    counts = counts.reshape(len(groups), len(levels))
    small = counts.size <= LARGEST_MATRIX
    return {
        "group": ":".join(group),
        "factor": factor,
        "n_groups": len(groups),
        "groups": list(groups) if small else None,
        "levels": list(levels),
        "matrix": counts.tolist() if small else None,
        "min": int(counts.min()),
        "max": int(counts.max()),
        "n_empty": int((counts == 0).sum()),
        "empty": _named(counts == 0, groups, levels) if small else None,
        "n_singletons": int((counts == 1).sum()),
        "singletons": _named(counts == 1, groups, levels) if small else None,
    }


def _named(where: np.ndarray, groups: tuple[str, ...], levels: tuple[str, ...]) -> list[list[str]]:
    return [[groups[i], levels[j]] for i, j in np.argwhere(where)]


def _term(term: Term, codes: np.ndarray, formula: Formula) -> dict:
    sizes = np.bincount(codes, minlength=term.n_levels)
    written = [each.text for each in formula.terms if set(each.group) == set(term.group)]
    return {
        "group": term.name,
        "formula": " + ".join(written),
        "groups": term.n_levels,
        "effects": list(term.effects),
        "observations": {
            "min": int(sizes.min()),
            "median": float(np.median(sizes)),
            "max": int(sizes.max()),
        },
        "singletons": int((sizes == 1).sum()),
    }
