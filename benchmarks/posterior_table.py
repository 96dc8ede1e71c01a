"""The section on posteriors, from what the samplers answered."""

from __future__ import annotations

from statistics import median

from posteriors import CHAINS, CORES, DRAWS, STAN, TUNE, Sampled, Sampler
from table import number, plain, times

HEADING = "## Posteriors"
# (words, case, prior, factor).
TARGETS = (
    ("full model of `rats_s15`, default prior: 50 times stan_lmer", "rats_s15", "lkj", 50),
    ("the same with `decov`, stan_lmer's own prior: 10 times", "rats_s15", "decov", 10),
)

HOW = f"""\
{CHAINS} chains of {DRAWS:,} kept draws after {TUNE:,} of tuning, {CORES} chains at a time, which is
stan_lmer's default; each run has a seed of its own and the median counts. What is compared is the
smallest bulk effective sample size (rank-normalised, split chains) of sigma, the fixed effects and
the lower triangles of every G, per second. ArviZ computes it from the draws of all; R's posterior
gives the same. Seconds are the processor's, as Stan's own clocks count them, so that what else the
machine does is not in them: of the chains, {CORES} side by side without a gap, and for covedge also
of drawing the fixed effects, of G and of the diagnosis. What stan_lmer computes afterwards and the
start of R's workers are not in its seconds, which favours it; they are in those by the clock on the
wall. Compilation is apart: stan_lmer comes compiled, covedge compiles once on a machine (cold), and
then reads most of it from a cache in each process (warm)."""


def section(results: list[Sampled], versions: dict[str, str]) -> str:
    """The whole section in Markdown, its heading with it."""
    words = ", ".join(f"{name} {version}" for name, version in versions.items())
    parts = [
        HEADING,
        target_table(results),
        HOW,
        *map(sampled_table, results),
        f"Versions: {words}.",
    ]
    return "\n\n".join(parts)


def target_table(results: list[Sampled]) -> str:
    by_name = {result.name: result for result in results}
    lines = ["| target | reached | met |", "|---|---|---|"]
    for words, name, prior, factor in TARGETS:
        ratio = by_name[name].ratio("covedge", prior) if name in by_name else None
        met = "–" if ratio is None else "yes" if ratio >= factor else "**no**"
        reached = "not measured" if ratio is None else f"{times(ratio)} times"
        lines.append(f"| {words} | {reached} | {met} |")
    return "\n".join(lines)


def sampled_table(result: Sampled) -> str:
    """The samplers of one case side by side."""
    lines = [
        f"### {result.title}: posterior",
        "",
        f"`{result.formula}`, {result.n_rows:,} rows",
        "",
        "| sampler | prior | seconds | wall, s | smallest ESS | of | ESS per second "
        f"| lowest to highest | times {STAN} | largest R-hat | divergences | steps a draw | runs "
        "| compilation, s: cold | warm | its words |",
        "|---|---|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for each in result.samplers:
        lines.append("| " + " | ".join(_cells(each, result)) + " |")
    return "\n".join(lines)


def _cells(each: Sampler, result: Sampled) -> list[str]:
    runs = each.runs
    if not runs:
        return [each.engine, f"`{each.prior}`", *["–"] * 13, plain(each.message)]
    rates = [run.rate for run in runs]
    usual = sorted(runs, key=lambda run: run.ess)[(len(runs) - 1) // 2]
    return [
        each.engine,
        f"`{each.prior}`",
        number(median(run.seconds for run in runs)),
        number(median(run.wall for run in runs)),
        f"{median(run.ess for run in runs):,.0f}",
        f"`{plain(usual.worst)}`",
        number(each.rate),
        f"{number(min(rates))} to {number(max(rates))}" if len(runs) > 1 else "–",
        times(result.ratio(each.engine, each.prior)),
        f"{max(run.rhat for run in runs):.4f}",
        str(sum(run.divergences for run in runs)),
        f"{median(run.steps for run in runs):.0f}",
        str(len(runs)),
        number(each.cold),
        number(each.warm),
        plain(each.message),
    ]
