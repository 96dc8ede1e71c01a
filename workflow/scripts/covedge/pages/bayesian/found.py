"""What the records say in few numbers: ranks, and which quantities the prior decides."""

from dataclasses import dataclass

from covedge.pages.bayesian.quantities import SD, in_cells, of_kind, once
from covedge.pages.bayesian.runs import Refits

# Sensitive to the prior: power scaling moves the posterior by this or more, per doubling
# (Kallioinen and others, 2024, Statistics and Computing 34, 57; priorsense's default).
SENSITIVE = 0.05
# Two posteriors differ when their medians are this many of the wider one's SDs apart.
DIFFERENT = 0.5
# The data have said much of an SD when its posterior's 90 % are this part of the prior's, or less.
NARROW = 0.33


def likeliest(chances: list[float]) -> int:
    """The most probable number of directions."""
    return max(range(len(chances)), key=chances.__getitem__)


def best_rank(found: Refits, group: str) -> int | None:
    """How many directions the best fit of the main model has in this term; None if unknown."""
    return best_term(found, group).get("rank")


def best_term(found: Refits, group: str) -> dict:
    """The term in the best fit of the main model; empty if it is not there."""
    fit = found.results.fits.get(found.main.get("model"), {})
    return next((t for t in fit.get("terms", []) if t.get("group") == group), {})


def sensitive(run: dict) -> tuple[list[dict], list[dict]]:
    """(prior and data, prior alone): entries of the power scaling that the prior moves.

    Of the first the data move the posterior too; of the second they hardly do. What a number may
    seem to move by chance does not count.
    """
    moved = [s for s in run.get("sensitivity") or [] if _counts(s, "prior")]
    both = [s for s in moved if _counts(s, "likelihood")]
    return both, [s for s in moved if s not in both]


def _counts(entry: dict, part: str) -> bool:
    noise = (entry.get("noise") or {}).get(part) or 0.0
    return (entry.get(part) or 0.0) >= max(SENSITIVE, noise)


def named(run: dict, entry: dict) -> dict:
    """The parameter that an entry of the power scaling is about."""
    return next(
        (p for p in run.get("parameters", []) if p.get("name") == entry.get("name")),
        {"name": entry.get("name", "–")},
    )


def shown(run: dict, entries: list[dict]) -> list[dict]:
    """Parameters of these entries: SDs in the coding that the page shows, and what is no SD."""
    parameters = [named(run, entry) for entry in entries]
    deviations = {p["name"] for p in once(in_cells(of_kind(run, SD)))}
    return [p for p in parameters if p.get("kind") != SD or p["name"] in deviations]


def moves(found: Refits) -> list[tuple[dict, float, list[float]]]:
    """(SD, distance, medians) of each SD under all priors; medians in the order of the runs.

    The distance is between the two medians furthest apart, in SDs of the wider posterior.
    """
    moved = []
    for parameter in once(in_cells(of_kind(found.main, SD))):
        same = [parameter, *(twin(run, parameter) for run in found.priors)]
        same = [p for p in same if p.get("q50") is not None]
        if len(same) < 2:
            continue
        medians = [p["q50"] for p in same]
        width = max(p.get("sd") or 0.0 for p in same)
        distance = (max(medians) - min(medians)) / width if width > 0 else 0.0
        moved.append((parameter, distance, medians))
    return moved


def twin(run: dict, parameter: dict) -> dict:
    """The same quantity in another run; empty if it has none."""
    return next((p for p in run.get("parameters", []) if p["name"] == parameter["name"]), {})


def narrowing(parameters: list[dict]) -> list[tuple[dict, float]]:
    """(parameter, width of its posterior's 90 % as a part of its prior's), where both are known."""
    return [
        (p, (p["q95"] - p["q05"]) / (p["prior"]["q95"] - p["prior"]["q05"]))
        for p in parameters
        if p.get("prior") and p.get("q95") is not None and p["prior"]["q95"] > p["prior"]["q05"]
    ]


@dataclass(frozen=True)
class Moved:
    """SDs in which the prior has a say: by scaling this prior, and under other priors.

    tried : whether each was tried at all.
    """

    by_scaling: list[dict]
    by_others: list[dict]
    tried: tuple[bool, bool]

    @property
    def all(self) -> list[dict]:
        """Each once."""
        return [*self.by_others, *(p for p in self.by_scaling if p not in self.by_others)]


def moved_by_prior(found: Refits) -> Moved:
    """Of the SDs that the page shows."""
    both, alone = sensitive(found.main)
    names = {p["name"] for p in shown(found.main, [*both, *alone])}
    sds = once(in_cells(of_kind(found.main, SD)))
    return Moved(
        [p for p in sds if p["name"] in names],
        [p for p, distance, _ in moves(found) if distance > DIFFERENT],
        (bool(found.main.get("sensitivity")), bool(found.priors)),
    )
