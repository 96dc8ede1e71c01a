"""The ladder: from no random effects, one step at a time, to the formula asked for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covedge.errors import FormulaError
from covedge.formulas.formula import Formula, RandomTerm
from covedge.frames.design import Term
from covedge.models import structure
from covedge.models.structure import Structure

# What a term may be held to, in order of complexity, and the word in the model's name.
RUNGS = {
    "intercept": "intercept",
    "compound symmetry": "compound",
    "diagonal": "diagonal",
    "blocks": "blocks",
    "rank d": "rank",
    "full": "full",
}


@dataclass(frozen=True)
class Model:
    """A rung. structures : one per term of the ladder, outermost first, as `Ladder.terms`."""

    name: str
    formula: str
    structures: tuple[Structure, ...]


@dataclass(frozen=True)
class Ladder:
    """terms : outermost first; fixed : names of the columns of X; models : simplest first."""

    terms: tuple[Term, ...]
    fixed: tuple[str, ...]
    dropped: tuple[str, ...]
    models: tuple[Model, ...]

    @property
    def asked(self) -> Model:
        """The model that the user's formula asks for."""
        return self.models[-1]


def build(formula: Formula, terms: tuple[Term, ...], listed: Sequence[Formula] = (), crossed=False):
    """The models of the ladder: those listed, else all rungs up to `formula`, which is last.

    crossed : whether grouping factors cross. Then each also has rungs of its own: where one of
        them shows no variance, all rungs that hold it are singular, and the others' are not.
    """
    rungs = _listed(listed, formula, terms) if listed else _automatic(formula, terms, crossed)
    models = []
    for word, held, text in rungs:
        if all(_names(held) != _names(model.structures) for model in models) or listed:
            models.append(Model(f"m{len(models)}-{word}", text, tuple(held)))
    return tuple(models)


def _names(structures):
    return [s.name for s in structures]


def _automatic(formula, terms, crossed):
    """(word, structures, text) of each rung.

    First intercepts, level by level; then, for each richer structure, one level at a time with
    the levels below it at an intercept.
    """
    heights = [_heights(formula, term, terms) for term in terms]
    lowest = [next(iter(h.values())) for h in heights]
    asked = [list(h.values())[-1] for h in heights]
    rungs = [("fixed", [structure.ABSENT] * len(terms))]
    for k, term in enumerate(terms):
        if crossed and k:
            held = _alone(lowest[k], k, terms)
            rungs.append((f"{RUNGS[lowest[k].name]}-only{_suffix(terms, term)}", held))
        held = lowest[: k + 1] + [structure.ABSENT] * (len(terms) - k - 1)
        rungs.append((RUNGS[lowest[k].name] + _suffix(terms, term), held))
    for kind in RUNGS:
        held = list(lowest)
        for k, term in enumerate(terms):
            if kind in heights[k]:
                held = [*held[:k], heights[k][kind], *held[k + 1 :]]
                rungs.append((RUNGS[kind] + _suffix(terms, term), held))
    for k, term in enumerate(terms if crossed else ()):
        held = _alone(asked[k], k, terms)
        rungs.append((f"{RUNGS[asked[k].name]}-only{_suffix(terms, term)}", held))
    words = [word for word, held in rungs if _names(held) == _names(asked)] or ["asked"]
    rungs = [
        (word, held, _text(formula, terms, held))
        for word, held in rungs
        if _names(held) != _names(asked)
    ]
    return [*rungs, (words[-1], asked, formula.text)]


def _alone(held, k, terms):
    """The rung on which only term k has random effects."""
    return [held if i == k else structure.ABSENT for i in range(len(terms))]


def _heights(formula, term, terms):
    """What the term can be held to on the way up to what is asked of it, simplest first."""
    asked = structure.as_written(term, _written(formula, term))
    heights = {}
    if term.intercept is not None:
        heights["intercept"] = structure.intercept(term)
    if asked.name == "full" and _splits(term, terms):
        heights["compound symmetry"] = structure.compound_symmetry(term)
    if asked.name == "full":
        heights["diagonal"] = structure.diagonal(term)
    heights.setdefault(asked.name, asked)
    return heights


