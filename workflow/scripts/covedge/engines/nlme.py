"""nlme's lme() on a rung whose grouping factors are nested, through Rscript and lme.R."""

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from covedge.engines import r_process
from covedge.engines.answer import Answer, NoAnswer, NotExpressible
from covedge.engines.r_process import TIME_LIMIT, Lines, numbers, said, text
from covedge.frames.design import ModelFrame
from covedge.models.ladder import Model
from covedge.models.structure import FULL, Component

PACKAGE = "nlme"
SCRIPT = Path(__file__).with_name("lme.R")


@dataclass(frozen=True)
class Question:
    """A model as lme() is asked about it.

    columns : names of the columns of `rows` (n, c); groups : those that are grouping factors,
    outermost first, and components : the components of each.
    fixed, random : R code; method : REML or ML.
    """

    columns: tuple[str, ...]
    rows: np.ndarray
    groups: tuple[str, ...]
    components: tuple[tuple[Component, ...], ...]
    fixed: str
    random: str
    method: str


def version() -> str | None:
    """`3.1-162 (R 4.2.2)`, or None where R or nlme is not there."""
    return r_process.version(PACKAGE)


def answer(frame: ModelFrame, model: Model, reml: bool, limit: float = TIME_LIMIT) -> Answer:
    """Fit `model` with lme()'s defaults; where that is an error, with opt = "optim".

    limit : seconds after which R is stopped. Raises NotExpressible, and NoAnswer with nlme's words.
    """
    question = ask(frame, model, reml)
    return read(tell(question, limit), question)


def tell(question: Question, limit: float = TIME_LIMIT) -> Lines:
    """What lme.R answers. Raises NoAnswer."""
    lines = [
        ("columns", *question.columns),
        ("groups", *question.groups),
        ("fixed", question.fixed),
        ("random", question.random),
        ("method", question.method),
    ]
    with tempfile.TemporaryDirectory() as folder:
        try:
            return r_process.ask(SCRIPT, lines, question.rows, PACKAGE, limit, folder)
        except NoAnswer as reason:
            words = [str(reason), _failures(reason.lines)]
            raise NoAnswer("; before that, ".join(filter(None, words)), reason.lines) from None


def ask(frame: ModelFrame, model: Model, reml: bool) -> Question:
    """The model in R's words. Raises NotExpressible."""
    used = _used(frame, model)
    columns = {"y": frame.y} | {f"X{j + 1}": x for j, x in enumerate(frame.X.T)}
    fixed = "y ~ 0" + "".join(f" + {name}" for name in columns if name != "y")
    random, n_effects = [], 0
    for k in used:
        blocks = []
        for component in model.structures[k].components:
            effects = frame.Z[k] @ component.basis
            names = [
                f"Z{effect}" for effect in range(n_effects + 1, n_effects + 1 + len(effects.T))
            ]
            n_effects += len(names)
            columns |= dict(zip(names, effects.T, strict=True))
            blocks.append((component.kind, names))
        random.append(f"G{k + 1} = {_matrix(blocks)}")
    if frame.weights is not None:
        # nlme's V is the variance that a row has, in units of sigma squared.
        columns["V"] = 1.0 / frame.weights
    groups = {f"G{k + 1}": frame.codes[k] for k in used}
    columns |= groups
    return Question(
        columns=tuple(columns),
        rows=np.column_stack(list(columns.values())),
        groups=tuple(groups),
        components=tuple(model.structures[k].components for k in used),
        fixed=fixed,
        random=f"list({', '.join(random)})",
        method="REML" if reml else "ML",
    )


def _used(frame, model):
    """The terms that the model has, outermost first."""
    used = [k for k, structure in enumerate(model.structures) if structure.components]
    if not used:
        raise NotExpressible("lme() wants random effects, and the model has none")
    if any(structure.limited for structure in model.structures):
        raise NotExpressible("nlme has no covariance of limited rank")
    for outer, inner in itertools.pairwise(used):
        n_levels = frame.terms[inner].n_levels
        if len(np.unique(frame.codes[outer] * n_levels + frame.codes[inner])) > n_levels:
            raise NotExpressible(
                f"lme() takes nested grouping factors, and {frame.terms[outer].name} and "
                f"{frame.terms[inner].name} cross"
            )
    return used


def _matrix(blocks):
    """nlme's class of matrices for the (kind, columns) of a level's components."""
    kinds = [kind for kind, _ in blocks]
    if len(blocks) > 1 and all(kind == FULL and len(names) == 1 for kind, names in blocks):
        return f"pdDiag({_sum(name for _, (name,) in blocks)})"
    parts = [
        f"{'pdLogChol' if kind == FULL else 'pdIdent'}({_sum(names)})"
        for kind, (_, names) in zip(kinds, blocks, strict=True)
    ]
    return parts[0] if len(parts) == 1 else f"pdBlocked(list({', '.join(parts)}))"


def _sum(names):
    return " + ".join(["~ 0", *names])


def _errors(lines):
    """nlme's words where it stopped with an error, by optimiser, the default one first."""
    return {values[0]: text(values[1]) for key, values in lines if key == "error"}


def _failures(lines):
    """The same in one line."""
    names = {"nlminb": "with its default optimiser"}
    return "; ".join(
        f"lme() {names.get(opt, f'with {_setting(opt)}')} stopped with an error: "
        + " ".join(error.split())
        for opt, error in _errors(lines).items()
    )


def _setting(optimiser):
    return f'opt = "{optimiser}"'


def read(lines: Lines, question: Question) -> Answer:
    """The answer in the lines that lme.R wrote. Raises NoAnswer with nlme's words."""
    given = dict(lines)
    if "apvar" not in given:
        raise NoAnswer(_failures(lines) or "R ended without an answer", lines, said(lines))
    components = []
    for group, parts in zip(question.groups, question.components, strict=True):
        Sigma = numbers(given[group])
        q = round(np.sqrt(Sigma.size))
        components += _split(Sigma.reshape(q, q), parts)
    errors = [f"Error: {error}" for error in _errors(lines).values()]
    return Answer(
        components=components,
        sigma=float(given["sigma"][0]),
        beta=numbers(given["beta"]),
        std_error=numbers(given["std_error"]),
        criterion=-2.0 * float(given["loglik"][0]),
        converged=True,
        messages=tuple(dict.fromkeys(errors + said(lines))),
        seconds=float(given["seconds"][0]),
        settings=_setting(given["optimiser"][0]) if errors else "",
        apvar=text(given["apvar"][0]),
    )


def _split(Sigma, components):
    """The blocks of a level's relative covariance, one for each component."""
    found, at = [], 0
    for component in components:
        p = component.basis.shape[1]
        size = p if component.kind == FULL else 1
        found.append(Sigma[at : at + size, at : at + size])
        at += p
    return found
