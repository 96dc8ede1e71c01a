"""An analysis as its slice of the config has it: its formulas, and its model frame."""

import pandas as pd

from covedge.formulas.formula import Formula, parse
from covedge.frames.design import ModelFrame, model_frame


def formulas(analysis: dict) -> tuple[Formula, list[Formula]]:
    """The formula asked for, and those that `ladder` lists (none where it is `auto`)."""
    listed = [] if analysis["ladder"] == "auto" else analysis["ladder"]
    return parse(analysis["formula"]), [parse(text) for text in listed]


def frame_of(data, analysis: dict) -> ModelFrame:
    """The model frame of the prepared rows in the Parquet file `data`."""
    formula, listed = formulas(analysis)
    return model_frame(pd.read_parquet(data), formula, listed, analysis["weights"])
