"""Gram and Ladder to files and back: what the fit step hands to the steps after it."""

from itertools import combinations

import numpy as np

from covedge.frames.design import Cells, Term
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram
from covedge.grams.pairs import Pairs
from covedge.grams.scaling import Scaling
from covedge.jsonio import plain
from covedge.models.ladder import Ladder, Model
from covedge.models.structure import Component, Structure


def save_gram(gram: Gram | CrossedGram, path) -> None:
    """Write the Gram as .npz."""
    scaling = gram.scaling
    arrays = {
        "n_obs": gram.n_obs,
        "n_fixed": gram.n_fixed,
        "crossed": isinstance(gram, CrossedGram),
        "n_terms": len(scaling.random),
        "fixed": scaling.fixed,
        "beta": scaling.beta,
        "response": scaling.response,
        "log_weights": scaling.log_weights,
    } | _several("random", scaling.random)
    arrays |= _crossed(gram) if isinstance(gram, CrossedGram) else _nested(gram)
    with open(path, "wb") as file:
        np.savez_compressed(file, **arrays)


def _several(name, arrays):
    return {f"{name}{i}": array for i, array in enumerate(arrays)}


def _nested(gram):
    return {"deepest": gram.deepest} | _several("parents", gram.parents) | _several("raw", gram.raw)


def _crossed(gram):
    arrays = _several("own", gram.own) | _several("with_fixed", gram.fixed) | {"root": gram.root}
    for (k, j), met in gram.shared.items():
        for name in ("first", "second", "blocks"):
            arrays[f"shared_{k}_{j}_{name}"] = getattr(met, name)
    return arrays


def load_gram(path) -> Gram | CrossedGram:
    """Read what `save_gram` wrote."""
    with np.load(path) as stored:
        n_terms = int(stored["n_terms"])

        def several(name, count=n_terms):
            return tuple(stored[f"{name}{i}"] for i in range(count))

        scaling = Scaling(
            stored["fixed"],
            stored["beta"],
            float(stored["response"]),
            several("random"),
            float(stored["log_weights"]),
        )
        sizes = int(stored["n_obs"]), int(stored["n_fixed"])
        if not stored["crossed"]:
            raw = several("raw", max(n_terms, 1))
            return Gram(*sizes, several("parents"), stored["deepest"], raw, scaling)
        shared = {
            (k, j): Pairs(
                *(stored[f"shared_{k}_{j}_{name}"] for name in ("first", "second", "blocks"))
            )
            for k, j in combinations(range(n_terms), 2)
        }
        fixed = several("with_fixed")
        return CrossedGram(*sizes, several("own"), shared, fixed, stored["root"], scaling)


def ladder_to_json(ladder: Ladder) -> dict:
    """The Ladder as plain values for JSON."""
    return plain(ladder)


def ladder_from_json(stored: dict) -> Ladder:
    """Inverse of `ladder_to_json`."""
    return Ladder(
        tuple(_term(term) for term in stored["terms"]),
        tuple(stored["fixed"]),
        tuple(stored["dropped"]),
        tuple(
            Model(m["name"], m["formula"], tuple(_structure(s) for s in m["structures"]))
            for m in stored["models"]
        ),
    )


def _term(stored):
    cells = stored["cells"]
    return Term(
        group=tuple(stored["group"]),
        effects=tuple(stored["effects"]),
        levels=tuple(stored["levels"]),
        parts={effects: tuple(columns) for effects, columns in stored["parts"].items()},
        intercept=None if stored["intercept"] is None else np.array(stored["intercept"]),
        cells=cells
        and Cells(cells["factor"], tuple(cells["labels"]), np.array(cells["rows"], dtype=float)),
    )


def _structure(stored):
    return Structure(
        stored["name"],
        tuple(
            Component(np.array(c["basis"], dtype=float), c["kind"], c["rank"], c["label"])
            for c in stored["components"]
        ),
    )
