"""docs/calibration.md from the stored numbers."""

from pathlib import Path

from calibrated import QUANTITIES
from calibration_run import as_numbers
from uniformity import Uniformity, uniformity

ROOT = Path(__file__).parents[1]
NOTES = ROOT / "benchmarks" / "calibration.md"
PAGE = ROOT / "docs" / "calibration.md"
STORED = ROOT / "tests" / "reference" / "calibration.json"
ROBUSTNESS = ROOT / "tests" / "reference" / "robustness.json"

# Of all p-values together, by Bonferroni: what chance alone goes below once in twenty such pages.
ALL_TOGETHER = 0.05


def page(stored: dict, robust: dict | None) -> str:
    """The document. robust : as `posterior_robustness` stores it."""
    lines = [NOTES.read_text(encoding="utf-8").strip(), "", *_found(stored), *_planted(stored)]
    if robust is not None:
        lines += _robust(robust)
    return "\n".join(lines).rstrip() + "\n"


def p_values(stored: dict) -> dict[tuple[str, str], Uniformity]:
    """By prior and quantity."""
    return {
        (of["prior"], name): uniformity(ranks, stored["draws"])
        for of in stored["priors"].values()
        for name, ranks in as_numbers(of["ranks"]).items()
    }


def planted(stored: dict) -> list[tuple[str, dict[str, Uniformity], int]]:
    """(error, tests by quantity, replicates) of what was planted under the first prior."""
    first = next(iter(stored["priors"].values()))["planted"]
    narrow = stored["narrow"]
    found = []
    for error, lines in (first | {narrow["error"]: narrow["ranks"]}).items():
        ranks = as_numbers(lines)
        tests = {name: uniformity(each, stored["draws"]) for name, each in ranks.items()}
        found.append((error, tests, len(ranks[QUANTITIES[0]])))
    return found


def _found(stored):
    tests = p_values(stored)
    smallest = min(test.smallest for test in tests.values())
    count = 2 * len(tests)
    verdict = "uniform" if smallest * count > ALL_TOGETHER else "NOT uniform"
    length, n = (
        stored["length"],
        {prior: of["replicates"] for prior, of in stored["priors"].items()},
    )
    sets = ", ".join(f"{n[prior]:,} data sets under `{prior}`" for prior in n)
    lines = [
        "## What was found",
        "",
        f"`{stored['formula']}`, {stored['groups']} groups of {stored['rows']} rows; "
        f"{sets}. Each is sampled as by default ({length['chains']} chains, {length['tune']:,} "
        f"steps of tuning, {length['draws']:,} draws), none is left out, and the truth is ranked "
        f"among {stored['draws']} evenly spaced draws.",
        "",
        f"**The ranks are {verdict}.** The smallest of {count} p-values is {_p(smallest)}; by "
        f"chance alone it is below {ALL_TOGETHER / count:.1g} in one page of twenty.",
        "",
        "| quantity | " + " | ".join(f"{p}: χ² | deviation" for p in n) + " |",
        "|---|" + "--:|--:|" * len(n),
    ]
    for name in QUANTITIES:
        cells = (tests[prior, name] for prior in n)
        numbers = " | ".join(f"{_p(t.chi_square)} | {_p(t.deviation)}" for t in cells)
        lines.append(f"| {name} | {numbers} |")
    lines += ["", "![Cumulative ranks less what is expected](calibration.svg)", ""]
    lines += [
        "Each line is the share of ranks below a value, less what is expected; 95 % of uniform "
        "sets of ranks lie within the shade from end to end.",
        "",
        *_chains(stored),
    ]
    return lines


def _chains(stored):
    lines = [
        "| prior | data sets | R-hat < 1.01 and every ESS > 400 | divergences | in data sets "
        "| largest R-hat | smallest ESS |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for of in stored["priors"].values():
        lines.append(
            f"| {of['prior']} | {of['replicates']:,} | {of['converged']:,} | {of['divergences']:,} "
            f"| {of['with_divergences']:,} | {of['max_rhat']:.4f} | {of['min_ess']:.0f} |"
        )
    return [*lines, ""]


def _planted(stored):
    lines = [
        "## Whether an error would be found",
        "",
        "The same data sets, with an error planted (under the first prior):",
        "",
        "| error | data sets | smallest p | of |",
        "|---|--:|--:|---|",
    ]
    for error, tests, n in planted(stored):
        where = min(tests, key=lambda name: tests[name].smallest)
        lines.append(f"| {error} | {n:,} | {_p(tests[where].smallest)} | {where} |")
    return [*lines, ""]


def _robust(robust):
    length = robust["length"]
    lines = [
        "## Other seeds, other rows",
        "",
        f"{robust['title']}, `{robust['formula']}`: the default run ({length['chains']} chains, "
        f"{length['tune']:,} steps of tuning, {length['draws']:,} draws, never lengthened) from "
        f"{robust['seeds']} seeds, and on {robust['subsets']} random subsets of "
        f"{100 * robust['share']:.0f} % of the rows. Of all fixed effects, σ, SDs, correlations "
        "and covariances R-hat must be below 1.01 and every ESS above 400. Made by "
        "`benchmarks/posterior_robustness.py`.",
        "",
        "| prior | data | reached | largest R-hat | smallest bulk ESS | smallest tail ESS "
        "| divergences | steps a draw |",
        "|---|---|:-:|--:|--:|--:|--:|--:|",
    ]
    for run in robust["runs"]:
        lines.append(
            f"| {run['prior']} | {run['data']} | {'yes' if run['reached'] else '**no**'} "
            f"| {run['max_rhat']:.4f} | {run['min_ess_bulk']:.0f} | {run['min_ess_tail']:.0f} "
            f"| {run['divergences']} | {run['n_steps']:.0f} |"
        )
    return [*lines, ""]


def _p(p):
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"
