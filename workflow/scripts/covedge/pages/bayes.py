"""The Bayesian refit."""

from covedge.pages.results import Results


def compose(results: Results) -> str:
    return "Not written yet."
