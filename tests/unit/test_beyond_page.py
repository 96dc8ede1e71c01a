"""Beyond the edge, on the page: what is negative, and whether chance makes as much."""

from types import SimpleNamespace

from covedge.pages.beyond import compose

# A name from the data is raw HTML on the page.
OF_G = "of `<bdi>g</bdi>`{=html} it is"


def page(group, causes, pushes):
    spectrum = [{"state": "negative", "cells": None, "direction": {"(Intercept)": 1.0}}]
    mivque = {"status": "found", "terms": [{"group": group, "spectrum": spectrum}]}
    spectrum[0]["ratio"] = -0.25
    free = {"status": "none", "reason": "it falls without bound", "terms": [], "mivque": mivque}
    simulated = {name: {"push": {"p": p, "replicates": 500}} for name, p in pushes.items()}
    return compose(
        SimpleNamespace(
            focus={"free": free},
            ladder=[],
            fits={},
            verdict={"causes": causes, "simulated": simulated},
        )
    )


def test_what_is_beyond_chance_is_not_called_usual():
    told = page("g", [{"cause": "negative_covariance", "group": "g"}], {"g": 0.002, "h": 0.4})
    assert f"{OF_G} more than chance makes (p = 0.0020)." in told
    assert "of `<bdi>h" not in told


def test_what_chance_makes_is_said_to_be_no_more():
    told = page("g", [{"cause": "negative_covariance", "group": "h"}], {"g": 0.3, "h": 0.002})
    assert f"{OF_G} no more than chance makes (p = 0.30)." in told


def test_without_simulations_nothing_is_said_of_chance_but_that_it_is_usual():
    told = page("g", [], {})
    assert "usual where there is no effect" in told
    assert "Simulated" not in told
