"""Intervals you can report: which method holds, the profiles, and all methods side by side."""

from covedge.figures.profiles import Curve, profiles
from covedge.figures.style import svg
from covedge.markup import (
    Column,
    Html,
    callout,
    code,
    count,
    escape,
    figure,
    fold,
    listing,
    number,
    table,
    tabset,
    text,
)
from covedge.pages import coverage
from covedge.pages.interval_reading import at_edge, best, given, interval, name, of_kind, unknown
from covedge.pages.results import Results

# More small panels than this are a wall; the rest are in the table.
PANELS = 12
# How many names a sentence carries.
NAMED = 4
METHODS = {"profile": "Profile", "profile_ml": "Profile (ML)"}
METHODS |= {"bootstrap": "Bootstrap", "wald": "Wald (nlme)"}


def compose(results: Results) -> str:
    """Words, curves and numbers of the model asked for and of the recommended one."""
    known = results.intervals
    wanted = [results.focus["model"], results.recommended.get("model")]
    models = dict.fromkeys(filter(None, wanted))
    tabs = [_model(results, model, known.get(model) or {}, k) for k, model in enumerate(models)]
    held = "### How often they hold {#coverage}\n"
    return "\n".join([_introduction(), tabset(tabs), held, coverage.compose()])


def _model(results: Results, model: str, record: dict, place: int) -> tuple[str, str]:
    """What the model is to the reader, and its intervals."""
    title = "The recommended model" if place else "The model looked at"
    parts = [f"{code(results.fits.get(model, {}).get('formula', ''))}\n"]
    if record.get("parameters"):
        parts += [_advice(record), _sizes(record), _figure(record, place), _table(record)]
    else:
        parts.append(_missing(record))
    return f"{title}: {text(results.label(model))}", "\n".join(parts)


def _introduction() -> str:
    return (
        "The usual interval, an estimate and 1.96 standard errors either side (**Wald**), "
        "supposes that the likelihood falls off alike on both sides. At an edge, a standard "
        "deviation of 0 or a correlation of ±1, it does not, and that interval is void. The "
        "**profile** asks directly: how much worse does "
        "the best fit get when this parameter is held at that value? The **bootstrap** fits the "
        "model again to data simulated from it.\n"
    )


def _missing(record: dict) -> str:
    reason = record.get("reason")
    return (
        "There are no intervals for this model"
        + (f": {text(reason)}." if reason else ": the step that computes them has left none.")
        + "\n"
    )


def _names(parameters: list[dict], record: dict) -> str:
    shown = [text(_name(p, record)) for p in parameters]
    more = f" and {len(shown) - NAMED} more" if len(shown) > NAMED + 1 else ""
    return listing(shown[:NAMED]) + more if more else listing(shown)


def _name(parameter: dict, record: dict) -> str:
    if parameter["kind"] != "sd":
        return name(parameter)
    effect = parameter["effects"][0]
    return f"{effect} of {parameter['group']}" if _grouped(record) else effect


def _advice(record: dict) -> str:
    """What to report for this model, and why."""
    if not any(given(best(p)) for p in record["parameters"]):
        return _without_profile(record)
    deviations, correlations = of_kind(record, "sd"), of_kind(record, "correlation")
    zero = [p for p in deviations if best(p).get("at_lower_edge")]
    nothing = [p for p in correlations if unknown(p)]
    level = f"{100 * record.get('level', 0.95):.0f} %"
    words = [f"**Report the profile intervals ({level}).**"]
    if zero:
        words.append(
            f"{len(zero)} of {count(len(deviations), 'standard deviation')} may be zero "
            f"({_names(zero, record)}): there the interval begins at 0 and only its upper end says "
            "something: the effect is no larger than that. Wald intervals are void there."
        )
    if nothing:
        words.append(
            f"{_which(nothing, correlations)} cannot be told at all: no value from −1 to 1 is "
            "excluded. Do not report an estimate of " + ("it." if len(nothing) == 1 else "them.")
        )
    edge = [p for p in correlations if at_edge(p) and not unknown(p)]
    if edge:
        words.append(f"{_which(edge, correlations)} may be exactly ±1, where the interval ends.")
    if not (zero or nothing or edge):
        words.append(
            "No parameter is at an edge. The methods should agree about as well as their "
            "ends are symmetrical; where they differ the profile is the better one."
        )
    return " ".join(words) + "\n\n" + _defect(record) + _criteria(record)


def _defect(record: dict) -> str:
    """Where a profile has found a better fit than the fit itself."""
    below = max((curve.get("below") or 0.0 for curve in record.get("curves") or []), default=0.0)
    if not below:
        return ""
    return callout(
        "important",
        "A defect: please report it",
        f"A profile came {number(below, 2)} below the fit's own criterion: the fit is not the "
        "best one, and these intervals are about another optimum.",
    )


def _which(some: list[dict], all_of_them: list[dict]) -> str:
    if len(some) == len(all_of_them):
        return "The correlation" if len(some) == 1 else f"All {len(some)} correlations"
    return f"{len(some)} of the {len(all_of_them)} correlations"


def _without_profile(record: dict) -> str:
    reasons = dict.fromkeys(interval(p, "profile").get("reason") for p in record["parameters"])
    told = listing([text(r) for r in reasons if r])
    there = any(given(interval(p, "bootstrap")) for p in record["parameters"])
    return (
        f"There are no profile intervals for this model{': ' + told if told else ''}. "
        + ("**Report those of the bootstrap.**" if there else "")
        + "\n"
    )


