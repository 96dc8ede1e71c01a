"""What a good trace looks like, and what a bad one: the same quantity in two forms of one model."""

from covedge.figures.chains import good_and_bad
from covedge.figures.style import svg
from covedge.markup import count, figure, fixed, text
from covedge.pages.bayesian.quantities import CORRELATION, SD, full_name, of_kind, smallest
from covedge.pages.bayesian.runs import Refits, smallest_ess

FORMS = {"collapsed": "collapsed", "noncentred": "non-centred", "centred": "centred"}


def compose(found: Refits) -> str:
    """The words, the figure of one quantity in both runs, and what it shows."""
    heading = "### Noise is what a good trace looks like {#bayes-noise}\n\n"
    words = (
        "A trace shows the value at every draw. **If it looks like random noise, be glad**: each "
        "draw has then forgotten the one before, and all chains walk over the same range. Worry "
        "about a trace that has a *shape*: one that stands still for a while (it sticks), climbs "
        "and falls slowly (it wanders), or keeps apart from the others. A rank plot says the same "
        "more sharply: it counts how often each chain is among the lowest, the next lowest … of "
        "all draws, and good is every line near “even”."
    )
    chosen = _chosen(found)
    if chosen is None:
        return f"{heading}{words}\n"
    return f"{heading}{words} {_contrast(found, chosen)}\n" + _figure(found, chosen)


def _chosen(found: Refits) -> dict | None:
    """The quantity that mixed worst in the example (or in the main run), among SDs if possible."""
    good, bad = found.posterior(found.main), found.posterior(found.example)
    run = found.example if bad.draws else found.main
    for kinds in ((SD,), (CORRELATION, "sigma", "fixed")):
        drawn = [
            p
            for p in of_kind(run, *kinds)
            if p.get("draws") in good.draws and (not bad.draws or p["draws"] in bad.draws)
        ]
        if drawn:
            return min(drawn, key=smallest)
    return None


def _contrast(found: Refits, chosen: dict) -> str:
    example = found.example
    if example is None:
        return "No run of a form that fails was kept here to compare with."
    form = FORMS.get(example.get("parametrization"), text(example.get("parametrization", "–")))
    runs = (
        f"Below, {text(full_name(chosen, found.grouped))} in two runs that have the same data, the "
        "same prior and so the same posterior. They differ only in the form in which the model "
        f"was given to the sampler: {_form(found)} and {form}."
    )
    if example.get("converged"):
        return (
            f"{runs} As it happens, the {form} form converged as well, so both sides are noise: "
            "with these data there is no deep funnel. With others there would be."
        )
    return (
        f"{runs} The {form} form did not converge: its smallest effective sample size is "
        f"{fixed(smallest_ess(example), 0)} of {_draws(example)} draws (left: "
        f"{fixed(smallest_ess(found.main), 0)} of {_draws(found.main)}), its largest R-hat "
        f"{fixed(example.get('max_rhat'), 2)} (left: {fixed(found.main.get('max_rhat'), 3)})."
    )


def _form(found: Refits) -> str:
    return FORMS.get(found.main.get("parametrization"), "the main")


def _draws(run: dict) -> int:
    return (run.get("chains") or 0) * (run.get("draws") or 0)


def _figure(found: Refits, chosen: dict) -> str:
    runs = [found.main]
    if found.posterior(found.example).draws:
        runs.append(found.example)
    posteriors = [found.posterior(run) for run in runs]
    what = full_name(chosen, found.grouped)
    forms = [FORMS.get(run.get("parametrization"), run.get("parametrization")) for run in runs]
    drawn = good_and_bad(
        [f"{form}: {_verdict(run)}" for form, run in zip(forms, runs, strict=True)],
        [p.draws[chosen["draws"]] for p in posteriors],
        [p.divergent for p in posteriors],
        what,
    )
    marked = any(p.divergent is not None and p.divergent.any() for p in posteriors)
    ticks = " Orange ticks below a trace are its divergent transitions." if marked else ""
    states = [f"{form} {_verdict(run)}" for form, run in zip(forms, runs, strict=True)]
    sides = "Left good, right bad. " if _differ(runs) else ""
    return figure(
        svg(drawn, "good-and-bad"),
        f"{sides}Traces above, rank plots below; a colour is a chain. Look for colours that cover "
        "each other everywhere (good), and for flat stretches, slow waves and a colour on its own "
        f"(bad).{ticks}",
        f"Traces and rank plots of {what}: {', '.join(states)}; smallest effective sample sizes "
        f"{' and '.join(fixed(smallest_ess(run), 0) for run in runs)}.",
    )


def _verdict(run: dict) -> str:
    divergent = run.get("divergences") or 0
    told = "converged" if run.get("converged") else "not converged"
    return f"{told}, {count(divergent, 'divergence')}" if divergent else told


def _differ(runs: list[dict]) -> bool:
    return len(runs) == 2 and bool(runs[0].get("converged")) and not runs[1].get("converged")
