"""MIVQUE, the free fit and the scores of the next rungs as parts of fits/{model}.json."""

from covedge.surface.beyond import Beyond, BeyondTerm, Unconstrained
from covedge.surface.next_rung import Score


def free_record(beyond: Beyond) -> dict:
    """`free`: the free fit, with MIVQUE beside it."""
    free = beyond.free
    return _unconstrained(free, "reliability") | {
        "criterion": free.criterion,
        "improvement": free.improvement,
        "reliabilities": free.spectrum,
        "curvature": free.curvature,
        "steps": free.steps,
        "mivque": _unconstrained(beyond.mivque, "ratio") | {"ratios": beyond.mivque.spectrum},
        "seconds": beyond.seconds,
    }


def next_rung_record(beyond: Beyond) -> dict:
    """`next_rungs`: what each richer model promises, or why nothing is said."""
    return {"reason": beyond.reason, "scores": [_score(score) for score in beyond.scores]}


def below_zero(free: dict) -> dict[str, list[float]]:
    """By grouping factor the ratios of MIVQUE that are below zero. free : of `free_record`."""
    terms = free["mivque"]["terms"]
    return {t["group"]: [d["ratio"] for d in t["spectrum"] if d["ratio"] < 0] for t in terms}


def _unconstrained(found: Unconstrained, name: str) -> dict:
    return {
        "status": found.status,
        "reason": found.reason,
        "sigma2": found.sigma2,
        "positive_definite": found.positive_definite,
        "negative": found.negative,
        "terms": [_term(term, name) for term in found.terms],
    }


def _term(term: BeyondTerm, name: str) -> dict:
    return {
        "group": term.term.name,
        "effects": term.term.effects,
        "factor": term.term.cells.factor if term.term.cells is not None else None,
        "covariance": term.G,
        "spectrum": [
            {
                name: d.direction.reliability,
                "state": d.direction.state,
                "direction": d.loadings,
                "cells": d.cells,
            }
            for d in term.spectrum
        ],
    }


def _score(score: Score) -> dict:
    return {
        "model": score.model,
        "added": score.added,
        "predicted": score.predicted,
        "at_least": score.at_least,
        "statistic": score.statistic,
        "df": score.df,
        "p_value": score.p_value,
        "law": score.law,
    }