def _criteria(record: dict) -> str:
    if record.get("method") != "REML":
        return "The model was fitted by ML, and so are all its profiles.\n"
    return (
        "Standard deviations, correlations and sigma are profiled by REML, as the model was "
        "fitted; fixed effects by ML, since the REML criterion does not contain them. In R, "
        "`confint(fit)` of lme4 profiles by ML in any case: its numbers are in the column "
        "*Profile (ML)*.\n"
    )


def _sizes(record: dict) -> str:
    """The standard deviations against the smallest that matters."""
    smallest = record.get("smallest_sd")
    sized = [p for p in record["parameters"] if (p.get("size") or {}).get("verdict")]
    if smallest is None or not sized:
        return ""
    present, absent, open_ones = (
        [p for p in sized if p["size"]["verdict"] == verdict]
        for verdict in ("present", "absent", "undecided")
    )
    found = []
    if present:
        found.append(f"{_names(present, record)} {_is(present)} larger (**present**)")
    if absent:
        found.append(
            f"{_names(absent, record)} {_is(absent)} smaller (**absent**, as far as it matters)"
        )
    if open_ones:
        found.append(f"for {_names(open_ones, record)} it **cannot be told**")
    return (
        f"The smallest standard deviation that matters here is {number(smallest, 3)} "
        f"(`smallest_sd` in the config). By the whole interval, {'; '.join(found)}.\n"
    )


def _is(parameters: list[dict]) -> str:
    return "is" if len(parameters) == 1 else "are"


def _chosen(record: dict) -> list[tuple[dict, dict]]:
    """(parameter, curve) of at most PANELS parameters, in their own order.

    Standard deviations and sigma first, then correlations of which something is known.
    """
    curves: dict[tuple, dict] = {}
    for curve in record.get("curves") or []:
        if curve.get("values"):
            curves.setdefault(_key(curve), curve)
    ranks = {"sd": 0, "sigma": 1, "correlation": 2, "fixed": 3}
    known = [p for p in record["parameters"] if _key(p) in curves]
    ordered = sorted(known, key=lambda p: (unknown(p), ranks[p["kind"]]))[:PANELS]
    return [(p, curves[_key(p)]) for p in known if any(p is one for one in ordered)]


def _key(parameter: dict) -> tuple:
    return parameter["kind"], parameter.get("group"), tuple(parameter["effects"])


def _grouped(record: dict) -> bool:
    """Whether there are several grouping factors, so that names must tell them apart."""
    return len({p.get("group") for p in record["parameters"]} - {None}) > 1


def _figure(record: dict, place: int) -> str:
    chosen = _chosen(record)
    if not chosen:
        return ""
    panels = [_panel(parameter, curve, _grouped(record)) for parameter, curve in chosen]
    reached = sum(panel.at_edge for panel in panels)
    rest = sum(bool(given(best(p))) for p in record["parameters"]) - len(panels)
    return figure(
        svg(profiles(panels), f"profiles-{place}"),
        "Each panel holds one parameter at a value (across) and fits the rest again: up is how "
        "far that fit is from the best one. The interval is where the curve is below the dashed "
        "line. Look for curves that meet a thick black line, the edge of what is possible, below "
        "the dashed one (orange): the data do not exclude the edge."
        + (f" {count(rest, 'more parameter')} in the table only." if rest > 0 else ""),
        f"Profiles of {count(len(panels), 'parameter')}: {reached} reach the edge inside the "
        f"interval, {len(panels) - reached} do not.",
    )


def _panel(parameter: dict, curve: dict, grouped: bool) -> Curve:
    edges = {"sd": (0.0,), "correlation": (-1.0, 1.0)}.get(parameter["kind"], ())
    return Curve(
        name=name(parameter, grouped),
        estimate=curve["estimate"],
        values=curve["values"],
        differences=curve["differences"],
        lower=curve.get("lower"),
        upper=curve.get("upper"),
        edges=edges,
        at_edge=bool(curve.get("at_lower_edge") or curve.get("at_upper_edge")),
        cut=curve["cut"],
    )


def _table(record: dict) -> str:
    """All parameters by all methods; reasons as numbered notes below."""
    methods = [m for m in METHODS if any(interval(p, m) for p in record["parameters"])]
    notes: dict[str, int] = {}
    rows = []
    for parameter in record["parameters"]:
        cells: list = [
            Html(f"<bdi>{escape(name(parameter, _grouped(record)))}</bdi>"),
            number(parameter.get("estimate"), 3),
        ]
        cells += [_cell(interval(parameter, method), notes) for method in methods]
        rows.append(cells)
    level = f"{100 * record.get('level', 0.95):.0f} %"
    headings = ["Parameter", Column("Estimate", "num")]
    own = "Profile (REML)" if record.get("method") == "REML" else "Profile"
    names = METHODS | {"profile": own}
    headings += [Column(names[method], "num") for method in methods]
    listed = "\n".join(f"{k}. {text(reason)}" for reason, k in notes.items())
    return fold(
        f"All {level} intervals as numbers (in R: confint(fit), intervals(fit))",
        table(headings, rows, f"{level} intervals by method") + "\n" + listed,
    )


def _cell(found: dict, notes: dict[str, int]) -> Html:
    lower, upper = found.get("lower"), found.get("upper")
    reason = found.get("reason")
    mark = ""
    if reason:
        mark = f"<sup>{notes.setdefault(reason, len(notes) + 1)}</sup>"
    if lower is None and upper is None:
        return Html(f"–{mark}")
    if lower is None:
        return Html(f"up to {_end(upper)}{mark}")
    if upper is None:
        return Html(f"from {_end(lower)}{mark}")
    return Html(f"{_end(lower)} to {_end(upper)}{mark}")


def _end(value: float) -> str:
    """An end of an interval; an edge without decimals."""
    return number(value, 1 if value in (-1.0, 0.0, 1.0) else 3)
