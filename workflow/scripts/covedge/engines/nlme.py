"""nlme's lme() on a rung whose grouping factors are nested, through Rscript.

R gets columns of numbers with names of ours, and no formula or label of the user's: nothing has to
be translated, and nothing in a label can be run. lme.R, beside this file, asks and answers.
"""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from covedge.engines.answer import Answer, NoAnswer, NotExpressible
from covedge.frames.design import ModelFrame
from covedge.models.ladder import Model
from covedge.models.structure import FULL, Component

# Seconds for one model. lme() takes half a minute for 6 correlated effects and 6,000 rows.
TIME_LIMIT = 120.0
# Seconds to load nlme and tell its version.
START_LIMIT = 30.0
# Seconds after its limit at which R ends by itself, should nobody be left to stop it.
GRACE = 5.0
SCRIPT = Path(__file__).with_name("lme.R")
# No profile of the user's is run; messages come in English, whatever the language of the machine.
OPTIONS = ("--no-init-file", "--no-site-file")
LANGUAGE = {"LANGUAGE": "en", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}
MISSING = "R with nlme is not there"
INSTALL = (
    f"{MISSING}: install R and its package nlme so that `Rscript` is found "
    "(r-base-core and r-cran-nlme on Debian, r-base and r-nlme with conda)"
)


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
    program = shutil.which("Rscript")
    if program is None:
        return None
    code = 'cat(packageDescription("nlme")$Version, " (R ", format(getRversion()), ")", sep = "")'
    with tempfile.TemporaryDirectory() as folder:
        try:
            told = _run([program, *OPTIONS, "-e", f"library(nlme); {code}"], folder, START_LIMIT)
        except NoAnswer:
            return None
    return told.strip() or None


def answer(frame: ModelFrame, model: Model, reml: bool, limit: float = TIME_LIMIT) -> Answer:
    """Fit `model` with lme()'s defaults; where that is an error, with opt = "optim".

    limit : seconds after which R is stopped. Raises NotExpressible, and NoAnswer with nlme's words.
    """
    question = ask(frame, model, reml)
    program = shutil.which("Rscript")
    if program is None:
        raise NoAnswer(INSTALL)
    with tempfile.TemporaryDirectory() as folder:
        _write(question, limit, Path(folder))
        written = Path(folder) / "answer.txt"
        try:
            _run([program, *OPTIONS, str(SCRIPT), folder], folder, limit)
        except NoAnswer as reason:
            told = [str(reason), _failures(parsed(written))]
            raise NoAnswer("; before that, ".join(filter(None, told))) from None
        return read(parsed(written), question)


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
        rows=np.column_stack(list(columns.values())).astype("<f8"),
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


def _write(question, limit, folder):
    lines = [
        ("rows", str(len(question.rows))),
        ("columns", *question.columns),
        ("groups", *question.groups),
        ("fixed", question.fixed),
        ("random", question.random),
        ("method", question.method),
        ("limit", f"{limit + GRACE:g}"),
    ]
    text = "".join("\t".join(line) + "\n" for line in lines)
    (folder / "model.txt").write_text(text, encoding="utf-8")
    (folder / "rows.bin").write_bytes(question.rows.tobytes(order="F"))


def _run(command, folder, limit):
    """What a program prints. Raises NoAnswer if it fails, or takes longer than `limit` seconds.

    It prints into files: a pipe would be kept open by whatever the program has started.
    """
    printed, complained = Path(folder) / "stdout", Path(folder) / "stderr"
    with printed.open("wb") as out, complained.open("wb") as err:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=os.environ | LANGUAGE,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            raise NoAnswer(
                f"R was stopped after {limit:g} seconds, the limit for a model"
            ) from None
        finally:
            _kill(process)
    if code:
        said = complained.read_text(encoding="utf-8", errors="replace").split()
        raise NoAnswer(" ".join(said) or f"R ended with the code {code} and without a word")
    return printed.read_text(encoding="utf-8", errors="replace")


def _kill(process):
    """End the program, if it still runs, and whatever it has started."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:  # Windows
            process.kill()
        process.wait()


def parsed(path: Path) -> list[tuple[str, list[str]]]:
    """(key, values) of each line that lme.R has written, as yet."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [(key, values) for key, *values in (line.split("\t") for line in lines if line)]


def _text(value):
    """Text as it was before lme.R put it on one line."""
    parts = value.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\t", "\t") for part in parts)


def _numbers(values):
    return np.array([np.nan if value == "NA" else float(value) for value in values])


def _errors(lines):
    """nlme's words where it stopped with an error, by optimiser, the default one first."""
    return {values[0]: _text(values[1]) for key, values in lines if key == "error"}


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


def read(lines: list[tuple[str, list[str]]], question: Question) -> Answer:
    """The answer in the lines that lme.R wrote. Raises NoAnswer with nlme's words."""
    given = dict(lines)
    if "apvar" not in given:
        raise NoAnswer(_failures(lines) or "R ended without an answer")
    components = []
    for group, parts in zip(question.groups, question.components, strict=True):
        Sigma = _numbers(given[group])
        q = round(np.sqrt(Sigma.size))
        components += _split(Sigma.reshape(q, q), parts)
    errors = [f"Error: {error}" for error in _errors(lines).values()]
    warned = [f"Warning: {_text(values[0])}" for key, values in lines if key == "message"]
    return Answer(
        components=components,
        sigma=float(given["sigma"][0]),
        beta=_numbers(given["beta"]),
        std_error=_numbers(given["std_error"]),
        criterion=-2.0 * float(given["loglik"][0]),
        converged=True,
        messages=tuple(dict.fromkeys(errors + warned)),
        seconds=float(given["seconds"][0]),
        settings=_setting(given["optimiser"][0]) if errors else "",
        apvar=_text(given["apvar"][0]),
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
