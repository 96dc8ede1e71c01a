"""The combination of a term's effects in which the groups differ least, in every draw.

No single SD needs to be small for a covariance matrix to be nearly singular; this one is. It is
where a sampler gets into trouble.
"""

from collections.abc import Iterator

import numpy as np

from covedge.pages.bayesian.quantities import CELLS, SD, in_cells, name, of_kind
from covedge.pages.draws import Posterior

WEAKEST = "weakest direction"
MEANT = (
    "The weakest direction is the combination of effects in which the groups differ least: its SD, "
    "as a part of the effects’ own."
)
# Below this, as a part of the SDs, a value is rounding.
LEAST = 1e-6


def sizes(posterior: Posterior, run: dict, grouped: bool) -> Iterator[tuple[str, np.ndarray]]:
    """(name, (chains, draws)) of every SD, and of the weakest direction of each term; all > 0."""
    deviations = [p for p in in_cells(of_kind(run, SD)) if p.get("draws") in posterior.draws]
    for group in dict.fromkeys(p["group"] for p in deviations):
        own = [p for p in deviations if p["group"] == group]
        for p in own:
            yield name(p, grouped), np.maximum(posterior.draws[p["draws"]], 1e-300)
        found = weakest(posterior, own)
        if found is not None:
            yield f"{WEAKEST}{f' of {group}' if grouped else ''}", found


def weakest(posterior: Posterior, deviations: list[dict]) -> np.ndarray | None:
    """(chains, draws) its SD, each effect in units of its median SD; None without correlations.

    deviations : the SDs of one term, in one coding.
    """
    q, group = len(deviations), deviations[0]["group"]
    if q < 2:
        return None
    suffix = f"{group}|cells" if deviations[0].get("coding") == CELLS else group
    sd = np.stack([posterior.draws[p["draws"]] for p in deviations], axis=-1)
    R = np.broadcast_to(np.eye(q), (*sd.shape, q)).copy()
    labels = [p["labels"][0] for p in deviations]
    for i, j in zip(*np.tril_indices(q, -1), strict=True):
        drawn = posterior.draws.get(f"correlation|{suffix}[{labels[i]}, {labels[j]}]")
        if drawn is None:
            return None
        R[..., i, j] = R[..., j, i] = drawn
    scaled = sd / np.maximum(np.median(sd, axis=(0, 1)), 1e-300)
    lowest = np.linalg.eigvalsh(scaled[..., :, None] * R * scaled[..., None, :])[..., 0]
    return np.sqrt(np.maximum(lowest, LEAST**2))
