"""G, apVar and V of the user's own model, side by side: which one was complained about, and why."""

import itertools

from covedge.figures.eigenvalues import Panel, eigenvalues
from covedge.figures.style import svg
from covedge.markup import Column, Html, count, figure, fold, listing, number, table, text
from covedge.pages import correlations, nlme_stopped, reading
from covedge.pages.results import Results

SHAPES = ("circles", "squares", "diamonds", "triangles", "triangles upside down")
# More eigenvalues than this are no help in a table.
MOST_LISTED = 30


def compose(results: Results) -> str:
    """A table of the three, their eigenvalues as a picture, and what those at zero mean."""
    fit = results.asked
    record, of_nlme = _record(results), nlme_stopped.words(results)
    rows = [_row_G(fit), _row_apvar(fit, record), *nlme_stopped.rows(results), _row_V(fit)]
    columns = ["Matrix", "What it is", "Here", "A negative number in it means"]
    return "\n".join(
        [
            "### 1. Three different matrices {#three-matrices}\n",
            "“The variance-covariance matrix has negative entries” can be said of three matrices, "
            "and it is alarming in only some of the cases.\n",
            table(columns, rows, "The three matrices of this model", stacked=True),
            _picture(fit, record) if record else "",
            _words(record, of_nlme) if record else of_nlme,
            _numbers(record) if record else "",
            correlations.compose(fit),
        ]
    )


def _record(results: Results) -> dict:
    """What was computed of apVar for the model asked for; empty where nothing was."""
    intervals = results.intervals.get(results.asked["model"]) or {}
    record = intervals.get("apvar") or {}
    return record if record.get("eigenvalues") and record.get("matrices") else {}


def _row_G(fit: dict) -> tuple:
    negative = pairs = zero = effects = 0
    for term in reading.terms(fit):
        q = len(term["effects"])
        entries = [term["covariance"][i][j] for i, j in itertools.combinations(range(q), 2)]
        negative += sum(value < 0 for value in entries)
        pairs, zero, effects = pairs + len(entries), zero + reading.null_count(term), effects + q
    here = f"{negative} of {count(pairs, 'covariance')} below zero; " if pairs else ""
    here += f"{zero} of {count(effects, 'eigenvalue')} zero"
    return (
        Html("<b>G</b>"),
        "how groups differ: variances and covariances of the random effects",
        here,
        "Off the diagonal: two effects that go opposite ways. Harmless. What matters is an "
        "eigenvalue of zero: then the matrix is singular.",
    )


def _row_apvar(fit: dict, record: dict) -> tuple:
    return (
        Html("<b>apVar</b>"),
        Html(
            "how uncertain the variances and covariances are: the inverse of the criterion’s "
            "curvature, in <code>nlme</code>"
        ),
        _apvar_here(record) if record else _apvar_unseen(fit),
        "The criterion is flat or still falling in some direction, so lme() gives no intervals. "
        "It says nothing about the sign of a variance.",
    )


def _apvar_unseen(fit: dict) -> str:
    own = fit["identifiability"]["n_parameters"]
    state = reading.state(fit)
    if state == "not identifiable":
        verdict = "it does not exist: some variances can be traded for others without any change"
    elif state == "degenerate":
        verdict = "it cannot be relied on at an edge like this one"
    else:
        verdict = "it can be used here"
    return f"{own} × {own}; {verdict}"


def _apvar_here(record: dict) -> str:
    size = len(record["parameters"])
    below, zero = reading.signs(record["eigenvalues"])
    missing = sum(one["edge"] is not None for one in record["parameters"])
    told = [f"{size} × {size}"]
    if missing:
        told.append(
            f"{missing} of the {count(size, 'parameter')} "
            f"{'lies' if missing == 1 else 'lie'} on an edge, where apVar does not exist"
        )
    if record["state"] == "edge":
        told.append("the fit lies on an edge, where it cannot be relied on")
    if below or zero:
        told.append(f"{count(below, 'eigenvalue')} of the curvature below zero, {zero} at zero")
    elif not missing and record["positive_definite"]:
        told.append("all eigenvalues of the curvature are above zero, so there are intervals")
    return "; ".join(told)


def _row_V(fit: dict) -> tuple:
    return (
        Html("<b>V</b>"),
        "how the observations vary together: both the groups and the noise",
        f"{fit['n_obs']} × {fit['n_obs']}; no eigenvalue is below σ² = {number(fit['sigma'] ** 2)}",
        "Off the diagonal: harmless. Its eigenvalues cannot be zero as long as there is noise.",
    )


def _picture(fit: dict, record: dict) -> str:
    below, zero = reading.signs(record["eigenvalues"])
    G, V = record["matrices"]["G"], record["matrices"]["V"]
    size, null = sum(len(t["eigenvalues"]) for t in G), _null(record)
    shapes = ""
    if len(G) > 1:
        named = [f"{shape} {t['group']}" for shape, t in zip(SHAPES, G, strict=False)]
        shapes = f" In G: {listing(named)}."
    caption = (
        "The eigenvalues of each matrix, largest first, each on its own scale: filled blue is "
        "above zero, open orange zero, open purple below zero. For apVar they are those of "
        "its inverse, the curvature of the criterion. The matrix G is singular where dots "
        "lie on the grey band “0”; lme() refuses intervals where dots of apVar lie on it or below. "
        f"V never touches it.{shapes}"
    )
    alt = (
        f"{null} of {count(size, 'eigenvalue')} of G zero; of apVar’s curvature {below} of "
        f"{len(record['eigenvalues'])} below zero and {zero} at zero; none of V’s {V['n']} is "
        f"below sigma squared, {number(V['smallest'])}."
    )
    return figure(svg(eigenvalues(_panels(record)), "eigenvalues"), caption, alt, "slim")


