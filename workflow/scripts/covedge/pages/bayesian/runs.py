"""The runs of the sampling step, sorted by what they are for."""

from dataclasses import dataclass, field

from covedge.pages.draws import Posterior, read_posterior
from covedge.pages.results import FAILED, Results

MAIN, RUNG, PRIOR, FORM = "main", "rung", "prior", "form"
# Numbers by which chains are judged where a record does not say: R-hat, ESS, and E-BFMI.
RHAT, ESS, E_BFMI = 1.01, 400, 0.3


@dataclass(frozen=True)
class Refits:
    """Runs that ended, by role; each list is in the order in which it is to be shown.

    main : the run that the section is about. rungs, priors, forms : other models, other priors
    for its model, other forms of its posterior. example : what failure looks like, or None.
    failed : runs that did not end. posteriors : what was read of a run's draws, by `key`.
    unread : why others could not be read.
    """

    results: Results
    main: dict
    rungs: list[dict] = field(default_factory=list)
    priors: list[dict] = field(default_factory=list)
    forms: list[dict] = field(default_factory=list)
    example: dict | None = None
    failed: list[dict] = field(default_factory=list)
    posteriors: dict[tuple, Posterior] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[dict]:
        """Every run that ended, the example last."""
        return [self.main, *self.rungs, *self.priors, *self.forms] + (
            [self.example] if self.example else []
        )

    def label(self, run: dict) -> str:
        """What the run's model is called."""
        return self.results.label(run.get("model", "–"))

    def posterior(self, run: dict | None) -> Posterior:
        """The draws of a run; without any where they are not there."""
        return self.posteriors.get(key(run or {}), Posterior({}))

    @property
    def grouped(self) -> bool:
        """Whether names must say which grouping factor they belong to."""
        return len({p.get("group") for p in self.main.get("parameters", [])} - {None}) > 1


def key(run: dict) -> tuple:
    return run.get("model"), run.get("prior"), run.get("parametrization")


def sort(results: Results) -> Refits | None:
    """None where no run ended. Draws are read for the main run, its other forms and the example."""
    good = [run for run in results.posterior if run.get("status") != FAILED]
    if not good:
        return None
    order = {rung["model"]: place for place, rung in enumerate(results.ladder)}
    good.sort(key=lambda run: order.get(run.get("model"), -1), reverse=True)
    main = next((run for run in good if run.get("role") == MAIN), good[0])
    roles: dict[str, list[dict]] = {RUNG: [], PRIOR: [], FORM: []}
    for run in good:
        if run is not main:
            roles[_role(run, main)].append(run)
    example = next(iter(results.examples), None)
    found = Refits(
        results,
        main,
        roles[RUNG],
        roles[PRIOR],
        roles[FORM],
        example,
        [run for run in results.posterior if run.get("status") == FAILED],
    )
    for run in (main, *found.forms, *results.examples):
        _read(found, run)
    return found


def _role(run, main) -> str:
    """As recorded, or told from how the run differs from the main one."""
    if run.get("role") in (RUNG, PRIOR, FORM):
        return run["role"]
    if run.get("model") != main.get("model"):
        return RUNG
    return PRIOR if run.get("prior") != main.get("prior") else FORM


def _read(found: Refits, run: dict) -> None:
    path = found.results.draws.get(key(run))
    if path is None:
        return
    try:
        found.posteriors[key(run)] = read_posterior(path)
    except Exception as error:
        found.unread.append(f"{path.name}: {error}")


def smallest_ess(run: dict) -> float | None:
    """The smaller of the smallest bulk and tail effective sample sizes."""
    found = [run.get(key) for key in ("min_ess_bulk", "min_ess_tail")]
    return min((value for value in found if value is not None), default=None)


def thresholds(run: dict) -> tuple[float, float]:
    """(largest R-hat, smallest ESS) that the run was judged by."""
    told = run.get("thresholds") or {}
    return told.get("rhat", RHAT), told.get("ess", ESS)
