"""What a term's effects may be held to: that one of them, or the level of all, does not vary.

Only what has a meaning whatever the coding of the data is here: a slope (its lines are parallel),
all differences between the cells of a factor, one cell, the common level of the cells. That an
intercept alone does not vary depends on where the predictor has its zero, and is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from covedge.frames.design import Term
from covedge.models.structure import FULL, Component


@dataclass(frozen=True)
class Constraint:
    """C'b = 0 for the effects b of a component's basis.

    contrasts : (p, m) C. words : what is then true, with {group} for the grouping factor.
    """

    contrasts: np.ndarray
    words: str

    def applied(self, component: Component) -> Component:
        """The component without what the constraint takes away."""
        left = null_space(self.contrasts.T)
        basis = component.basis @ left
        return Component(basis, FULL, min(component.rank, basis.shape[1]), component.label)


def constraints(component: Component, term: Term) -> Iterator[Constraint]:
    """Those that a full component with several effects may be held to, the strongest first."""
    whole = component.basis.shape == (len(term.effects),) * 2
    if term.cells is not None and whole:
        yield from _of_cells(component, term)
    else:
        yield from _of_effects(component, term)


def _of_cells(component, term):
    rows, factor = term.cells.rows @ component.basis, term.cells.factor
    differences = (rows[1:] - rows[0]).T
    yield Constraint(
        differences,
        f"the differences between the levels of {factor} are the same in every {{group}}",
    )
    yield Constraint(
        rows.mean(axis=0)[:, None],
        f"the common level of all {factor} is the same in every {{group}}",
    )
    for label, row in zip(term.cells.labels, rows, strict=True):
        yield Constraint(row[:, None], f"{label} of {factor} is the same in every {{group}}")


def _of_effects(component, term):
    """Slopes: all of them, then each."""
    intercept = term.intercept
    slopes = []
    for name, row in zip(term.effects, np.eye(len(term.effects)), strict=True):
        contrast = component.basis.T @ row
        if not contrast.any() or (intercept is not None and intercept @ row):
            continue
        slopes.append((name, contrast))
    if len(slopes) > 1 and len(slopes) < component.basis.shape[1]:
        names = ", ".join(name for name, _ in slopes)
        together = np.column_stack([contrast for _, contrast in slopes])
        yield Constraint(together, f"none of {names} differs between {{group}}s")
    for name, contrast in slopes:
        yield Constraint(
            contrast[:, None],
            f"the slope of {name} is the same in every {{group}} (its lines are parallel)",
        )
