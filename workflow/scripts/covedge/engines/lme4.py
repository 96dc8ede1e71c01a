"""lme4's lmer() on a rung, by its default optimiser and by all of them, through Rscript and lmer.R.

Compound symmetry is `(1 | g) + (1 | g:f)`. A diagonal covariance has a term for each effect, which
is what lme4 fits where its user writes `||` before numbers; for a factor its `||` leaves the
correlations in.
"""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from covedge.engines import r_process
from covedge.engines.answer import Answer, NoAnswer, NotExpressible
from covedge.engines.r_process import TIME_LIMIT, Lines, numbers, said, text
from covedge.frames.design import ModelFrame
from covedge.models.ladder import Model
from covedge.models.structure import FULL

PACKAGE = "lme4"
SCRIPT = Path(__file__).with_name("lmer.R")


@dataclass(frozen=True)
class Bar:
    """A random term in lme4's words, `(0 + Z1 + Z2 | G1)`.

    names : of the columns of `effects` (n, p); none where it is an intercept alone, `(1 | H1)`.
    group : (n,) levels. key : what tells the term in lme4's answer.
    meant, meant_group, meant_effects : the same in the user's words.
    """

    names: tuple[str, ...]
    effects: np.ndarray | None
    group_name: str
    group: np.ndarray
    meant: str
    meant_group: tuple[str, ...]
    meant_effects: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.names[0] if self.names else self.group_name

    @property
    def code(self) -> str:
        return f"{' + '.join(['0', *self.names]) if self.names else '1'} | {self.group_name}"


@dataclass(frozen=True)
class Question:
    """A model as lmer() is asked about it.

    columns : names of the columns of `rows` (n, c); groups : those that are grouping factors.
    formula : R code; method : REML or ML.
    bars : a random term for each component of the model, in their order.
    fixed : the columns of X by the user's names.
    """

    columns: tuple[str, ...]
    rows: np.ndarray
    groups: tuple[str, ...]
    formula: str
    method: str
    bars: tuple[Bar, ...]
    fixed: dict[str, str]


def version() -> str | None:
    """`1.1-31 (R 4.2.2)`, or None where R or lme4 is not there."""
    return r_process.version(PACKAGE)


def answer(
    frame: ModelFrame,
    model: Model,
    reml: bool,
    limit: float = TIME_LIMIT,
    every_optimiser: bool = False,
) -> Answer:
    """Fit `model` as lmer() does it by default.

    every_optimiser : whether the others of allFit() are asked as well. limit : seconds after which
    R is stopped; what was answered by then counts.
    Raises NotExpressible, and NoAnswer with lme4's words.
    """
    question = ask(frame, model, reml)
    return read(tell(question, limit, every_optimiser), question)


