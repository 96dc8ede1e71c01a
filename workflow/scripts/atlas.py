"""The atlas of an analysis: how often designs like this one come out singular."""

import logging
from pathlib import Path

import pandas as pd

from covedge.atlas.findings import surface
from covedge.atlas.fitted import of_fit
from covedge.atlas.record import atlas_record
from covedge.atlas.steps import ROUND, known, together
from covedge.errors import CovedgeError, DesignError
from covedge.jsonio import read_json
from covedge.status import FAILED, FILE, json_or_failure, new_file

log = logging.getLogger("atlas")


def atlas(data, gram, ladder, fits, plans, parts, analysis, table, output):
    """Write all outcomes to the Parquet file `table`, and what they say to the JSON file `output`.

    plans : of all rounds. parts : the folders with their outcomes.
    """
    outcomes = pd.DataFrame(columns=[ROUND])

    def work():
        nonlocal outcomes
        told = [read_json(plan) for plan in plans]
        told += [read_json(Path(part) / FILE) for part in parts]
        for each in told:
            if each["status"] == FAILED:
                raise CovedgeError(each["reason"])
        reason = next((each["reason"] for each in told if each["status"] == "none"), None)
        if reason is not None:
            return {"status": "none", "reason": reason}
        try:
            outcomes = together(parts)
            question, fit = of_fit(data, gram, ladder, fits, analysis)
            found = known(outcomes)
        except DesignError as error:
            return {"status": "none", "reason": str(error)}
        smooth = surface(question.region, found)
        record = atlas_record(question, fit["model"], fit["sigma"], found, smooth, len(plans))
        for sentence in record["sentences"]:
            log.info(sentence)
        return record

    json_or_failure("atlas", output, work)
    with new_file(table) as path:
        outcomes.to_parquet(path, index=False)


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    atlas(
        data=snakemake.input.data,
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        plans=snakemake.input.plans,
        parts=snakemake.input.parts,
        analysis=snakemake.params.analysis,
        table=snakemake.output.table,
        output=snakemake.output.atlas,
    )
