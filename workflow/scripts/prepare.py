"""From the data file to the rows and columns of one analysis, and a description of its design."""

import logging
from pathlib import Path

from covedge.errors import CovedgeError
from covedge.frames.analysis import formulas
from covedge.frames.cells import describe
from covedge.frames.data import prepare as prepared
from covedge.frames.reading import reading
from covedge.frames.table import read_table
from covedge.jsonio import write_json
from covedge.whole import new_file


def prepare(table: str | Path, analysis: dict, data: str | Path, design: str | Path) -> None:
    """Read `table`, write `data` (Parquet) and `design` (JSON). Design, section 8.

    Raises CovedgeError, which names the config key at fault.
    """
    try:
        formula, listed = formulas(analysis)
        ready = prepared(
            read_table(table, reading(analysis["read"])),
            formula,
            ladder=listed,
            subset=analysis["subset"],
            missing=analysis["missing"],
            categorical=analysis["categorical"],
            weights=analysis["weights"],
        )
        description = {"analysis": analysis["name"], **describe(ready, formula)}
    except CovedgeError as error:
        key = f".{error.key}" if error.key else ""
        raise error.at(f"{table}, analyses.{analysis['name']}{key}") from None
    counts = ready.counts
    logging.info("%d rows read, %d in the subset, %d used", counts.read, counts.subset, counts.used)
    with new_file(data) as path:
        ready.frame.to_parquet(path, index=False)
    write_json(design, description)


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    prepare(
        table=snakemake.input.table,
        analysis=snakemake.params.analysis,
        data=snakemake.output.data,
        design=snakemake.output.design,
    )
