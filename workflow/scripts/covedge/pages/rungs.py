"""The rungs of the ladder in words: what each one is called, and the question that it asks."""

import re

# By the word in a model's name (models.ladder.RUNGS): what it is called, and why it is there.
_WORDS = {
    "fixed": ("no random effects", "What would one say if groups did not matter at all?"),
    "intercept": ("intercepts", "Do these groups differ in their overall level?"),
    "compound": ("compound symmetry", "Do they also differ in their pattern, all effects alike?"),
    "diagonal": ("uncorrelated slopes", "How much does each effect vary, taken by itself?"),
    "blocks": ("blocks of slopes", "Do effects vary together within blocks?"),
    "rank": ("slopes of limited rank", "Do the effects vary together, in a few ways only?"),
    "full": ("correlated slopes", "Do the effects vary together, in any way?"),
    "reduced": ("without what collapsed", "The singular fit, said as the model that it is."),
    "asked": ("as asked for", "The formula that you asked for."),
}
_FEWER = "Do fewer directions do, of those in which the richest model lets groups differ?"
_STRUCTURES = {"compound": "compound symmetry", "rank": "rank d"}


def rungs(ladder: dict | list) -> list[dict]:
    """`model`, `formula`, `label` and `why` of each rung, simplest first.

    ladder : the content of ladder.json.
    """
    if isinstance(ladder, list):
        return [{"label": rung["model"], "why": ""} | rung for rung in ladder]
    return [_rung(model, ladder["terms"]) for model in ladder["models"]]


def _rung(model: dict, terms: list[dict]) -> dict:
    kind = model["name"].split("-")[1]
    if ranks := re.search(r"-rank([0-9-]+)$", model["name"]):
        # Beside the richest model, the fit of limited rank; its ranks term by term.
        label = f"rank {ranks[1].replace('-', ' and ')}"
        return {"model": model["name"], "formula": model["formula"], "label": label, "why": _FEWER}
    label, why = _WORDS.get(kind, (model["name"], ""))
    level = _level(model, terms, _STRUCTURES.get(kind, kind))
    label = f"{label}: {level}" if level and len(terms) > 1 else label
    label = f"{label} alone" if "-only-" in model["name"] else label
    return {"model": model["name"], "formula": model["formula"], "label": label, "why": why}


def _level(model: dict, terms: list[dict], structure: str) -> str:
    """The deepest grouping factor that has this structure: the one that the rung adds."""
    held = zip(terms, model["structures"], strict=True)
    found = [term["group"][-1] for term, each in held if each["name"] == structure]
    return found[-1] if found else ""
