"""Folded away: all quantities, the prior in words, what it would be in R, how it was sampled."""

from covedge.markup import Column, Html, code, escape, fixed, fold, number, table, tabset, text
from covedge.pages.bayesian.quantities import full_name, varies
from covedge.pages.bayesian.runs import Refits, thresholds


def compose(found: Refits) -> str:
    """The folds, in the order of how often they are wanted."""
    runs = fold("The prior, and all numbers", tabset(_run(found, run) for run in _told(found)))
    return "\n".join(["### In detail {#bayes-details}\n", runs, _r(found)])


def _told(found: Refits) -> list[dict]:
    """The main run, its rungs and its other priors; of other forms the numbers are the same."""
    return [found.main, *found.rungs, *found.priors]


def _run(found: Refits, run: dict) -> tuple[str, str]:
    """Which run it is, and what it says."""
    formula = f"{code(run['formula'])}\n\n" if run.get("formula") else ""
    words = run.get("prior_words", [])
    prior = "The prior:\n\n" + "\n".join(f"- {_marked(line)}" for line in words) if words else ""
    title = f"{text(run.get('model') or '–')}, prior {text(run.get('prior') or '–')}"
    return title, f"{formula}{prior}\n\n{_numbers(run, found.grouped)}"


def _marked(line: str) -> str:
    """A sentence whose names of functions stand in backticks; all of it may hold labels."""
    parts = line.split("`")
    if len(parts) % 2 == 0:
        return text(line)
    return "".join(code(part) if k % 2 else _spaced(part) for k, part in enumerate(parts))


def _spaced(part: str) -> str:
    """Text between two names, with the spaces at its ends that `text` takes away."""
    inner = part.strip()
    before, _, after = part.partition(inner) if inner else (part, "", "")
    return before + (text(inner) if inner else "") + after


def _numbers(run: dict, grouped: bool) -> str:
    columns = ["Quantity"]
    columns += [
        Column(head, "num")
        for head in ("Best fit", "Median", "5 %", "95 %", "R-hat", "Bulk ESS", "Tail ESS")
    ]
    rows = [
        (
            Html(f"<bdi>{escape(full_name(p, grouped))}</bdi>"),
            number(p.get("best")),
            number(p.get("q50")),
            number(p.get("q05")),
            number(p.get("q95")),
            number(p.get("rhat"), 4),
            fixed(p.get("ess_bulk"), 0),
            fixed(p.get("ess_tail"), 0),
        )
        for p in run.get("parameters", [])
        if varies(p)
    ]
    return table(columns, rows, "Posterior summary")


def _r(found: Refits) -> str:
    formula = found.main.get("formula") or "formula"
    largest, smallest = thresholds(found.main)
    how = (
        "Fixed and random effects are integrated out exactly (the collapsed form), so the sampler "
        "sees the variances alone; covariance matrices are built from unit vectors, which have no "
        "edge to run into. Sampling is by the no-U-turn sampler of nutpie, in "
        f"{found.main.get('chains', 4)} chains of {found.main.get('draws', '–')} draws after "
        f"{found.main.get('tune', '–')} of tuning; where R-hat is not below {largest:g} and every "
        f"effective sample size above {smallest:g} it is run anew, longer, and the table says "
        "if that did not help. Fixed and random effects are then drawn from their exact "
        "conditional distribution, given each draw."
    )
    rows = [
        ("The refit", f"stan_lmer({formula}, data, prior_covariance = decov())"),
        ("Smaller steps", "stan_lmer(…, adapt_delta = 0.99)"),
        ("Traces and rank plots", "mcmc_trace(fit); mcmc_rank_overlay(fit)"),
        ("Where divergences are", "mcmc_pairs(fit, np = nuts_params(fit))"),
        ("Prior against posterior", "posterior_vs_prior(fit)"),
        ("Sensitivity", "powerscale_sensitivity(fit)"),
        ("Leave one out", "loo_compare(loo(fit1), loo(fit2))"),
        ("R-hat and ESS", "posterior::summarise_draws(fit)"),
    ]
    calls = table(
        ["What", "In R"],
        [(what, Html(f"<code>{escape(call)}</code>")) for what, call in rows],
        "The same in R",
        stacked=True,
    )
    return fold("How this was sampled", how) + fold(
        "What it would be in R",
        "With rstanarm, bayesplot, loo, priorsense and posterior. `stan_lmer` fits the same "
        "likelihood in the non-centred form under the prior `decov()`.\n" + calls,
    )
