"""Posterior modes under blme's own prior, which is improper: why it is not sampled."""

from covedge.markup import Column, Html, escape, fold, number, table, text
from covedge.pages.bayesian.runs import Refits
from covedge.pages.results import FAILED


def compose(found: Refits) -> str:
    """Folded; empty where no mode was asked for."""
    told = [each for each in found.results.modes if each.get("status") != FAILED]
    return "\n".join(
        fold("The default prior of blme: a mode only, and why", _one(found, each)) for each in told
    )


def _one(found: Refits, mode: dict) -> str:
    fit = found.results.fits.get(mode.get("model"), {})
    why = f"It is not sampled: {text(mode['not_sampled'])}. " if mode.get("not_sampled") else ""
    words = (
        f"`blmer()` of blme fits {text(found.results.label(mode.get('model', '–')))} under the "
        f"prior {text(mode.get('prior', '–'))}. {why}It has a highest point all the same, and that "
        "is what `blmer()` reports: by construction off the edge, so that its warning is gone. "
        "**That says nothing about the data**; no interval belongs to it here.\n"
    )
    rows = [
        (
            Html(f"<bdi>{escape(term['group'])}</bdi>: <bdi>{escape(effect)}</bdi>"),
            number(_best(fit, term["group"], effect)),
            number(sd),
        )
        for term in mode.get("terms") or []
        for effect, sd in zip(term["effects"], term["sd"], strict=True)
    ]
    rows.append(("residual (sigma)", number(fit.get("sigma")), number(mode.get("sigma"))))
    columns = ["Standard deviation", Column("Best fit", "num"), Column("Mode", "num")]
    return words + table(columns, rows, "Standard deviations at blme's mode")


def _best(fit: dict, group: str, effect: str) -> float | None:
    term = next((t for t in fit.get("terms", []) if t.get("group") == group), {})
    return dict(zip(term.get("effects", []), term.get("sd", []), strict=True)).get(effect)
