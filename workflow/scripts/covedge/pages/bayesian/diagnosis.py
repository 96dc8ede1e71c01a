"""Can the chains be trusted: every run by every number, rank plots, energy, and the other forms."""

import numpy as np

from covedge.figures.chains import chains
from covedge.figures.energy import energy
from covedge.figures.style import svg
from covedge.markup import (
    Column,
    Html,
    badge,
    count,
    escape,
    figure,
    fixed,
    fold,
    number,
    table,
    text,
)
from covedge.pages.bayesian.quantities import COVARIANCE, FORMS, full_name, smallest, varies
from covedge.pages.bayesian.runs import E_BFMI, Refits, thresholds
from covedge.pages.results import FAILED

# Quantities whose chains are drawn, the worst first.
DRAWN = 3


def compose(found: Refits) -> str:
    """Words, a table of runs, the worst chains, energies, and the agreement of forms."""
    return "\n".join(
        [_words(found), _runs(found), _worst(found), _chains(found), _energy(found), _forms(found)]
    )


def _words(found: Refits) -> str:
    largest, fewest = thresholds(found.main)
    return (
        "### Can the chains be trusted? {#bayes-diagnosis}\n\n"
        "Not by looking. By numbers, for every quantity:\n\n"
        f"- **R-hat** compares the chains with each other: below {largest:g}.\n"
        "- **Effective sample size** (ESS) is how many independent draws these are worth; bulk for "
        f"the middle, tail for the 5 % and 95 % ends: above {fewest:g} each.\n"
        f"- **E-BFMI** says whether the sampler moves between energies fast enough: above {E_BFMI}."
        "\n- **Divergences**: none.\n"
    )


def _runs(found: Refits) -> str:
    columns = ["Model, prior and form"]
    columns += [
        Column(head, "num")
        for head in ("R-hat", "Bulk ESS", "Tail ESS", "E-BFMI", "Divergences", "Steps", "Seconds")
    ]
    rows = [_row(found, run) for run in [*found.all, *found.failed]]
    return table([*columns, ""], rows, "Runs of the sampler")


def _row(found: Refits, run: dict) -> tuple:
    form = FORMS.get(run.get("parametrization"), run.get("parametrization") or "–")
    which = f"{run.get('prior') or '–'}, {form}"
    head = Html(f"<b>{escape(found.label(run))}</b><br>{escape(which)}")
    if run.get("status") == FAILED:
        return head, *("–",) * 7, badge("quiet", "failed")
    largest, fewest = thresholds(run)
    ess = [run.get("min_ess_bulk"), run.get("min_ess_tail")]
    bfmi, divergent = run.get("e_bfmi"), run.get("divergences")
    return (
        head,
        _mark(fixed(run.get("max_rhat"), 3), (run.get("max_rhat") or 0.0) >= largest),
        *(_mark(fixed(one, 0), one is not None and one <= fewest) for one in ess),
        _mark(fixed(bfmi, 2), bfmi is not None and bfmi < E_BFMI),
        _mark("–" if divergent is None else str(divergent), bool(divergent)),
        fixed(run.get("n_steps"), 0),
        number(sum(run["seconds"].values()), 2) if run.get("seconds") else "–",
        _verdict(run),
    )


def _mark(shown: str, bad: bool) -> Html:
    return Html(f"<b>{escape(shown)} ✗</b>") if bad else Html(escape(shown))


def _verdict(run: dict) -> Html:
    if not run.get("converged"):
        return badge("bad", "not converged")
    return badge("flat", "diverges") if run.get("divergences") else badge("good", "converged")


def _worst(found: Refits) -> str:
    """Which quantity is the worst of the main run, and what became of other runs."""
    worst, run = found.main.get("worst") or {}, found.main
    largest, fewest = thresholds(run)
    words = f"Bold with ✗ is beyond its threshold (R-hat {largest:g}, ESS {fewest:g})."
    if worst:
        words += (
            f" The worst of the main run: R-hat of {_called(found, worst.get('rhat'))}, bulk ESS "
            f"of {_called(found, worst.get('ess_bulk'))}, tail ESS of "
            f"{_called(found, worst.get('ess_tail'))}."
        )
    if found.example:
        form = FORMS.get(found.example.get("parametrization"), "last")
        words += f" The {form} run is there to show what failure looks like; nothing rests on it."
    if found.unread:
        words += " Draws that could not be read: " + "; ".join(map(text, found.unread)) + "."
    return words + "\n"


