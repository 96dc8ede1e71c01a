"""Where and why the fits of an analysis degenerate, and which model to report instead."""

import logging
from pathlib import Path

from covedge import causes as why
from covedge.errors import DesignError
from covedge.fits.fit import best_of_starts
from covedge.fits.likelihood import Likelihood
from covedge.fits.own_gram import own_gram
from covedge.grams.simulated_crossed import simulator
from covedge.grams.store import ladder_from_json, load_gram
from covedge.inference.size import smallest_sd
from covedge.jsonio import read_json
from covedge.status import json_or_failure
from covedge.verdict import focus, verdict

log = logging.getLogger("diagnose")


def diagnose(design, gram, ladder, fits, engines, analysis, output):
    """Write verdict.json."""

    def work():
        found = ladder_from_json(read_json(ladder))
        records = [read_json(f"{fits}/{model.name}.json") for model in found.models]
        likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
        looked_at = focus(records)
        smallest = smallest_sd(analysis["smallest_sd"], looked_at)
        causes = why.not_identifiable(records[-1], read_json(design))
        model = next(m for m in found.models if m.name == looked_at["model"])
        of_design, powers = _of_design(likelihood, found, model, looked_at, smallest, analysis)
        causes += of_design
        answers = [read_json(path) for path in sorted(Path(engines).glob("*/*.json"))]
        causes += why.optimiser_failure(answers, {record["model"]: record for record in records})
        for cause in causes:
            log.info("%s (%s): %s", cause.cause, cause.model, cause.sentence)
        return verdict(analysis["name"], records, causes, powers, smallest)

    json_or_failure("diagnose", output, work)


def _of_design(likelihood, ladder, model, record, smallest, analysis):
    """Causes that lie in the design of the model that is looked at, and its power by group."""
    structures = model.structures[::-1]
    groups = [term.name for term in reversed(ladder.terms)]
    causes = why.more_effects_than_groups(likelihood, structures, model.name, groups)
    forced = {cause.group for cause in causes}
    degenerate = {t["group"] for t in record["terms"] if t["degenerate"]} - forced
    if not degenerate:
        return causes, {}
    own = own_gram(likelihood, model)
    groups = [groups[level] for level in own.kept]
    try:
        simulator(own.likelihood.gram)
    except DesignError as reason:
        log.info("how often this design would give a singular fit is not computed: %s", reason)
        return causes, {}
    solution = best_of_starts(own.likelihood, own.structures(model), analysis["seed"])
    log.info("simulating from %s, with its collapsed directions at the smallest SD", model.name)
    powers = why.power(
        solution.factors,
        solution.x,
        {groups.index(group) for group in degenerate},
        smallest / record["sigma"],
        analysis["bootstrap"]["replicates"],
        analysis["seed"],
    )
    for level, power in sorted(powers.items(), reverse=True):
        causes += why.too_little_information(power, model.name, groups[level])
    return causes, {groups[level]: power for level, power in powers.items()}


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    diagnose(
        design=snakemake.input.design,
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        engines=snakemake.input.engines,
        analysis=snakemake.params.analysis,
        output=snakemake.output.verdict,
    )
