"""Gram and Ladder to files and back: what the fit step hands to the steps after it."""

import numpy as np

from covedge.design import Cells, Term
from covedge.gram import Gram, Scaling
from covedge.jsonio import plain
from covedge.ladder import Ladder, Model
from covedge.structure import Component, Structure


def save_gram(gram: Gram, path) -> None:
    """Write the Gram as .npz."""
    arrays = {
        "n_obs": gram.n_obs,
        "n_fixed": gram.n_fixed,
        "n_terms": len(gram.parents),
        "deepest": gram.deepest,
        "fixed": gram.scaling.fixed,
        "beta": gram.scaling.beta,
        "response": gram.scaling.response,
        "log_weights": gram.scaling.log_weights,
    }
    for name, several in (
        ("parents", gram.parents),
        ("raw", gram.raw),
        ("random", gram.scaling.random),
    ):
        arrays |= {f"{name}{i}": array for i, array in enumerate(several)}
    with open(path, "wb") as file:
        np.savez_compressed(file, **arrays)


def load_gram(path) -> Gram:
    """Read what `save_gram` wrote."""
    with np.load(path) as stored:
        n_terms = int(stored["n_terms"])

        def several(name, count):
            return tuple(stored[f"{name}{i}"] for i in range(count))

        scaling = Scaling(
            stored["fixed"],
            stored["beta"],
            float(stored["response"]),
            several("random", n_terms),
            float(stored["log_weights"]),
        )
        return Gram(
            int(stored["n_obs"]),
            int(stored["n_fixed"]),
            several("parents", n_terms),
            stored["deepest"],
            several("raw", max(n_terms, 1)),
            scaling,
        )


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