def tell(question: Question, limit: float = TIME_LIMIT, every_optimiser: bool = False) -> Lines:
    """What lmer.R answers. Raises NoAnswer."""
    lines = [
        ("columns", *question.columns),
        ("groups", *question.groups),
        ("formula", question.formula),
        ("method", question.method),
        ("optimisers", "all" if every_optimiser else "default"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        try:
            return r_process.ask(SCRIPT, lines, question.rows, PACKAGE, limit, folder)
        except NoAnswer as reason:
            if not any(key == "singular" for key, _ in reason.lines):
                raise
            return [*reason.lines, ("stopped", [str(reason)])]


def ask(frame: ModelFrame, model: Model, reml: bool, intercept: str = "0") -> Question:
    """The model in R's words. Raises NotExpressible.

    intercept : what stands for the column of ones, "1" where it must be known as the intercept.
    """
    bars = random_terms(frame, model)
    fixed = {f"X{j + 1}": name for j, name in enumerate(frame.fixed)}
    columns = {"y": frame.y} | dict(zip(fixed, frame.X.T, strict=True))
    written = [name for name, meant in fixed.items() if intercept == "0" or meant != "(Intercept)"]
    first = "0" if len(written) == len(fixed) else intercept
    for bar in bars:
        if bar.effects is not None:
            columns |= dict(zip(bar.names, bar.effects.T, strict=True))
    if frame.weights is not None:
        columns["V"] = frame.weights
    groups = {bar.group_name: bar.group for bar in bars}
    columns |= groups
    return Question(
        columns=tuple(columns),
        rows=np.column_stack(list(columns.values())),
        groups=tuple(groups),
        formula=" + ".join([f"y ~ {first}", *written, *(f"({bar.code})" for bar in bars)]),
        method="REML" if reml else "ML",
        bars=bars,
        fixed=fixed,
    )


def random_terms(frame: ModelFrame, model: Model) -> tuple[Bar, ...]:
    """A random term for each component of the model. Raises NotExpressible."""
    if any(structure.limited for structure in model.structures):
        raise NotExpressible("lmer() has no covariance of limited rank")
    bars, n_effects = [], 0
    for k, (term, structure) in enumerate(zip(frame.terms, model.structures, strict=True)):
        for component in structure.components:
            effects = frame.Z[k] @ component.basis
            if component.kind == FULL:
                names = tuple(f"Z{n_effects + j + 1}" for j in range(len(effects.T)))
                meant, own = _meant(term, component)
                bar = Bar(names, effects, f"G{k + 1}", frame.codes[k], meant, term.group, own)
            else:
                # The cells of a factor, each as variable as the others: intercepts of g:f.
                cells = frame.codes[k] * len(effects.T) + np.argmax(effects, axis=1)
                group = (*term.group, component.label)
                meant = f"1 | {':'.join(group)}"
                bar = Bar((), None, f"H{k + 1}", cells, meant, group, ("(Intercept)",))
            n_effects += len(bar.names)
            bars.append(bar)
    if not bars:
        raise NotExpressible("lmer() wants random effects, and the model has none")
    return tuple(bars)


def _meant(term, component):
    """The random term in the user's words, without its parentheses, and its effects."""
    if component.label == "(Intercept)":
        return f"1 | {term.name}", ("(Intercept)",)
    columns = tuple(int(i) for i in np.flatnonzero(component.basis.any(axis=1)))
    effects = tuple(term.effects[i] for i in columns)
    written = next((text for text, part in term.parts.items() if part == columns), None)
    return f"{written or ' + '.join(['0', *effects])} | {term.name}", effects


def read(lines: Lines, question: Question) -> Answer:
    """The answer in the lines that lmer.R wrote. Raises NoAnswer with lme4's words."""
    blocks = _blocks(lines)
    if not blocks:
        raise NoAnswer("R ended without an answer", lines)
    (name, first), *rest = blocks
    if "singular" not in dict(first):
        raise NoAnswer(_failure(first, question), lines, _words(first, question))
    others = tuple((other, _one_or_why(other, block, question)) for other, block in rest)
    return _one(name, first, question, others)


def _blocks(lines):
    """(optimiser, its lines) in the order in which they were asked."""
    blocks = []
    for key, values in lines:
        if key == "fit":
            blocks.append((values[0], []))
        elif blocks:
            blocks[-1][1].append((key, values))
    return blocks


def _failure(lines, question):
    given = dict(lines)
    if "error" in given:
        error = _named(text(given["error"][0]), question)
        return "lmer() stopped with an error: " + " ".join(error.split())
    return given.get("stopped", ["R ended without an answer"])[0]


def _one_or_why(name, lines, question):
    if "singular" in dict(lines):
        return _one(name, lines, question)
    return _failure(lines, question)


def _one(name, lines, question, others=()):
    given = dict(lines)
    terms = {values[0]: numbers(values[1:]) for key, values in lines if key == "term"}
    components = []
    for bar in question.bars:
        q = round(np.sqrt(terms[bar.key].size))
        components.append(terms[bar.key].reshape(q, q))
    return Answer(
        components=components,
        sigma=float(given["sigma"][0]),
        beta=numbers(given["beta"]),
        std_error=numbers(given["std_error"]),
        criterion=float(given["criterion"][0]),
        converged=given["converged"] == ["yes"],
        messages=_words(lines, question),
        seconds=float(given["seconds"][0]) if "seconds" in given else None,
        optimiser=name,
        theta=numbers(given["theta"]),
        calls_singular=given["singular"] == ["yes"],
        others=others,
    )


def _words(lines, question):
    return tuple(dict.fromkeys(_named(words, question) for words in said(lines)))


def _named(words, question):
    """lme4's words with the user's names in the place of ours, as its user would have seen them."""
    for bar in question.bars:
        words = words.replace(bar.code, bar.meant)
    names = {bar.group_name: ":".join(bar.meant_group) for bar in question.bars}
    names |= question.fixed
    return re.sub(r"\b[GHX]\d+\b", lambda found: names.get(found[0], found[0]), words)
