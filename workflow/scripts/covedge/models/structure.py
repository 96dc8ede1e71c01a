"""Structures: the set of matrices that a model holds a Sigma to.

Sigma is a sum of components A S A', each with a positive semidefinite S of its own: `full` (any
S, of rank at most `rank`) or `scalar` (S = tau^2 I). The table of design section 2 in these terms:

    intercept            a tau^2 a', a the intercept in the effects' basis
    compound symmetry    the intercept, and tau^2 M M' with M the cells' indicators
    diagonal             e_i tau_i^2 e_i' for every effect
    full, rank d         S itself
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from covedge.formulas.formula import RandomTerm
from covedge.frames.design import Term

FULL, SCALAR = "full", "scalar"


@dataclass(frozen=True)
class Component:
    """A S A': basis A (q, p), kind, largest rank of S, and what its directions are called."""

    basis: np.ndarray
    kind: str
    rank: int
    label: str = ""


@dataclass(frozen=True)
class Structure:
    """name : as in the design's table. components : none for an absent term."""

    name: str
    components: tuple[Component, ...]

    @property
    def limited(self) -> bool:
        """Whether some component is held to a lower rank than it has effects."""
        return any(c.rank < c.basis.shape[1] for c in self.components)


ABSENT = Structure("absent", ())


def intercept(term: Term) -> Structure:
    return Structure("intercept", (_intercept(term),))


def _intercept(term):
    return Component(term.intercept[:, None], FULL, 1, "(Intercept)")


def compound_symmetry(term: Term) -> Structure:
    cells = np.linalg.inv(term.cells.rows)
    within = Component(cells, SCALAR, cells.shape[1], term.cells.factor)
    return Structure("compound symmetry", (_intercept(term), within))


def diagonal(term: Term) -> Structure:
    return Structure("diagonal", _diagonal(term, range(len(term.effects))))


def _diagonal(term, columns):
    identity = np.eye(len(term.effects))
    return tuple(Component(identity[:, [i]], FULL, 1, term.effects[i]) for i in columns)


def full(term: Term) -> Structure:
    q = len(term.effects)
    return Structure("full", (Component(np.eye(q), FULL, q),))


def as_written(term: Term, written: Iterable[RandomTerm]) -> Structure:
    """The structure that these random terms ask of the grouping factor that they share."""
    components = []
    identity = np.eye(len(term.effects))
    for random in written:
        if random.effects not in term.parts:
            components.append(_intercept(term))
            continue
        columns = list(term.parts[random.effects])
        if random.correlated and len(columns) > 1:
            rank = min(random.rank or len(columns), len(columns))
            components.append(Component(identity[:, columns], FULL, rank))
        else:
            components += _diagonal(term, columns)
    return named(term, components)


def named(term: Term, components: Iterable[Component]) -> Structure:
    """The structure with these components, by the name that they have together."""
    components = tuple(components)
    return Structure(_name(term, components), components)


def _name(term, components):
    sizes = [c.basis.shape[1] for c in components]
    if not components:
        return "absent"
    if any(c.kind != FULL for c in components):
        return "compound symmetry" if len(components) == 2 else "blocks"
    if sizes == [len(term.effects)] and sizes != [1]:
        return "full" if components[0].rank == sizes[0] else "rank d"
    if (
        sizes == [1]
        and term.intercept is not None
        and (components[0].basis[:, 0] == term.intercept).all()
    ):
        return "intercept"
    return "diagonal" if max(sizes) == 1 else "blocks"
