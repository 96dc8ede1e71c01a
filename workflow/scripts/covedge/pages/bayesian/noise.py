"""What a good trace looks like, and what a bad one: the same quantity in two forms of one model."""

from dataclasses import dataclass

import numpy as np

from covedge.figures.chains import good_and_bad
from covedge.figures.style import svg
from covedge.markup import count, figure, fixed, number, text
from covedge.pages.bayesian.quantities import FORMS
from covedge.pages.bayesian.runs import Refits
from covedge.pages.bayesian.weakest import MEANT, WEAKEST, sizes

# A failure that R-hat puts below this is not plain to the eye.
PLAIN = 1.05
# One run has missed a region that makes up this part of the other's draws, or more.
MISSED = 0.02


@dataclass(frozen=True)
class Chosen:
    """The quantity that is drawn. draws, ess : of the main run, and of the example if there is one.

    draws : (chains, draws) each; ess : the smaller of bulk and tail effective sample sizes.
    """

    name: str
    draws: tuple[np.ndarray, ...]
    ess: tuple[float, ...]


def compose(found: Refits) -> str:
    """The words, the figure of one quantity in both runs, and what it shows."""
    heading = "### Noise is what a good trace looks like {#bayes-noise}\n\n"
    words = (
        "A trace shows the value at every draw. **If it looks like random noise, be glad**: each "
        "draw has then forgotten the one before, and all chains walk over the same range. Worry "
        "about a trace that has a *shape*: one that stands still for a while (it sticks), climbs "
        "and falls slowly (it wanders), keeps apart from the others, or ends at a floor that "
        "others go through. A rank plot says the same more sharply: it counts how often each chain "
        "is among the lowest, the next lowest … of all draws, and good is every line near “even”."
    )
    chosen = _chosen(found)
    if chosen is None:
        return f"{heading}{words}\n"
    return f"{heading}{words}\n\n{_contrast(found, chosen)}\n" + _figure(found, chosen)


def _runs(found: Refits) -> list[dict]:
    """The main run, and the example if its draws are there and of the same posterior."""
    example, main = found.example or {}, found.main
    same = all(example.get(key) == main.get(key) for key in ("model", "prior"))
    return [main, example] if same and found.posterior(example).draws else [main]


def _chosen(found: Refits) -> Chosen | None:
    """Of all SDs and weakest directions the one that mixed worst in the last of the runs."""
    told = [dict(sizes(found.posterior(run), run, found.grouped)) for run in _runs(found)]
    shared = [name for name in told[0] if all(name in each for each in told)]
    if not shared:
        return None
    worst = min(shared, key=lambda name: _ess(told[-1][name]))
    draws = tuple(each[worst] for each in told)
    return Chosen(worst, draws, tuple(map(_ess, draws)))


def _ess(values: np.ndarray) -> float:
    from arviz_stats.base import array_stats

    axes = {"chain_axis": 0, "draw_axis": 1}
    if np.ptp(values) == 0:
        return np.inf
    return min(
        float(array_stats.ess(values, method="bulk", **axes)),
        float(array_stats.ess(values, method="tail", prob=(0.05, 0.95), **axes)),
    )


def _contrast(found: Refits, chosen: Chosen) -> str:
    example = found.example
    if example is None or len(chosen.draws) < 2:
        return "No run of a form that fails was kept here to compare with."
    form = _form(example)
    what = f"{'the ' if chosen.name.startswith(WEAKEST) else ''}{text(chosen.name)}"
    runs = (
        f"Below, {what} in two runs that have the same data, the same prior and so the same "
        "posterior. They differ only in the form in which the model was given to the sampler: "
        f"{_form(found.main)} and {form}."
    )
    if example.get("converged") and not example.get("divergences"):
        return (
            f"{runs} As it happens, the {form} form converged as well, so both sides are noise: "
            "with these data there is no deep funnel. With others there would be."
        )
    told = [runs, _numbers(chosen, form), _missed(chosen, form), _eye(found)]
    return " ".join(filter(None, told))


def _numbers(chosen: Chosen, form: str) -> str:
    (good, bad), n = chosen.ess, chosen.draws[1].size
    worth = f"Its {n} draws in the {form} form are worth {bad:.0f} independent ones"
    return f"{worth}, {good:.0f} in the other."


def _missed(chosen: Chosen, form: str) -> str:
    """Whether the example never came where the main run often was: below its own smallest value."""
    good, bad = chosen.draws
    share = (good < bad.min()).mean()
    if share < MISSED:
        return ""
    return (
        f"**It never came below {number(bad.min(), 2)}, where {100 * share:.0f} % of the other "
        f"run’s draws are**: a part of the posterior is missing from the {form} form."
    )


def _eye(found: Refits) -> str:
    rhat = found.example.get("max_rhat")
    if rhat is None:
        return ""
    other = found.main.get("max_rhat")
    told = f"(its largest R-hat is {fixed(rhat, 3)}, the other’s {fixed(other, 3)})"
    if rhat < PLAIN:
        return (
            f"To the eye the two differ less than that {told}: this is why chains are judged by "
            "numbers, and why divergences count."
        )
    return f"Its chains do not agree with each other {told}."


def _form(run: dict) -> str:
    return FORMS.get(run.get("parametrization"), text(run.get("parametrization", "–")))


def _figure(found: Refits, chosen: Chosen) -> str:
    runs = _runs(found)
    posteriors = [found.posterior(run) for run in runs]
    forms = [FORMS.get(run.get("parametrization"), run.get("parametrization")) for run in runs]
    titles = [f"{form}: {_verdict(run)}" for form, run in zip(forms, runs, strict=True)]
    drawn = good_and_bad(titles, chosen.draws, [p.divergent for p in posteriors], chosen.name)
    marked = any(p.divergent is not None and p.divergent.any() for p in posteriors)
    ticks = " Orange ticks below a trace are its divergent transitions." if marked else ""
    meant = f" {MEANT}" if chosen.name.startswith(WEAKEST) else ""
    sides = "Left good, right bad. " if _differ(runs) else ""
    return figure(
        svg(drawn, "good-and-bad"),
        f"{sides}Traces above (on a logarithmic axis), rank plots below; a colour is a chain. Look "
        "for colours that cover each other everywhere (good), and for flat stretches, slow waves, "
        f"floors and a colour on its own (bad).{ticks}{meant}",
        f"Traces and rank plots of {chosen.name}: {', '.join(titles)}; effective sample sizes "
        f"{' and '.join(f'{ess:.0f}' for ess in chosen.ess)}.",
    )


def _verdict(run: dict) -> str:
    divergent = run.get("divergences") or 0
    told = "converged" if run.get("converged") else "not converged"
    return f"{told}, {count(divergent, 'divergence')}" if divergent else told


def _differ(runs: list[dict]) -> bool:
    return len(runs) == 2 and bool(runs[0].get("converged")) and not runs[1].get("converged")
