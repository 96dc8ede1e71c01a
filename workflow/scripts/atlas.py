"""The atlas of an analysis: how often designs like this one come out singular."""

import logging
from pathlib import Path

import pandas as pd

from covedge.atlas.asked import ask, sources
from covedge.atlas.findings import surface
from covedge.atlas.record import atlas_record
from covedge.atlas.steps import ROUND, known, together
from covedge.errors import CovedgeError, DesignError
from covedge.jsonio import read_json
from covedge.status import FAILED, FILE, json_or_failure
from covedge.whole import new_file

log = logging.getLogger("atlas")


def atlas(files, plans, parts, settings, table, output):
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
            asked = ask(settings, files)
            found = known(outcomes)
        except DesignError as error:
            return {"status": "none", "reason": str(error)}
        smooth = surface(asked.question.region, found)
        record = atlas_record(asked, found, smooth, len(plans))
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
        files=sources(snakemake.input),
        plans=snakemake.input.plans,
        parts=snakemake.input.parts,
        settings=snakemake.params.analysis,
        table=snakemake.output.table,
        output=snakemake.output.atlas,
    )
