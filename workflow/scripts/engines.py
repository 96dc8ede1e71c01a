"""What other packages answer for the rungs of an analysis, under our certificate."""

import logging
from pathlib import Path

from covedge.engines import given_fit, lme4, nlme, rstanarm, statsmodels, yours
from covedge.engines.answer import NoAnswer, NotExpressible
from covedge.engines.name import YOURS
from covedge.engines.plan import IN_R
from covedge.engines.record import answer_record, record, sample_record
from covedge.fits.likelihood import Likelihood
from covedge.frames.analysis import frame_of
from covedge.grams.store import ladder_from_json, load_gram
from covedge.jsonio import read_json, write_json
from covedge.status import FAILED, FILE, folder_or_failure

log = logging.getLogger("engines")


def engines(data, gram, ladder, fits, in_r, analysis, engines):
    """Write {engine}/{model}.json into the folder `engines`, for each engine and rung.

    in_r : the folder of the step `ask_r`. Raises DataError for a file of `answers` that is of no
    use: that is the user's to mend.
    """
    models = ladder_from_json(read_json(ladder)).models
    frame = frame_of(data, analysis)
    given = _given(analysis["answers"], frame, models)

    def work(folder):
        likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
        for engine, version, model, answer in [
            *_of_statsmodels(analysis["engines"], frame, models, likelihood.reml),
            *_of_r(Path(in_r), frame, models, likelihood.reml),
            *given,
        ]:
            certified = read_json(f"{fits}/{model.name}.json")
            told = record(
                engine, version, model, answer, _judged(frame, likelihood, model, certified)
            )
            write_json(folder / engine / f"{model.name}.json", told)
            log.info("%-12s %-28s %s", engine, model.name, _line(told))
        write_json(folder / FILE, _ended(read_json(Path(in_r) / FILE)))

    folder_or_failure("engines", engines, work)


def _judged(frame, likelihood, model, certified):
    def judged(given):
        if isinstance(given, rstanarm.Sample):
            return sample_record(given)
        return answer_record(frame, likelihood, model, certified, given)

    return judged


def _given(answers, frame, models):
    """(engine, version, model, answer) of each fit that the user has already."""
    by_name = {model.name: model for model in models}
    found = []
    for name, path in yours.file_of(answers, list(by_name)).items():
        answer = yours.answer(given_fit.read(path), frame, by_name[name])
        found.append((YOURS, None, by_name[name], lambda answer=answer: answer))
    return found


def _of_statsmodels(wanted, frame, models, reml):
    if wanted != "auto" and "statsmodels" not in wanted:
        return
    for model in models:
        yield (
            "statsmodels",
            statsmodels.version(),
            model,
            lambda model=model: statsmodels.answer(frame, model, reml),
        )


def _of_r(folder, frame, models, reml):
    """The same of what R has told."""
    for engine in IN_R:
        for model in models:
            path = folder / engine / f"{model.name}.json"
            if path.exists():
                told = read_json(path)
                yield engine, told["version"], model, _read(engine, told, path, frame, model, reml)


def _read(engine, told, path, frame, model, reml):
    def answer():
        if told["status"] == "not_expressible":
            raise NotExpressible(told["reason"])
        if told["status"] == FAILED:
            raise NoAnswer(told["reason"])
        lines = [(key, values) for key, values in told["lines"]]
        if engine == "rstanarm":
            draws = path.with_suffix(".bin")
            return rstanarm.read(lines, draws, rstanarm.ask(frame, model), frame, model)
        package = {"lme4": lme4, "nlme": nlme}[engine]
        return package.read(lines, package.ask(frame, model, reml))

    return answer


def _ended(r):
    """How the step ended; that R could not be asked costs the others nothing, and is told."""
    if r["status"] == FAILED:
        return {"status": FAILED, "step": "ask_r", "reason": r["reason"], "notes": []}
    return {"status": "ok", "step": "engines", "notes": r["notes"]}


def _line(told):
    if told["status"] != "ok":
        return f"{told['status']}: {told['reason']}"
    if "distance" not in told:
        return f"{told['divergences']} divergences, {told['seconds']:.1f} s"
    seconds = "" if told["seconds"] is None else f", {told['seconds']:.1f} s"
    return (
        f"{told['distance']:.2g} above the certified optimum, "
        f"{told['certificate']['status']}{seconds}"
    )


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    engines(
        data=snakemake.input.data,
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        in_r=snakemake.input.in_r,
        analysis=snakemake.params.analysis,
        engines=snakemake.output.engines,
    )
