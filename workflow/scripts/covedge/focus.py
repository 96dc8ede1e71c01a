"""Which rung is looked at, and where the ladder breaks."""


def focus(fits: list[dict]) -> dict:
    """The richest rung that is identifiable: what is looked at where the asked-for model is not."""
    return next((fit for fit in reversed(fits) if fit["identifiable"]), fits[0])


def breaks(fits: list[dict]) -> dict | None:
    """The first rung of the ladder that is degenerate or not identifiable."""
    return next((fit for fit in fits if fit["degenerate"] or not fit["identifiable"]), None)