def _null(record: dict) -> int:
    return sum(value == 0 for term in record["matrices"]["G"] for value in term["eigenvalues"])


def _panels(record: dict) -> list[Panel]:
    G, V = record["matrices"]["G"], record["matrices"]["V"]
    parts = tuple((t["group"], tuple(t["eigenvalues"])) for t in G)
    size = sum(len(t["eigenvalues"]) for t in G)
    curvature = (("", tuple(record["eigenvalues"])),)
    free = len(record["eigenvalues"])
    above = tuple(V["above"] or ())
    shared = (V["smallest"], V["n"] - (V["n_above"] or 0))
    return [
        Panel("G", f"{size} × {size}", parts, empty="" if size else "no random effects"),
        Panel("apVar", f"{free} × {free}", curvature, flat=reading.FLAT),
        Panel(
            "V",
            f"{V['n']} × {V['n']}",
            (("", above),),
            shared=None if V["above"] is None else shared,
            empty="too many effects" if V["above"] is None else "",
        ),
    ]


def _words(record: dict, of_nlme: str) -> str:
    V, null = record["matrices"]["V"], _null(record)
    if null:
        where = "that combination" if null == 1 else "those combinations"
        of_G = (
            f"{count(null, 'eigenvalue')} of zero: in {where} of effects the best guess is that "
            "groups do not differ at all. That is what “singular” means, and it is no error. "
            "[Figure](#fig-spectra) has each direction."
        )
    else:
        of_G = "no eigenvalue is zero, so it is not singular. A negative covariance is no fault."
    of_V = f"no eigenvalue is below σ² = {number(V['smallest'])}, the noise of one observation"
    if V["n_above"]:
        of_V += f"; {V['n_above']} are larger, because groups differ"
    return f"- **G:** {of_G}\n- **apVar:** {_words_of_apvar(record)}\n{of_nlme}- **V:** {of_V}.\n"


def _words_of_apvar(record: dict) -> str:
    told = text(" ".join(record["words"]))
    if record["positive_definite"]:
        return f"{told} lme()’s error message would be about this matrix, and not about G."
    pushed = ""
    if record.get("push") is not None:
        pushed = (
            f" The push towards the edge is {number(record['push'], 2)}, where 0 is none and 1 the "
            "most."
        )
    return f"{told}{pushed} This, and not G, is the matrix that lme()’s error message is about."


def _numbers(record: dict) -> str:
    G, V = record["matrices"]["G"], record["matrices"]["V"]
    rows = [(f"G: {t['group']}", _listed(t["eigenvalues"])) for t in G]
    rows.append(("apVar: curvature", _listed(sorted(record["eigenvalues"], reverse=True))))
    if V["above"] is not None:
        rest = f"σ² = {number(V['smallest'])} ({V['n'] - V['n_above']} times)"
        above = _listed(V["above"][::-1])
        rows.append(("V", f"{above}; {rest}" if V["n_above"] else rest))
    parts = [
        table(["Matrix", "Eigenvalues"], rows, "Eigenvalues of the three matrices"),
        _parameters(record),
        "The direction is that of the smallest eigenvalue. "
        "apVar is taken in nlme’s parameters, logarithms of the SDs and $\\log((1+r)/(1-r))$ of a "
        "correlation $r$, here by exact derivatives at the certified optimum. nlme takes it by "
        "differences at the point where it stopped, so small that rounding leaves two or three "
        "digits: its intervals can differ from those here in the third digit, and by more where a "
        "correlation is near 0 or an SD near 1.",
    ]
    return fold("The eigenvalues in numbers, and apVar parameter by parameter", "\n".join(parts))


def _listed(values) -> str:
    shown = ", ".join(number(v) for v in values[:MOST_LISTED])
    more = len(values) - MOST_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def _parameters(record: dict) -> str:
    """Estimate, natural value, and share in the direction of the smallest eigenvalue."""
    loads = {_key(one): one["loading"] for one in record["direction"]}
    edges = any(one["edge"] for one in record["parameters"])
    rows = [
        (
            _name(one),
            number(one["estimate"]),
            number(one["natural"]),
            number(loads.get(_key(one)), 2),
            *([one["edge"] or ""] if edges else []),
        )
        for one in record["parameters"]
    ]
    columns = [
        "Parameter",
        Column("Estimate", "num"),
        Column("As nlme has it", "num"),
        Column("Direction", "num"),
        *(["Why nlme has none"] if edges else []),
    ]
    return table(columns, rows, "Parameters of apVar")


def _key(one: dict) -> tuple:
    return one["kind"], one["group"], tuple(one["effects"])


def _name(one: dict) -> str:
    if one["kind"] == "sigma":
        return "residual SD"
    kind = "SD" if one["kind"] == "sd" else "r"
    return f"{kind} {', '.join(one['effects'])} | {one['group']}"
