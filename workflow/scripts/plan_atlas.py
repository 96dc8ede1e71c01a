"""Which designs to try in a round of the atlas, given what the rounds before it found."""

import logging

from covedge.atlas.fitted import of_fit
from covedge.atlas.steps import planned, together, trials_json
from covedge.errors import DesignError
from covedge.status import json_or_failure

log = logging.getLogger("plan_atlas")


def plan_atlas(data, gram, ladder, fits, earlier, analysis, plan):
    """Write the trials of a round to the JSON file `plan`, or why there are none.

    earlier : files with the outcomes of the rounds before.
    """

    def work():
        try:
            question, _ = of_fit(data, gram, ladder, fits, analysis)
            trials = planned(question, together(earlier) if earlier else None)
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
        data=snakemake.input.data,
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        earlier=snakemake.input.earlier,
        analysis=snakemake.params.analysis,
        plan=snakemake.output.plan,
    )
