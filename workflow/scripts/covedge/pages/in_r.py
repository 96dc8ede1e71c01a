"""The same in R: calls that give the page's main numbers, for a reader who knows only R."""

import re

from covedge.markup import block, escape, fixed, fold
from covedge.pages import reading
from covedge.pages.results import Results

# Words of our subset grammar that mean nothing in R.
_NOT_R = re.compile(r"\b(and|or|not|in)\b|\[")


def calls(results: Results) -> str:
    """Folded: reading the data, the fit, and what R says of it, with our numbers beside."""
    fit = results.asked
    lines = [*_reading(results.analysis), *_fit(results, fit)]
    code = "\n".join(str(escape(line)) or " " for line in lines)
    return fold("The same in R", block(f'<pre tabindex="0"><code>{code}</code></pre>'))


def _reading(analysis: dict) -> list[str]:
    path = analysis.get("data", "data.csv")
    lines = [_read(str(path), analysis.get("read") or {})]
    lines += [f"data${name} <- factor(data${name})" for name in analysis.get("categorical") or []]
    if subset := analysis.get("subset"):
        kept = f"data <- subset(data, {subset})"
        lines.append(f"# rows kept here: {subset}" if _NOT_R.search(subset) else kept)
    return lines


def _read(path: str, stated: dict) -> str:
    """The call that reads the file, as far as a call can be told without it."""
    name, table = path.lower().removesuffix(".gz"), stated.get("table")
    if name.endswith((".rdata", ".rda")):
        return f'load("{path}")' + (f"; data <- {table}" if table else "")
    readers = {
        (".parquet", ".pq"): "arrow::read_parquet",
        (".xlsx", ".xlsm"): "readxl::read_excel",
        (".rds",): "readRDS",
        (".dta",): "haven::read_dta",
        (".sav", ".zsav"): "haven::read_sav",
        (".tsv", ".tab", ".txt", ".dat"): "read.delim",
    }
    reader = next((r for endings, r in readers.items() if name.endswith(endings)), "read.csv")
    options = [f'"{path}"', *([f'sheet = "{table}"'] if table else [])]
    for key, argument in (("separator", "sep"), ("decimal", "dec"), ("encoding", "fileEncoding")):
        if stated.get(key) not in (None, "auto"):
            options.append(f'{argument} = "{stated[key]}"')
    return f"data <- {reader}({', '.join(options)})"


def _fit(results: Results, fit: dict) -> list[str]:
    formula = results.analysis["formula"]
    reml = "TRUE" if fit["method"] == "REML" else "FALSE"
    if not fit["terms"]:
        return [
            f"fit <- lm({formula}, data)",
            f"-2 * logLik(fit, REML = {reml}) # certified: {fixed(fit['criterion'], 4)}",
        ]
    if any(term["structure"].startswith("rank") for term in fit["terms"]):
        return [
            "library(glmmTMB)  # lme4 has no terms of limited rank",
            f"fit <- glmmTMB({formula}, data, REML = {reml})",
            f"-2 * logLik(fit)      # certified: {fixed(fit['criterion'], 4)}",
        ]
    lines = ["library(lme4)", f"fit <- lmer({formula}, data, REML = {reml})"]
    if fit.get("identifiable") is False:
        return ["# lmer() refuses this model, and it is right to:", *lines]
    return [*lines, *_questions(results, fit)]


def _questions(results: Results, fit: dict) -> list[str]:
    criterion = "REMLcrit(fit)" if fit["method"] == "REML" else "deviance(fit)"
    singular = "TRUE" if reading.state(fit) == "degenerate" else "FALSE"
    lines = [
        f"{criterion:<22} # certified: {fixed(fit['criterion'], 4)}",
        f"{'isSingular(fit)':<22} # here: {singular}; its tolerance depends on units",
        f"{'VarCorr(fit)':<22} # the matrix G, as SDs and correlations",
        f"{'summary(rePCA(fit))':<22} # how many directions vary",
        f"{'fixef(fit)':<22} # the fixed effects",
    ]
    if (formula := results.recommended.get("formula")) and formula != fit["formula"]:
        lines += ["# the model to report instead", f"update(fit, {formula})"]
    return lines