def _called(found: Refits, r_name: str | None) -> str:
    """The page's name for a quantity; `mean of sigma` keeps its first words."""
    before, _, last = (r_name or "–").rpartition(" of ")
    own = next((p for p in found.main.get("parameters", []) if p.get("name") == last), None)
    shown = text(full_name(own, found.grouped) if own else last)
    return f"{before} of {shown}" if before and own else shown if own else text(r_name or "–")


def _chains(found: Refits) -> str:
    posterior, run = found.posterior(found.main), found.main
    # A variance mixes as its standard deviation does, and what is the same number is the same.
    different = {
        tuple(p.get(k) for k in ("q05", "q50", "q95")): p
        for p in reversed(run.get("parameters", []))
        if p.get("draws") in posterior.draws and p.get("kind") != COVARIANCE and varies(p)
    }
    worst = sorted(different.values(), key=smallest)[:DRAWN]
    if not worst:
        return ""
    names = [full_name(p, found.grouped) for p in worst]
    return figure(
        svg(chains(names, [posterior.draws[p["draws"]] for p in worst]), "chains"),
        "The quantities of the main run whose chains mixed worst. Left, traces: good is a level "
        "band of noise in which no chain stands out. Right, rank plots: good is every line near "
        "“even”; bad is a slope, a hump, or one colour on one side.",
        f"Traces and rank plots of {', '.join(names)}; the largest R-hat is "
        f"{number(run.get('max_rhat'), 4)}.",
    )


def _energy(found: Refits) -> str:
    runs = [r for r in (found.main, found.example) if r and _energies(found, r) is not None]
    if not runs:
        return ""
    labels = [FORMS.get(r.get("parametrization"), str(r.get("parametrization"))) for r in runs]
    told = ", ".join(
        f"{label} {fixed(run.get('e_bfmi'), 2)}" for label, run in zip(labels, runs, strict=True)
    )
    return fold(
        "Energy: does the sampler reach the tails?",
        figure(
            svg(energy(labels, [_energies(found, run) for run in runs]), "energy"),
            "Filled, the energies of all draws; dashed, how much the energy changes from one draw "
            "to the next. Good is a dashed hill about as wide as the filled one. A narrow one "
            "needs many draws to get from one end to the other, and E-BFMI is then small "
            f"(here: {told}).",
            f"Energy and its changes; E-BFMI: {told}.",
        ),
    )


def _energies(found: Refits, run: dict) -> np.ndarray | None:
    values = found.posterior(run).statistics.get("energy")
    return values if values is not None and np.ptp(values) > 0 else None


def _forms(found: Refits) -> str:
    """Whether other forms of the same model gave the same posterior, in words."""
    told = list(found.results.agreement)
    if not told:
        return ""
    lines = "\n".join(_agreement(found, each) for each in told)
    return (
        "\n**The same posterior in several forms.** A mistake in one form, or a chain that has "
        "missed a region, would show as a difference beyond what the number of draws explains "
        "(z, in Monte Carlo standard errors):\n\n" + lines + "\n"
    )


def _agreement(found: Refits, each: dict) -> str:
    one, other = (FORMS.get(each.get(k), each.get(k) or "–") for k in ("one", "other"))
    verdict = "**agree**" if each.get("agree") else "**do not agree**"
    words = (
        f"- {text(found.results.label(each.get('model', '–')))}, prior "
        f"{text(each.get('prior', '–'))}: {text(one)} and {text(other)} {verdict} in "
        f"{count(each.get('numbers') or 0, 'number')} compared; the largest difference is "
        f"{fixed(each.get('largest'), 1)} ({_called(found, each.get('where'))}; limit "
        f"{number(each.get('limit'), 2)})."
    )
    runs = [*found.all]
    stuck = any(
        r.get("parametrization") == each.get("other")
        and r.get("model") == each.get("model")
        and not r.get("converged")
        for r in runs
    )
    if not each.get("agree") and stuck:
        words += f" The {text(other)} run has not converged, so it is the one to disbelieve."
    return words
