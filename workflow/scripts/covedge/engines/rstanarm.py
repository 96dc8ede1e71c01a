"""rstanarm's stan_lmer() on a rung, through Rscript and stan_lmer.R.

With its own priors, chains and iterations. What comes back is a posterior: no point of it is meant
to be an optimum, so there is nothing for the certificate to judge.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from covedge.engines import lme4, r_process
from covedge.engines.answer import NoAnswer, NotExpressible
from covedge.engines.r_process import Lines, said, text
from covedge.fits.spread import correlations, standard_deviations
from covedge.frames.design import ModelFrame
from covedge.models.ladder import Model

PACKAGE = "rstanarm"
SCRIPT = Path(__file__).with_name("stan_lmer.R")
# rstanarm's own defaults.
CHAINS, ITERATIONS = 4, 2000
# Seconds for one model: six correlated effects and 6,000 rows take a quarter of an hour.
TIME_LIMIT = 3600.0
DRAWS = "draws.bin"


@dataclass(frozen=True)
class Sample:
    """What stan_lmer() drew.

    names : (k,) as lme4's `confint` writes them, which is what covedge calls the same numbers.
    values : (chains, draws, k): fixed effects, sigma, and SDs and correlations of random effects.
    energy : (chains, draws), the sampler's.
    divergences : after warm-up, of all chains; messages : its warnings word for word.
    """

    names: tuple[str, ...]
    values: np.ndarray
    energy: np.ndarray
    divergences: int
    messages: tuple[str, ...]
    seconds: float


def version() -> str | None:
    """`2.21.3 (R 4.2.2)`, or None where R or rstanarm is not there."""
    return r_process.version(PACKAGE)


def answer(frame: ModelFrame, model: Model, seed: int, cores: int, **limit) -> Sample:
    """Sample `model` as stan_lmer() does by default. Raises NotExpressible and NoAnswer."""
    question = ask(frame, model)
    with tempfile.TemporaryDirectory() as folder:
        lines = tell(question, seed, cores, folder, **limit)
        return read(lines, Path(folder) / DRAWS, question, frame, model)


def ask(frame: ModelFrame, model: Model) -> lme4.Question:
    """The model in R's words. Raises NotExpressible."""
    if frame.weights is not None:
        raise NotExpressible(
            "the weights of stan_lmer() count a row several times, which is another model"
        )
    try:
        # Its prior knows the intercept from the other columns.
        return lme4.ask(frame, model, reml=False, intercept="1")
    except NotExpressible as reason:
        raise NotExpressible(str(reason).replace("lmer()", "stan_lmer()")) from None


def tell(
    question: lme4.Question, seed: int, cores: int, folder: str | Path, limit: float = TIME_LIMIT
) -> Lines:
    """What stan_lmer.R answers; its draws are left in `folder`. Raises NoAnswer."""
    lines = [
        ("columns", *question.columns),
        ("groups", *question.groups),
        ("formula", question.formula),
        ("chains", str(CHAINS)),
        ("iterations", str(ITERATIONS)),
        ("cores", str(cores)),
        # R's whole numbers end there.
        ("seed", str(seed % 2**31)),
    ]
    return r_process.ask(SCRIPT, lines, question.rows, PACKAGE, limit, folder)


def read(
    lines: Lines, draws: Path, question: lme4.Question, frame: ModelFrame, model: Model
) -> Sample:
    """The sample in what stan_lmer.R wrote, and the file of its draws.

    Raises NoAnswer with rstanarm's words.
    """
    given = dict(lines)
    if "shape" not in given:
        error = " ".join(text(given["error"][0]).split()) if "error" in given else ""
        words = f"stan_lmer() stopped with an error: {error}" if error else "R ended without draws"
        raise NoAnswer(words, lines, said(lines))
    shape = [int(float(value)) for value in given["shape"]]
    there = [text(name) for name in given["names"]]
    drawn = np.fromfile(draws, "<f8").reshape(*shape, len(there) + 1)
    column = {name: drawn[:, :, i] for i, name in enumerate(there)}
    # "X1" is "(Intercept)" where stan_lmer() was told so.
    numbers = {meant: column[x if x in column else meant] for x, meant in question.fixed.items()}
    numbers["sigma"] = column["sigma"]
    for term, structure, G in zip(
        frame.terms, model.structures, _covariances(column, question, frame, model), strict=True
    ):
        if structure.components:
            numbers |= _spread(G, term)
    # What a structure holds constant is no number that is drawn.
    free = {name: values for name, values in numbers.items() if np.ptp(values) > 0}
    return Sample(
        names=tuple(free),
        values=np.stack(list(free.values()), axis=-1),
        energy=drawn[:, :, -1],
        divergences=int(float(given["divergences"][0])),
        messages=tuple(dict.fromkeys(said(lines))),
        seconds=float(given["seconds"][0]),
    )


def _covariances(column, question, frame, model):
    """Per term (chains, draws, q, q): the draws of G, on the effects of the frame."""
    shape, bars, found = column["sigma"].shape, iter(question.bars), []
    for term, structure in zip(frame.terms, model.structures, strict=True):
        G = np.zeros((*shape, len(term.effects), len(term.effects)))
        for component in structure.components:
            bar, A = next(bars), component.basis
            names = bar.names or ("(Intercept)",)
            S = np.empty((*shape, len(names), len(names)))
            for i, row in enumerate(names):
                for j, other in enumerate(names[: i + 1]):
                    S[..., i, j] = S[..., j, i] = column[f"Sigma[{bar.group_name}:{row},{other}]"]
            G += S * (A @ A.T) if not bar.names else A @ S @ A.T
        found.append(G)
    return found


def _spread(G, term):
    """SDs and correlations of a term's effects, by the names that they have on our pages."""
    sds, Rs = standard_deviations(G), correlations(G)
    named = {f"sd_{name}|{term.name}": sds[..., i] for i, name in enumerate(term.effects)}
    for i, name in enumerate(term.effects):
        for j, other in enumerate(term.effects[:i]):
            named[f"cor_{name}.{other}|{term.name}"] = Rs[..., i, j]
    return named
