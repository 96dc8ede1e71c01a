"""Which designs to try in a round of the atlas, given what the rounds before it found."""

import logging

from covedge.atlas.asked import ask, is_plan, sources
from covedge.atlas.steps import planned, together, trials_json
from covedge.errors import DesignError
from covedge.status import json_or_failure

log = logging.getLogger("plan_atlas")


def plan_atlas(files, earlier, settings, plan):
    """Write the trials of a round to the JSON file `plan`, or why there are none.

    files : results of the analysis by name; none of a plan. earlier : folders with the outcomes of
    the rounds before.

    Raises ConfigError for a plan that contradicts itself.
    """
    if is_plan(settings):
        ask(settings, files)

    def work():
        try:
            trials = planned(ask(settings, files).question, together(earlier) if earlier else None)
        except DesignError as reason:
            return {"status": "none", "reason": str(reason), "trials": []}
        n = sum(trial.replicates for trial in trials)
        log.info("%d designs to try, %d fits", len(trials), n)
        return {"status": "ok", "trials": trials_json(trials)}

    json_or_failure("atlas", plan, work)


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    plan_atlas(
        files=sources(snakemake.input),
        earlier=snakemake.input.earlier,
        settings=snakemake.params.analysis,
        plan=snakemake.output.plan,
    )
