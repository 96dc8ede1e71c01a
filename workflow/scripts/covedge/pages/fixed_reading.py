"""The fixed effects of each rung as they are to be reported: estimate, interval, method.

`intervals/{model}.json` says which method holds on a rung. Where that file is missing there are
only the standard errors of the fit, and the method says so.
"""

from dataclasses import dataclass

from covedge.pages import reading
from covedge.pages.results import Results

KENWARD_ROGER, SATTERTHWAITE, BOOTSTRAP = "Kenward-Roger", "Satterthwaite", "bootstrap"
TWO_ERRORS, NOTHING = "two standard errors", "none"
ABOVE, BELOW, AROUND = "above", "below", "around"
METHODS = {
    "kenward_roger": KENWARD_ROGER,
    "satterthwaite": SATTERTHWAITE,
    "bootstrap": BOOTSTRAP,
}


@dataclass(frozen=True)
class Told:
    """One coefficient on one rung.

    lower, upper : None where the interval has no such end. method : one of METHODS' values,
    TWO_ERRORS or NOTHING.
    """

    estimate: float
    std_error: float | None
    lower: float | None
    upper: float | None
    method: str
    df: float | None = None
    p: float | None = None

    @property
    def side(self) -> str | None:
        """Where the interval lies: ABOVE zero, BELOW it or AROUND it; None where there is none."""
        if self.method == NOTHING:
            return None
        if self.lower is not None and self.lower > 0:
            return ABOVE
        return BELOW if self.upper is not None and self.upper < 0 else AROUND


@dataclass(frozen=True)
class Rung:
    """One rung: its label and state in words, and its coefficients by name.

    counts : whether a conclusion that differs here matters: the rung is sound, or asked for.
    """

    model: str
    label: str
    state: str
    counts: bool
    asked: bool
    told: dict[str, Told]


def rungs(results: Results) -> list[Rung]:
    """The rungs that have a fit, simplest first."""
    asked = results.asked["model"]
    found = []
    for rung in results.ladder:
        fit = results.fits.get(rung["model"])
        if fit is None:
            continue
        state, grouped = reading.state(fit), bool(reading.terms(fit))
        is_asked = rung["model"] == asked
        found.append(
            Rung(
                model=rung["model"],
                label=rung["label"],
                state=state,
                counts=is_asked or (grouped and state == "healthy"),
                asked=is_asked,
                told=_coefficients(fit, records(results, rung["model"])),
            )
        )
    return found


def records(results: Results, model: str) -> dict[str, dict]:
    """By coefficient, what intervals/{model}.json has of it; empty where it has nothing."""
    told = results.intervals.get(model) or {}
    return {row["name"]: row for row in told.get("fixed") or []}


def _coefficients(fit, known):
    return {row["name"]: _told(row, known.get(row["name"])) for row in fit["fixed"]}


def _told(row, record):
    estimate, error = row["estimate"], row["std_error"]
    if not record or "use" not in record:
        reach = 2.0 * (error or 0.0)
        return Told(estimate, error, estimate - reach, estimate + reach, TWO_ERRORS)
    if not record["use"]:
        return Told(estimate, error, None, None, NOTHING)
    used = record[record["use"]]
    return Told(
        estimate,
        used.get("std_error", error),
        used["lower"],
        used["upper"],
        METHODS[record["use"]],
        used.get("df"),
        used.get("p"),
    )


def changed(names: list[str], found: list[Rung]) -> list[str]:
    """Coefficients whose intervals lie differently about zero on the rungs that count."""
    counted = [rung for rung in found if rung.counts]
    return [name for name in names if len(sides(name, counted)) > 1]


def sides(name: str, counted: list[Rung]) -> set[str]:
    """Where the coefficient's intervals lie, seen from zero."""
    return {rung.told[name].side for rung in counted} - {None}
