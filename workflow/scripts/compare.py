"""Which steps of the ladder the data need: tests between its rungs."""

from covedge.bootstraps.bootstrap_record import criteria
from covedge.bootstraps.draws import all_draws
from covedge.comparing.comparisons import compare as compare_rungs
from covedge.comparing.comparisons import plan
from covedge.comparing.comparisons_record import comparisons_record
from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.grams.store import ladder_from_json, load_gram
from covedge.jsonio import read_json
from covedge.status import json_or_failure


def compare(gram, ladder, fits, bootstrap, analysis, tests):
    """Write tests.json. bootstrap : folders with batches of draws."""

    def work():
        found = ladder_from_json(read_json(ladder))
        likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
        fitted = {
            model.name: fit_model(likelihood, found.terms, model, analysis["seed"])
            for model in found.models
            if read_json(f"{fits}/{model.name}.json")["identifiable"]
        }
        draws, reasons = all_draws(bootstrap, list(fitted))
        planned = plan(found.models, fitted, analysis["seed"])
        simulated = {}
        for smaller, larger in (pair.names for pair in planned.pairs):
            drawn = draws.get(smaller)
            both = criteria(drawn, smaller, larger) if drawn is not None else None
            simulated[smaller, larger] = reasons.get(smaller) if both is None else both
        return comparisons_record(compare_rungs(planned, simulated))

    json_or_failure("compare", tests, work)


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    compare(
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        bootstrap=snakemake.input.bootstrap,
        analysis=snakemake.params.analysis,
        tests=snakemake.output.tests,
    )
