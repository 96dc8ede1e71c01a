"""One part of the trials of a round of the atlas.

A trial depends on nothing but the seed, its round and its number, so that parts may be computed
anywhere, and a round may be divided in any way.
"""

from covedge.atlas.asked import ask, sources
from covedge.atlas.steps import OUTCOMES, carried_out, trials_from_json
from covedge.errors import CovedgeError
from covedge.jsonio import read_json
from covedge.status import folder_or_failure


def try_atlas(files, plan, settings, round_number, part, parts, outcomes):
    """Write the outcomes of every `parts`-th trial of the plan, from number `part` on, into the
    folder `outcomes`.
    """

    def work(folder):
        told = read_json(plan)
        if told["status"] == "failed":
            raise CovedgeError(told["reason"])
        trials = trials_from_json(told["trials"])
        numbers = range(part, len(trials), parts)
        if numbers:
            found = carried_out(ask(settings, files).question, trials, round_number, numbers)
            found.to_parquet(folder / OUTCOMES)

    folder_or_failure("atlas", outcomes, work)


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    try_atlas(
        files=sources(snakemake.input),
        plan=snakemake.input.plan,
        settings=snakemake.params.analysis,
        round_number=int(snakemake.wildcards.round),
        part=int(snakemake.wildcards.part),
        parts=int(snakemake.wildcards.parts),
        outcomes=snakemake.output.outcomes,
    )
