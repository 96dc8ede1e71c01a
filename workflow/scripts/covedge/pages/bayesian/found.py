"""What the records say in few numbers: ranks, and which quantities the prior decides."""

from covedge.pages.bayesian.quantities import SD, in_cells, of_kind
from covedge.pages.bayesian.runs import Refits

# A priori sensitive: power scaling by this distance or more (Kallioinen et al. 2024, Statistics
# and Computing 34, 57, the default of priorsense).
SENSITIVE = 0.05
# Two posteriors differ when their medians are this many of the wider one's SDs apart.
DIFFERENT = 0.5


def likeliest(chances: list[float]) -> int:
    """The most probable number of directions."""
    return max(range(len(chances)), key=chances.__getitem__)


def best_rank(found: Refits, group: str) -> int | None:
    """How many directions the best fit of the main model has in this term; None if unknown."""
    fit = found.results.fits.get(found.main.get("model"), {})
    term = next((t for t in fit.get("terms", []) if t.get("group") == group), {})
    return term.get("rank")


def sensitive(run: dict) -> tuple[list[dict], list[dict]]:
    """(prior against data, prior instead of data): entries of the power scaling.

    Of the first both matter and pull apart; of the second the data hardly matter.
    """
    moved = [s for s in run.get("sensitivity") or [] if (s.get("prior") or 0.0) >= SENSITIVE]
    weak = [s for s in moved if (s.get("likelihood") or 0.0) < SENSITIVE]
    return [s for s in moved if s not in weak], weak


def named(run: dict, entry: dict) -> dict:
    """The parameter that an entry of the power scaling is about."""
    return next(
        (p for p in run.get("parameters", []) if p.get("name") == entry.get("name")),
        {"name": entry.get("name", "–")},
    )


def shown(run: dict, entries: list[dict]) -> list[dict]:
    """Parameters of these entries: SDs in the coding that the page shows, and what is no SD."""
    parameters = [named(run, entry) for entry in entries]
    deviations = {p["name"] for p in in_cells(of_kind(run, SD))}
    return [p for p in parameters if p.get("kind") != SD or p["name"] in deviations]


def moves(found: Refits) -> list[tuple[dict, float, list[float]]]:
    """(SD, distance, medians) of those that another prior moves; medians in `priors`' order.

    The distance is between the two medians furthest apart, in SDs of the wider posterior.
    """
    moved = []
    for parameter in in_cells(of_kind(found.main, SD)):
        same = [parameter, *(twin(run, parameter) for run in found.priors)]
        same = [p for p in same if p.get("q50") is not None]
        if len(same) < 2:
            continue
        medians = [p["q50"] for p in same]
        width = max((p.get("sd") or 0.0 for p in same), default=0.0)
        distance = (max(medians) - min(medians)) / width if width > 0 else 0.0
        moved.append((parameter, distance, medians))
    return moved


def twin(run: dict, parameter: dict) -> dict:
    """The same quantity in another run; empty if it has none."""
    return next((p for p in run.get("parameters", []) if p["name"] == parameter["name"]), {})
