"""The geometry: spectra of reliabilities, directions in words, and the push against the edge."""

from covedge.figures.loadings import loadings
from covedge.figures.spectra import spectra
from covedge.figures.style import svg
from covedge.markup import (
    Column,
    Html,
    badge,
    code,
    count,
    escape,
    figure,
    fold,
    number,
    table,
    tabset,
    text,
)
from covedge.pages import beyond, reading
from covedge.pages.results import Results
from covedge.words import describe

BADGES = {
    "alive": badge("good", "supported"),
    "collapsed": badge("bad", "collapsed"),
    "flat": badge("flat", "undecided"),
}


def compose(results: Results) -> str:
    """Figure of all spectra, then per term its directions in words, and what holds them."""
    terms = reading.terms(results.focus)
    if not terms:
        return "The model has no random effects, so there is no geometry to show."
    parts = [_which(results), _words(terms), _spectra(results, terms)]
    parts.append(tabset(_term(results, term, index) for index, term in enumerate(terms)))
    return "\n".join([*parts, _details(), beyond.compose(results)])


def _which(results: Results) -> str:
    """Which model is looked at, where it is not the one asked for."""
    if results.focus["model"] == results.asked["model"]:
        return ""
    return (
        "The variances of the model you asked for cannot be told apart, so its directions mean "
        "nothing. "
        "Shown here is the richest rung that the data can identify, "
        f"**{text(results.label(results.focus['model']))}**: {code(results.focus['formula'])}.\n"
    )


def _words(terms: list[dict]) -> str:
    null = sum(reading.collapsed(d) for term in terms for d in term["spectrum"])
    total = sum(len(term["spectrum"]) for term in terms)
    if not null:
        return f"None of the {total} directions collapsed.\n"
    return f"{null} of {count(total, 'direction')} collapsed to zero.\n"


def _spectra(results: Results, terms: list[dict]) -> str:
    names = [reading.term_text(results.focus, term) for term in terms]
    ordered = [reading.sorted_spectrum(term) for term in terms]
    rho = [[reading.clean(d.get("reliability")) for d in spectrum] for spectrum in ordered]
    duals = [[reading.clean(d.get("dual")) for d in spectrum] for spectrum in ordered]
    marks = [[reading.mark(t, d) for d in ds] for t, ds in zip(terms, ordered, strict=True)]
    alive = [row.count("alive") for row in marks]
    found = "; ".join(f"{n}: {a} of {len(r)}" for n, a, r in zip(names, alive, rho, strict=True))
    return figure(
        svg(spectra(names, rho, duals, marks), "spectra"),
        "Left: how reliably groups differ in each direction. Right: what holds a collapsed "
        "direction at zero; a positive value proves that any variance there makes the fit worse. "
        "Look for bars that are exactly zero on the left with a clear push on the right: a real "
        "edge. Zero on both sides is undecided.",
        f"Directions with variance: {found}.",
    )


def _term(results: Results, term: dict, index: int) -> tuple[str, str]:
    """Its title, and its directions."""
    names, matrix = reading.loadings(term)
    title = reading.term_text(results.focus, term)
    told = iter(matrix)
    rows = [
        _row(k, term, d, _words_of(term, d, names, told))
        for k, d in enumerate(reading.sorted_spectrum(term), start=1)
    ]
    columns = [
        "Direction",
        "In words",
        Column("Reliability", "num"),
        Column("Push to zero", "num"),
        "",
    ]
    parts = [table(columns, rows, f"Directions of {title}")]
    if len(names) > 1 and matrix:
        parts.append(_loadings(term, names, matrix, index))
    return text(title), "\n".join(parts)


def _words_of(term: dict, direction: dict, names: list[str], told) -> str:
    """What differs between groups, or for a collapsed direction, what does not."""
    if not direction.get("direction"):
        return direction.get("label") or "–"
    loaded = reading.direction_words(names, next(told))
    return describe(direction, term) if reading.mark(term, direction) == "collapsed" else loaded


def _row(k: int, term: dict, direction: dict, words: str) -> tuple:
    mark = reading.mark(term, direction)
    return (
        k,
        Html(f"<bdi>{escape(words)}</bdi>"),
        number(reading.clean(direction.get("reliability")), 3),
        "–" if mark == "alive" else number(reading.clean(direction.get("dual")), 2),
        BADGES[mark],
    )


def _loadings(term: dict, names: list[str], matrix: list[list[float]], index: int) -> str:
    told = [d for d in reading.sorted_spectrum(term) if d.get("direction")]
    marks = [reading.mark(term, d) for d in told]
    rho = [d.get("reliability") or 0.0 for d in told]
    strongest = reading.direction_words(names, matrix[0])
    return figure(
        svg(loadings(matrix, names, rho, marks), f"loadings-{index}"),
        "Each row is a direction, each column an effect or a cell; the area of a square is the "
        "size of the loading, blue and orange are opposite signs. Read a row as: groups differ in "
        "the blue against the orange. In a collapsed row they do not differ at all.",
        f"Loadings of the directions of {term['group']}; the most reliable is {strongest}.",
    )


def _details() -> str:
    return fold(
        "How reliability and push are defined",
        "With $\\Sigma_k = G_k/\\sigma^2$ and $H_k = \\sum_g Z_g' V^{-1} Z_g$, the reliabilities "
        "are the eigenvalues of $\\Sigma_k H_k / L_k$, where $L_k$ is the number of groups. "
        "They do not change with the units of the response or of covariates, nor with contrast "
        "coding; lme4’s tolerance in `isSingular()` does. The push is the dual: the generalised "
        "eigenvalue of $(\\Gamma_k, H_k)$ with $\\Gamma_k = \\partial D/\\partial\\Sigma_k$. At an "
        "optimum on the edge $\\Sigma_k \\succeq 0$, $\\Gamma_k \\succeq 0$ and "
        "$\\Sigma_k\\Gamma_k = 0$. In R, `rePCA(fit)` of lme4 gives the singular values of the "
        "scaled factor, without the push.",
    )
