"""apVar at nlme's own answer, where R was there to give one: a row and a paragraph."""

from covedge.markup import Html, code, code_html, count, escape, number, text
from covedge.pages import reading
from covedge.pages.engine_table import SAME
from covedge.pages.results import FAILED, Results

BOWL = "positive definite"


def rows(results: Results) -> list[tuple]:
    """One row for the table of the three matrices, or none."""
    answer = _answer(results)
    if not answer.get("apvar"):
        return []
    return [
        (
            Html("<b>apVar</b> where nlme stopped"),
            f"the same matrix at nlme’s own answer, {_place(answer)}",
            _here(answer["apvar"]),
            Html(
                "The same; but nlme stopped above the optimum, and so it tells of the point where "
                "it stopped, and not of the best fit."
                if _short(answer)
                else "The same."
            ),
        )
    ]


def words(results: Results) -> str:
    """What nlme answered, and what apVar is there, as an item of a list; empty without nlme."""
    answer = _answer(results)
    if answer.get("status") == FAILED:
        return f"- **nlme** was asked and gave no answer: {text(answer['reason'])}.\n"
    if not answer.get("apvar"):
        return ""
    own, exact = answer["apvar"]["own_words"], answer["apvar"]
    told = f"nlme {text(answer['version'])} stopped {_place(answer)}"
    if answer.get("settings"):
        told += f", and that only with {code(answer['settings'])}: its defaults ended in an error"
    told += f". Its own word on apVar is {code(own)}."
    if exact["state"] == "none":
        told += f" {text(' '.join(exact['words']))}"
    elif exact["positive_definite"] != (own == BOWL):
        told += (
            " By exact derivatives at the same point it is "
            f"{'' if exact['positive_definite'] else 'not '}{BOWL}: nlme takes differences, and "
            "their rounding decided."
        )
    elif own != BOWL:
        told += f" That is so by exact derivatives too. {text(_direction(exact))}"
    else:
        told += " That is so by exact derivatives too."
    if own == BOWL and _short(answer) and _best(results) is False:
        told += (
            " So intervals() prints intervals, though at the best fit there are none: they belong "
            "to the point where nlme stopped. Do not use them."
        )
    return f"- **apVar where nlme stopped:** {told.strip()}\n"


def _direction(exact: dict) -> str:
    """What the words add to the verdict, which nlme has given already."""
    return " ".join(exact["words"][1:])


def _answer(results: Results) -> dict:
    return results.engines.get("nlme", {}).get(results.asked["model"], {})


def _best(results: Results) -> bool | None:
    """Whether apVar is positive definite at the certified optimum; None where it is not known."""
    record = results.intervals.get(results.asked["model"]) or {}
    return (record.get("apvar") or {}).get("positive_definite")


def _short(answer: dict) -> bool:
    return answer["distance"] >= SAME


def _place(answer: dict) -> str:
    if _short(answer):
        return f"{number(answer['distance'])} above the certified optimum"
    return "at the certified optimum"


def _here(exact: dict) -> Html:
    own = f"nlme says {code_html(exact['own_words'])}"
    if exact["eigenvalues"] is None:
        return Html(f"{escape(' '.join(exact['words']))} {own}")
    values = exact["eigenvalues"]
    below, zero = reading.signs(values)
    if below or zero:
        told = f"{count(below, 'eigenvalue')} of the curvature below zero, {zero} at zero"
    else:
        told = "all eigenvalues of the curvature are above zero"
    return Html(f"{len(values)} × {len(values)}; {told}; {own}")
