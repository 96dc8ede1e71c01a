"""What engines that run in R say of the rungs of an analysis, word for word and not yet judged."""

import logging
import tempfile
from pathlib import Path

from covedge.engines import lme4, nlme, rstanarm
from covedge.engines.answer import NoAnswer, NotExpressible
from covedge.engines.plan import IN_R, plan
from covedge.engines.r_process import TIME_LIMIT
from covedge.frames.analysis import frame_of
from covedge.grams.store import ladder_from_json
from covedge.jsonio import read_json, write_json
from covedge.status import FILE, folder_or_failure

log = logging.getLogger("ask_r")

# Seconds for all optimisers of lme4 on one model.
ALL_OPTIMISERS_LIMIT = 5 * TIME_LIMIT


def ask_r(data, ladder, fits, analysis, threads, answers):
    """Write {engine}/{model}.json into the folder `answers`: the lines that R wrote, or why none.

    Beside it, of rstanarm, {model}.bin with the draws. threads : of them at once.
    """

    def work(folder):
        models = ladder_from_json(read_json(ladder)).models
        notes = []
        if analysis["engines"] == "auto" or set(IN_R) & set(analysis["engines"]):
            frame = frame_of(data, analysis)
            records = [read_json(f"{fits}/{model.name}.json") for model in models]
            found = plan(analysis["engines"], frame, models, records)
            notes = found.notes
            for engine, names in found.models.items():
                for model in (m for m in models if m.name in names):
                    every = model.name in found.every_optimiser
                    told = _told(engine, frame, model, analysis, every, threads, folder / engine)
                    told["version"] = found.versions[engine]
                    write_json(folder / engine / f"{model.name}.json", told)
                    log.info("%-12s %-28s %s", engine, model.name, _line(told))
        for note in notes:
            log.info("%s", note)
        write_json(folder / FILE, {"status": "ok", "step": "ask_r", "notes": notes})

    folder_or_failure("ask_r", answers, work)


def _told(engine, frame, model, analysis, every, threads, folder):
    """The lines that R wrote, or why there are none."""
    reml = analysis["method"] == "REML"
    try:
        if engine == "lme4":
            limit = ALL_OPTIMISERS_LIMIT if every else TIME_LIMIT
            lines = lme4.tell(lme4.ask(frame, model, reml), limit, every)
        elif engine == "nlme":
            lines = nlme.tell(nlme.ask(frame, model, reml))
        else:
            lines = _sampled(frame, model, analysis["seed"], threads, folder)
    except NotExpressible as reason:
        return {"status": "not_expressible", "reason": str(reason)}
    except NoAnswer as reason:
        return {"status": "failed", "reason": str(reason)}
    return {"status": "answered", "lines": lines}


def _sampled(frame, model, seed, threads, folder):
    with tempfile.TemporaryDirectory() as place:
        lines = rstanarm.tell(rstanarm.ask(frame, model), seed, threads, place)
        draws = Path(place) / rstanarm.DRAWS
        if draws.exists():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{model.name}.bin").write_bytes(draws.read_bytes())
    return lines


def _line(told):
    return told["status"] if told["status"] == "answered" else f"{told['status']}: {told['reason']}"


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    ask_r(
        data=snakemake.input.data,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        analysis=snakemake.params.analysis,
        threads=snakemake.threads,
        answers=snakemake.output.answers,
    )
