"""From a table to verdict.json, by the scripts of the workflow's steps, without Snakemake."""

from pathlib import Path

from ask_r import ask_r
from bootstrap import bootstrap
from compare import compare
from covedge.config import load_config, load_schema
from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.focus import focus
from covedge.frames.analysis import frame_of
from covedge.grams.store import ladder_from_json, load_gram
from covedge.inference.leave_out import leave_out, leave_out_record
from covedge.jsonio import read_json, write_json
from diagnose import diagnose
from engines import engines as ask_engines
from fit import fit
from prepare import prepare

SCHEMA = Path(__file__).resolve().parents[2] / "workflow" / "schemas" / "config.schema.yaml"


def verdict_of(
    table: Path, folder: Path, formula: str, replicates: int = 200, engines=(), **keys
) -> dict:
    """The verdict on a data file.

    engines : other packages to ask for each model. keys : others of the analysis in the config.
    """
    asked = {"data": str(table), "formula": formula, "bootstrap": {"replicates": replicates}}
    asked["engines"] = list(engines)
    config = load_config({"analyses": {"one": asked | keys}}, load_schema(SCHEMA))
    analysis = config["analyses"]["one"] | {"name": "one"}
    data, design, gram, ladder, fits, in_r, answers, draws, tests, left_out, output = (
        folder / name
        for name in (
            "data.parquet",
            "design.json",
            "gram.npz",
            "ladder.json",
            "fits",
            "in_r",
            "engines",
            "draws",
            "tests.json",
            "leave_out.json",
            "verdict.json",
        )
    )
    prepare(table, analysis, data, design)
    fit(data, analysis, gram, ladder, fits)
    bootstrap(gram, ladder, fits, analysis, 1, replicates, draws)
    compare(gram, ladder, fits, [draws], analysis, tests)
    write_json(left_out, _left_out(data, gram, ladder, fits, analysis))
    ask_r(data, ladder, fits, analysis, 1, in_r)
    ask_engines(data, gram, ladder, fits, in_r, analysis, answers)
    steps = data, design, gram, ladder, fits, answers, tests, left_out
    diagnose(*steps, analysis, output)
    return read_json(output)


def _left_out(data, gram, ladder, fits, analysis):
    """As the step `infer` writes it."""
    found = ladder_from_json(read_json(ladder))
    records = [read_json(fits / f"{model.name}.json") for model in found.models]
    model = next(m for m in found.models if m.name == focus(records)["model"])
    likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
    fitted = fit_model(likelihood, found.terms, model, analysis["seed"])
    return leave_out_record(leave_out(frame_of(data, analysis), fitted))
