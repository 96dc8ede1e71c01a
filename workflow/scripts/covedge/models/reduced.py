"""Rungs that follow from a fit: the model without what has collapsed, and of lower rank still.

A singular fit is itself a model, one of a lower rank, in which nothing has collapsed; and with a
rank less it can be asked whether the weakest direction is needed. `rr(f | g, d)` in glmmTMB.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from covedge.formulas.formula import Formula, RandomTerm
from covedge.frames.design import Term
from covedge.models.ladder import Model
from covedge.models.structure import ABSENT, FULL, Component, Structure, named


def without_collapsed(
    formula: Formula, terms: Sequence[Term], model: Model, ranks: Sequence[Sequence[int]]
) -> Model | None:
    """The model that its singular fit is; None where nothing has collapsed.

    ranks : per term the rank of each of its components at the fit (1 or 0 of a scalar one).
    """
    structures = [
        _reduced(term, structure, found)
        for term, structure, found in zip(terms, model.structures, ranks, strict=True)
    ]
    if all(map(_same, structures, model.structures)):
        return None
    return _named(formula, terms, model, structures)


def lowerable(model: Model) -> list[tuple[int, int]]:
    """(term, component) of each component whose rank can be held lower."""
    return [
        (k, place)
        for k, structure in enumerate(model.structures)
        for place, component in enumerate(structure.components)
        if component.kind == FULL and component.rank > 1
    ]


def lower_ranks(
    formula: Formula, terms: Sequence[Term], model: Model, where: tuple[int, int], original: Model
) -> Iterator[Model]:
    """The models in which one component has a lower rank, the highest first.

    model : what is lowered, `original` or what was made of it. where : of `lowerable`.
    """
    k, place = where
    component = model.structures[k].components[place]
    for rank in range(component.rank - 1, 0, -1):
        lowered = list(model.structures[k].components)
        lowered[place] = replace(component, rank=rank)
        structures = list(model.structures)
        structures[k] = named(terms[k], lowered)
        yield _named(formula, terms, original, structures)


def _reduced(term, structure, ranks):
    kept = [
        replace(component, rank=rank) if component.kind == FULL else component
        for component, rank in zip(structure.components, ranks, strict=True)
        if rank
    ]
    return named(term, kept) if kept else ABSENT


def _same(one, other):
    return [c.rank for c in one.components] == [c.rank for c in other.components]


def _named(formula, terms, model, structures):
    """With a name that tells from which model it comes: `m4-rank2` of `m4-full`."""
    number = model.name.split("-")[0]
    ranks = [
        str(component.rank)
        for structure in structures
        for component in structure.components
        if component.kind == FULL and component.basis.shape[1] > 1
    ]
    sizes = "-".join(ranks)
    word = f"rank{sizes}" if ranks else "reduced"
    return Model(f"{number}-{word}", text(formula, terms, structures), tuple(structures))


def text(formula: Formula, terms: Sequence[Term], structures: Sequence[Structure]) -> str:
    """Any rung in lme4's notation, with glmmTMB's for limited ranks."""
    pieces = [formula.head]
    for term, structure in zip(terms, structures, strict=True):
        pieces += [_component_text(term, component) for component in structure.components]
    return " + ".join(pieces)


def _component_text(term: Term, component: Component) -> str:
    if component.kind != FULL:
        return RandomTerm("1", (*term.group, term.cells.factor)).text
    size = component.basis.shape[1]
    if size == 1:
        return RandomTerm(_effect(term, component), term.group).text
    effects = _effects(term, component)
    return RandomTerm(
        effects, term.group, rank=component.rank if component.rank < size else None
    ).text


def _effect(term, component):
    """The one effect of a component, as written between brackets."""
    if term.intercept is not None and np.array_equal(component.basis[:, 0], term.intercept):
        return "1"
    name = term.effects[int(np.argmax(np.abs(component.basis[:, 0])))]
    factor = term.cells.factor if term.cells is not None else None
    if factor and name.startswith(factor):
        return f'0 + dummy({factor}, "{name.removeprefix(factor)}")'
    return f"0 + {name}"


def _effects(term, component):
    """The effects of a component with several, as the user wrote them."""
    columns = tuple(int(np.argmax(column)) for column in component.basis.T)
    for written, places in term.parts.items():
        if tuple(places) == columns:
            return written
    return "0 + " + " + ".join(term.effects[i] for i in columns)
