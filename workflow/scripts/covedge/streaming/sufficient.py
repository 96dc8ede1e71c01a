"""The sufficient statistics of an analysis: from all rows at once, or in batches if many."""

import logging

from covedge.effects.modes import level_order
from covedge.frames.analysis import formulas, frame_of
from covedge.grams.gram import build
from covedge.streaming.batches import prepared_batches
from covedge.streaming.stream import Streamed, stream
from covedge.streaming.stream_survey import NeedsAllRows

log = logging.getLogger("fit")

# The model matrices of fewer rows take some 0.3 GB with twenty columns; reading twice costs more
# than that is worth.
BATCHED_FROM = 500_000


def sufficient(data, analysis: dict, batched_from: int = BATCHED_FROM) -> Streamed:
    """The Gram and the terms of the prepared rows in the Parquet file `data`."""
    import pyarrow.parquet as parquet

    about = parquet.read_metadata(data)
    if about.num_rows >= batched_from:
        formula, listed = formulas(analysis)
        names = list(dict.fromkeys(about.schema.to_arrow_schema().names))
        try:
            return stream(prepared_batches(data, names), formula, listed, analysis["weights"])
        except NeedsAllRows as reason:
            log.info("all %d rows are read at once: %s", about.num_rows, reason)
    frame = frame_of(data, analysis)
    order = level_order(frame.codes)
    return Streamed(build(frame), frame.terms, frame.fixed, frame.dropped, order)
