"""The geometry: spectra of reliabilities, directions in words, and the push against the edge."""

from covedge.figures.loadings import loadings
from covedge.figures.spectra import spectra
from covedge.figures.style import svg
from covedge.markup import Column, Html, badge, escape, figure, fold, number, table, text
from covedge.pages import reading
from covedge.pages.results import Results


def compose(results: Results) -> str:
    """Figure of all spectra, then per term its directions in words, and what holds them."""
    terms = reading.terms(results.asked)
    if not terms:
        return "The model has no random effects, so there is no geometry to show."
    parts = [_words(terms), _spectra(results, terms)]
    for index, term in enumerate(terms):
        parts.append(_term(results, term, index))
    return "\n".join([*parts, _details()])


def _sorted(term: dict) -> list[dict]:
    return sorted(term["spectrum"], key=lambda d: -(d.get("reliability") or 0.0))


def _words(terms: list[dict]) -> str:
    null = sum(reading.null_count(term) for term in terms)
    total = sum(len(term["effects"]) for term in terms)
    if not null:
        return f"None of the {total} directions collapsed.\n"
    return f"{null} of {reading.directions(total)} collapsed to zero.\n"


def _spectra(results: Results, terms: list[dict]) -> str:
    names = [reading.term_text(results.asked, term) for term in terms]
    rho = [[d.get("reliability") or 0.0 for d in _sorted(term)] for term in terms]
    duals = [[d.get("dual") for d in _sorted(term)] for term in terms]
    alive = [sum(value >= reading.COLLAPSED for value in values) for values in rho]
    found = "; ".join(f"{n}: {a} of {len(r)}" for n, a, r in zip(names, alive, rho, strict=True))
    return figure(
        svg(spectra(names, rho, duals), "spectra"),
        "Left: how reliably groups differ in each direction. Right: what holds a collapsed "
        "direction at zero; a positive value proves that any variance there makes the fit worse. "
        "Look for bars that are exactly zero on the left with a clear push on the right: a real "
        "edge. Zero on both sides is undecided.",
        f"Directions with variance: {found}.",
    )


def _term(results: Results, term: dict, index: int) -> str:
    directions = _sorted(term)
    name = reading.term_text(results.asked, term)
    rows = [_row(k, direction) for k, direction in enumerate(directions)]
    columns = [
        "Direction",
        "In words",
        Column("Reliability", "num"),
        Column("Push to zero", "num"),
        "",
    ]
    parts = [f"### {text(name)}\n", table(columns, rows, f"Directions of {name}")]
    if len(term["effects"]) > 1:
        parts.append(_loadings(term, directions, index))
    return "\n".join(parts)


def _row(k: int, direction: dict) -> tuple:
    zero = reading.collapsed(direction)
    words = direction.get("words") or reading.direction_words(direction)
    return (
        k + 1,
        Html(f"<bdi>{escape(words)}</bdi>"),
        number(direction.get("reliability"), 3),
        number(direction.get("dual"), 2) if zero else "–",
        badge("bad", "collapsed") if zero else badge("good", "supported"),
    )


def _loadings(term: dict, directions: list[dict], index: int) -> str:
    effects = term["effects"]
    matrix = [[d["direction"].get(effect, 0.0) for effect in effects] for d in directions]
    rho = [d.get("reliability") or 0.0 for d in directions]
    strongest = reading.direction_words(directions[0])
    return figure(
        svg(loadings(matrix, effects, rho), f"loadings-{index}"),
        "Each row is a direction, each column an effect; the area of a square is the size of the "
        "loading, blue and orange are opposite signs. Read a row as: groups differ in the blue "
        "effects against the orange ones. In a collapsed row they do not differ at all.",
        f"Loadings of the directions of {term['group']}; the most reliable is {strongest}.",
    )


def _details() -> str:
    return fold(
        "How reliability and push are defined",
        "With $\\Sigma_k = G_k/\\sigma^2$ and $H_k = \\sum_g Z_g' V^{-1} Z_g$, the reliabilities "
        "are the eigenvalues of $\\Sigma_k H_k / L_k$, where $L_k$ is the number of groups. They do "
        "not change with the units of the response or of covariates, nor with contrast coding; "
        "lme4’s tolerance in `isSingular()` does. The push is the dual: the generalised "
        "eigenvalue of $(\\Gamma_k, H_k)$ with $\\Gamma_k = \\partial D/\\partial\\Sigma_k$. At an "
        "optimum on the edge $\\Sigma_k \\succeq 0$, $\\Gamma_k \\succeq 0$ and "
        "$\\Sigma_k\\Gamma_k = 0$. In R, `rePCA(fit)` of lme4 gives the singular values of the "
        "scaled factor, without the push.",
    )
