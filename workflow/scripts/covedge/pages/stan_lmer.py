"""stan_lmer's posterior, in its own words and beside ours under the same prior."""

import numpy as np

from covedge.markup import Column, Html, code, count, escape, fixed, fold, number, table, text
from covedge.pages.draws import read_posterior
from covedge.pages.results import FAILED, Results
from covedge.posteriors.agreement import SUMMARIES, Agreement, Summary, agreement, summary
from covedge.posteriors.convergence import RHAT

ENGINE = "rstanarm"
PRIOR = "decov"


def compose(results: Results, answers: dict[str, dict]) -> str:
    """For each model that was sampled: how it went, its messages, its numbers."""
    parts = []
    for model, answer in answers.items():
        label = text(results.label(model))
        if answer.get("status") == FAILED:
            parts.append(f"- Failed {label}: {text(answer['reason'])}.\n")
        elif answer.get("status") != "ok":
            parts.append(f"- Cannot express {label}: {text(answer.get('reason', ''))}.\n")
        else:
            parts.append(_sampled(results, model, answer))
    return "\n".join(parts)


def _sampled(results: Results, model: str, answer: dict) -> str:
    ours, mine = _ours(results, model, answer)
    said = ", ".join(code(words) for words in answer.get("messages", []))
    return (
        f"{_lead(results, model, answer)}\n\n"
        + (f"Its own words: {said}.\n\n" if said else "It gave no warning.\n\n")
        + f"{_beside(ours, answer)}\n\n"
        + fold("Its numbers", _numbers(answer, mine))
    )


def _lead(results: Results, model: str, answer: dict) -> str:
    chains = count(answer["chains"], "chain")
    divergent = count(answer["divergences"], "divergent transition")
    trusted = answer["max_rhat"] < RHAT and not answer["divergences"]
    words = (
        f"{code('stan_lmer')} drew {chains} of {answer['draws']} draws of "
        f"{text(results.label(model))} in {number(answer['seconds'], 2)} seconds: {divergent}, "
        f"largest R-hat {fixed(answer['max_rhat'], 3)}, smallest effective sample size "
        f"{fixed(min(answer['min_ess_bulk'], answer['min_ess_tail']), 0)}. "
    )
    words += "By these its chains can be trusted. " if trusted else "Treat its numbers with care. "
    return words + (
        "What it gives is a posterior. No point of that is meant to be the optimum of the "
        "likelihood, so the certificate is not applied to it."
    )


def _ours(results: Results, model: str, answer: dict) -> tuple[Agreement | None, Summary | None]:
    """Our posterior under rstanarm's prior beside its own; None where there is none to compare."""
    told = results.analysis.get("bayes", {}).get("hyperparameters", {}).get(PRIOR)
    record = next(
        (
            p
            for p in results.posterior
            if (p.get("model"), p.get("prior"), p.get("status")) == (model, PRIOR, "ok")
        ),
        None,
    )
    path = record and results.draws.get((model, PRIOR, record["parametrization"]))
    if told or not path:
        return None, None
    draws = read_posterior(path).draws
    names = {p["name"] for p in answer["parameters"]}
    shared = [p for p in record["parameters"] if p["name"] in names and p["draws"] in draws]
    if not shared:
        return None, None
    values = np.stack([draws[p["draws"]] for p in shared], axis=-1)
    mine = summary([p["name"] for p in shared], values)
    return agreement(mine, _theirs(answer)), mine


def _theirs(answer: dict) -> Summary:
    rows = answer["parameters"]

    def column(row_of):
        return {w: np.array([row_of(row)[w] for row in rows], dtype=float) for w in SUMMARIES}

    names = tuple(row["name"] for row in rows)
    return Summary(names, column(lambda row: row), column(lambda row: row["errors"]))


def _beside(found: Agreement | None, answer: dict) -> str:
    if found is None:
        return (
            "There is no posterior of ours under the same prior (decov, as it comes) to hold it "
            "against."
        )
    distance = (
        f"of {found.numbers} means, SDs and quantiles the largest difference is "
        f"{number(found.largest, 2)} Monte Carlo standard errors ({text(found.where)}), where "
        f"chance alone goes up to {number(found.limit, 2)}"
    )
    if found.agree:
        return f"It is the posterior of [our refit under decov](#bayes): {distance}."
    blame = ", as its divergent transitions let one expect" if answer["divergences"] else ""
    return f"It differs from [our refit under decov](#bayes){blame}: {distance}."


def _numbers(answer: dict, mine: Summary | None) -> str:
    columns = [
        "Quantity",
        Column("Mean", "num"),
        Column("SD", "num"),
        Column("5 to 95 %", "num"),
        Column("R-hat", "num"),
        Column("Ours, 5 to 95 %", "num"),
    ]
    rows = [
        (
            Html(f"<bdi>{escape(row['name'])}</bdi>"),
            number(row["mean"]),
            number(row["sd"], 2),
            f"{number(row['q05'])} to {number(row['q95'])}",
            fixed(row["rhat"], 3),
            _interval(mine, row["name"]),
        )
        for row in answer["parameters"]
    ]
    return table(columns, rows, "The posterior of stan_lmer", cards=True)


def _interval(mine: Summary | None, name: str) -> str:
    if mine is None or name not in mine.names:
        return "–"
    at = mine.names.index(name)
    return f"{number(mine.estimates['q05'][at])} to {number(mine.estimates['q95'][at])}"
