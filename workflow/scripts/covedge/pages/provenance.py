"""Provenance, and everything that failed."""

from covedge.markup import Html, code_html, count, escape, fold, number, table
from covedge.pages import again
from covedge.pages.results import FAILED, Results


def compose(results: Results) -> str:
    """Data with its hash, versions, seeds, times, and how to do it again."""
    given, analysis = results.provenance, results.analysis
    rows = [
        ("Data", code_html(analysis.get("data", "–"))),
        ("SHA-256 of the data", code_html(given.get("data_sha256", "not recorded"))),
        ("Seed", analysis.get("seed", "–")),
        ("Rendered", given.get("rendered", "–")),
        ("Machine", given.get("machine", "–")),
    ]
    versions = [f"{name} {version}" for name, version in _versions(results).items()]
    rows.append(("Versions", ", ".join(versions) or "not recorded"))
    times = table(
        ["Step", "Seconds"],
        [(step, number(seconds, 2)) for step, seconds in _times(results)],
        "Times",
    )
    return (
        table(["What", "Value"], rows, "Provenance") + again.compose(results) + fold("Times", times)
    )


def _versions(results: Results) -> dict[str, str]:
    """Of the packages here, and of engines that run in R."""
    told = {
        engine: answer["version"]
        for engine, answers in results.engines.items()
        for answer in answers.values()
        if answer.get("version")
    }
    here = results.provenance.get("versions", {})
    return here | {engine: told[engine] for engine in told if engine not in here}


def _times(results: Results) -> list[tuple[str, float]]:
    fits = [("fit " + model, fit.get("seconds")) for model, fit in results.fits.items()]
    others = [
        (f"{engine} {model}", answer.get("seconds"))
        for engine, answers in results.engines.items()
        for model, answer in answers.items()
    ]
    posterior = [
        (f"posterior {p.get('model')}, {part}", seconds)
        for p in results.posterior
        for part, seconds in p.get("seconds", {}).items()
    ]
    return [(step, seconds) for step, seconds in fits + others + posterior if seconds is not None]


def errors(results: Results, failures: list[tuple[str, str, str]]) -> str:
    """Steps that failed and sections that could not be made; a line even when there are none."""
    rows = [(f"step {name}", reason) for name, reason in failed(results)]
    rows += [(f"file {name}", reason) for name, reason in results.unread]
    rows += [(f"section {name}", reason) for name, reason, _ in failures]
    if not rows:
        return "None: every step ran and every section of this page could be made."
    traces = "".join(
        f'<h3>{escape(name)}</h3><pre tabindex="0">{_lines(trace)}</pre>'
        for name, _, trace in failures
    )
    words = table(["Where", "What happened"], [(w, Html(_lines(r))) for w, r in rows], "Errors")
    return words + (fold("Tracebacks, for a bug report", _raw(traces)) if traces else "")


def _raw(content: str) -> str:
    return f"```{{=html}}\n{content}\n```"


def _lines(words: str) -> Html:
    """Escaped, line breaks kept as `<br>` so that no line can end a raw-HTML fence."""
    return Html("<br>".join(escape(line) for line in str(words).splitlines()))


def _silent_engines(results: Results) -> dict[tuple[str, str], list[str]]:
    """By engine and reason the models on which it failed: what is not there fails on all alike."""
    found: dict[tuple[str, str], list[str]] = {}
    for engine, answers in results.engines.items():
        for model, answer in answers.items():
            if answer.get("status") == FAILED:
                found.setdefault((engine, answer.get("reason", "")), []).append(model)
    return found


def failed(results: Results) -> list[tuple[str, str]]:
    """(where, reason) of each step, engine and refit that failed."""
    found = [
        (step, told.get("reason", ""))
        for step, told in results.steps.items()
        if told.get("status") == FAILED
    ]
    found += [
        (f"{engine}, {models[0] if len(models) == 1 else count(len(models), 'model')}", reason)
        for (engine, reason), models in _silent_engines(results).items()
    ]
    found += [
        (f"posterior of {p.get('model', 'a model')}", p.get("reason", ""))
        for p in results.posterior
        if p.get("status") == FAILED
    ]
    if results.verdict.get("status") == FAILED:
        found.append(("diagnose", results.verdict.get("reason", "")))
    return found