def _written(formula, term):
    return [t for t in formula.terms if frozenset(t.group) == frozenset(term.group)]


def _suffix(terms, term):
    """What tells this level's rung from the others': the deepest column of its grouping factor."""
    if len(terms) == 1:
        return ""
    return "-" + (re.sub(r"\W+", "_", term.group[-1], flags=re.ASCII).strip("_") or "level")


def _text(formula, terms, held):
    """The rung in lme4's notation."""
    pieces = [formula.head]
    for term, h in zip(terms, held, strict=True):
        pieces += _random_text(formula, term, h)
    return " + ".join(pieces)


def _random_text(formula, term, held):
    if held.name == "absent":
        return []
    if held.name == "intercept":
        return [RandomTerm("1", term.group).text]
    if held.name == "compound symmetry":
        within = RandomTerm("1", (*term.group, term.cells.factor))
        return [RandomTerm("1", term.group).text, within.text]
    written = _written(formula, term)
    if held.name == "diagonal" and len(written) == 1:
        return [RandomTerm(written[0].effects, term.group, correlated=False).text]
    return [t.text for t in written]


def _listed(formulas, asked, terms):
    """(word, structures, text) of the config's own list, the formula asked for put last.

    Raises FormulaError for a formula with another fixed part, or with a grouping factor that is
    neither one of `terms` nor one of them split by the factor of its effects.
    """
    rungs = []
    for formula in formulas:
        if (formula.response, formula.fixed) != (asked.response, asked.fixed):
            raise FormulaError(
                f"`{formula.text}` must have the response and the fixed effects of "
                f"`{asked.text}`: the ladder compares random effects"
            )
        rungs.append((formula, [_held(formula, term, terms) for term in terms]))
        known = {frozenset(t.group) for t in terms} | {
            frozenset((*t.group, t.cells.factor)) for t in terms if t.cells is not None
        }
        for random in formula.terms:
            if frozenset(random.group) not in known:
                names = ", ".join(f"`{t.name}`" for t in terms)
                raise FormulaError(
                    f"`{random.text}` has a grouping factor that the ladder does not: {names}"
                )
    goal = [_held(asked, term, terms) for term in terms]
    if not rungs or not _same(rungs[-1][1], goal):
        rungs.append((asked, goal))
    return [("-".join(dict.fromkeys(_word(h) for h in held)), held, f.text) for f, held in rungs]


def _word(held):
    return RUNGS.get(held.name, "fixed")


def _same(held, others):
    """Whether two models hold each term to the same set."""
    return all(
        one.name == other.name
        and len(one.components) == len(other.components)
        and all(map(_equal, one.components, other.components))
        for one, other in zip(held, others, strict=True)
    )


def _equal(one, other):
    return one.kind == other.kind and np.array_equal(one.basis, other.basis)


def _splits(term, terms):
    """Whether `(1 | g) + (1 | g:f)` can be had on g, and g:f is no term of its own."""
    if term.cells is None or term.intercept is None:
        return False
    split = frozenset((*term.group, term.cells.factor))
    return split not in {frozenset(t.group) for t in terms}


def _held(formula, term, terms):
    """The structure to which `formula` holds a term.

    `(1 | g) + (1 | g:f)` is compound symmetry, unless g:f is a term of its own.
    """
    written = _written(formula, term)
    if _splits(term, terms):
        split = frozenset((*term.group, term.cells.factor))
        intercepts = [t.effects.strip() for t in formula.terms if frozenset(t.group) == split]
        if intercepts == ["1"] and [t.effects.strip() for t in written] == ["1"]:
            return structure.compound_symmetry(term)
    return structure.as_written(term, written)
