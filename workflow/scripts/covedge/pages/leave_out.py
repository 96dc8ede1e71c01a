"""Does one group decide? The rank and the fixed effects without each single group."""

from covedge.figures.leave_out import fixed_without, leave_out
from covedge.figures.style import svg
from covedge.markup import (
    NOTHING,
    Column,
    Html,
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
from covedge.pages import reading
from covedge.pages.results import Results

# A fixed effect that moves by this many of its standard errors is called out.
FAR = 1.0
# More of them are counted, not named.
NAMED = 4
# More coefficients than this are left to the table.
ROWS = 12


def compose(results: Results) -> str:
    """In words which group decides, if any; then the spectra and the fixed effects without each."""
    found = results.leave_out
    if not found.get("terms"):
        reason = found.get("reason") or "the model has no grouping factor, or the step did not run"
        return f"No group was left out: {text(reason)}.\n"
    label = results.label(found["model"])
    parts = [
        f"The model is {text(label)}, fitted again without each group in turn. What hangs on one "
        "group is a finding about that group: look at its rows before you report it. With few "
        "groups the rank hangs on one of them by mere chance, too.\n"
    ]
    terms = [(term["group"], _term(found, term, k)) for k, term in enumerate(found["terms"])]
    if len(terms) == 1:
        return "\n".join([*parts, terms[0][1]])
    tabs = ((f"Without single groups of {text(group)}", told) for group, told in terms)
    return "\n".join([*parts, tabset(tabs)])


def _term(found: dict, term: dict, index: int) -> str:
    if term["status"] != "ok":
        return f"Groups of {text(term['group'])} were not left out: {term['reason']}.\n"
    return "\n".join(
        [
            _words(found, term),
            *_spectra(found, term, index),
            _fixed(found, term, index),
            _table(found, term),
        ]
    )


def fitted(term: dict) -> list[dict]:
    """The left-out groups without which there is a fit."""
    return [one for one in term["levels"] if not one["reason"]]


def deciding(found: dict, term: dict) -> list[dict]:
    """The groups without which the rank of some term is another."""
    return [one for one in fitted(term) if one["rank"] != found["whole"]["rank"]]


def shifts(found: dict, one: dict) -> list[float]:
    """How far each fixed effect is from that of the whole, in standard errors of the whole."""
    whole = found["whole"]
    return [
        (value - all_) / error if error else 0.0
        for value, all_, error in zip(
            one["fixed"], whole["fixed"], whole["std_errors"], strict=True
        )
    ]


def _words(found: dict, term: dict) -> str:
    return f"{_rank_words(found, term)} {_fixed_words(found, term)}{_missing(term)}\n"


def _rank_words(found: dict, term: dict) -> str:
    """Whether the fit is singular without each group, then which ranks are others."""
    singular, groups = found["whole"]["degenerate"], count(len(fitted(term)), "group")
    flips = [one for one in fitted(term) if one["degenerate"] != singular]
    odd = deciding(found, term)
    stays = "is singular" if singular else "stays sound"
    turns = "is no longer singular" if singular else "becomes singular"
    if not odd:
        return (
            f"**No single group of {text(term['group'])} decides**: the fit {stays}, with the same "
            f"ranks, whichever of {groups} is left out."
        )
    ranks = _rank_changes(found, odd)
    if not flips:
        return (
            f"**No single group of {text(term['group'])} decides whether the fit is singular**: it "
            f"{stays} whichever of {groups} is left out. How many directions have variance is less "
            f"firm: {ranks}."
        )
    if len(flips) == 1:
        if odd == flips:
            ranks = listing(_differences(found, flips[0]))
        return (
            f"**One group decides.** Without {_names(flips)} the fit {turns} ({groups} of "
            f"{text(term['group'])} were left out in turn): {ranks}."
        )
    return (
        f"**It is a close call.** The fit {turns} without any one of {_names(flips)} "
        f"({len(flips)} of {groups} of {text(term['group'])}): {ranks}."
    )


def _rank_changes(found: dict, odd: list[dict]) -> str:
    """`without a and b the rank is 4, not 3`, for each change."""
    whole = found["whole"]["rank"]
    alike: dict[tuple[str, int], list[dict]] = {}
    for one in odd:
        for group, rank in one["rank"].items():
            if rank != whole[group]:
                alike.setdefault((group, rank), []).append(one)
    return listing(
        [
            f"without {_names(some, 'or')} {_difference(found, group, rank)}"
            for (group, rank), some in alike.items()
        ]
    )


def _differences(found: dict, one: dict) -> list[str]:
    ranks = one["rank"].items()
    return [_difference(found, g, r) for g, r in ranks if r != found["whole"]["rank"][g]]


def _difference(found: dict, group: str, rank: int) -> str:
    whole = found["whole"]["rank"]
    which = f" of {text(group)}" if len(whole) > 1 else ""
    return f"the rank{which} is {rank}, not {whole[group]}"


def _names(some: list[dict], word: str = "and") -> str:
    """`a, b and c`, the first of them where there are many."""
    names = [text(one["level"]) for one in some[:NAMED]]
    names += [f"{len(some) - NAMED} more"] if len(some) > NAMED else []
    return f" {word} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _far(found: dict, term: dict) -> list[tuple[str, str, float]]:
    """(effect, group, shift) where a fixed effect moves far without a group, farthest first."""
    moved = [
        (name, one["level"], shift)
        for one in fitted(term)
        for name, shift in zip(found["fixed"], shifts(found, one), strict=True)
        if abs(shift) >= FAR
    ]
    return sorted(moved, key=lambda each: -abs(each[2]))


def _fixed_words(found: dict, term: dict) -> str:
    moved = _far(found, term)
    if not fitted(term) or not found["fixed"]:
        return ""
    if not moved:
        largest = max(abs(s) for one in fitted(term) for s in shifts(found, one))
        return (
            f"No fixed effect moves by more than {number(largest, 2)} of its standard errors when "
            "one group is left out."
        )
    parts = [
        f"{text(name)} moves by {number(shift, 2)} standard errors without {text(group)}"
        for name, group, shift in moved[:NAMED]
    ]
    more = f" There are {len(moved) - NAMED} more such moves." if len(moved) > NAMED else ""
    return f"{listing(parts)}.{more}"


def _missing(term: dict) -> str:
    lost = [one for one in term["levels"] if one["reason"]]
    told = [f"{text(one['level'])} ({one['reason']})" for one in lost[:NAMED]]
    more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    return f" There is no fit without {listing(told)}{more}." if lost else ""


def _spectra(found: dict, term: dict, index: int):
    """A figure for the random effects of each grouping factor, without each group of this one."""
    odd = {one["level"] for one in deciding(found, term)}
    for place, (group, whole) in enumerate(found["whole"]["reliabilities"].items()):
        levels = term["levels"]
        drawing = leave_out(
            [one["level"] for one in levels],
            [None if one["reason"] else one["reliabilities"][group] for one in levels],
            [one["level"] in odd for one in levels],
            whole,
            f"reliability of each direction of {group}: 0 is collapsed",
        )
        words = (
            f"Each row is the fit without one group; each dot is one direction of the random "
            f"effects of {group}, at its reliability. Grey lines: the fit of all groups. Look for "
            "a row that has a dot at zero where the others have none, or none where they have one. "
            "Rows with another rank are orange."
        )
        alt = (
            f"Reliabilities without each group of {term['group']}: the rank is another without "
            f"{listing(sorted(odd)) if odd else 'none of them'}."
        )
        yield figure(svg(drawing, f"leave-out-{index}-{place}"), words, alt)


def _fixed(found: dict, term: dict, index: int) -> str:
    left = fitted(term)
    if not left or not found["fixed"]:
        return ""
    values = [shifts(found, one) for one in left]
    order = sorted(range(len(found["fixed"])), key=lambda j: -max(abs(row[j]) for row in values))
    kept = sorted(order[:ROWS])
    drawing = fixed_without(
        [found["fixed"][j] for j in kept],
        [[(one["level"], row[j]) for one, row in zip(left, values, strict=True)] for j in kept],
        FAR,
    )
    rest = len(order) - len(kept)
    words = (
        "Each row is one fixed effect, each dot its estimate without one group, as a distance "
        "from the estimate of all groups. Look for one dot far from the rest: its name is beside "
        "it from one standard error on (dashed)."
    )
    words += f" The {rest} that move least are not drawn." if rest else ""
    far = _far(found, term)
    alt = "No fixed effect moves by one standard error without any single group."
    if far:
        alt = f"{far[0][0]} moves by {number(far[0][2], 2)} standard errors without {far[0][1]}."
    return figure(svg(drawing, f"leave-out-fixed-{index}"), words, alt)


def _table(found: dict, term: dict) -> str:
    groups = list(found["whole"]["rank"])
    columns = [f"Left out of {term['group']}"]
    columns += [Column(f"Rank of {group}", "num") for group in groups]
    columns += [Column(f"Smallest reliability of {group}", "num") for group in groups]
    columns += [Column("σ", "num"), *(Column(name, "num") for name in found["fixed"])]
    rows = [_row(found["whole"], groups, "none", len(columns))]
    rows += [_row(one, groups, one["level"], len(columns)) for one in term["levels"]]
    return fold(
        "All numbers without each group (in R: update(fit, subset = group != ...) for each)",
        table(columns, rows, f"Fits without single groups of {term['group']}"),
    )


def _row(one: dict, groups: list[str], name: str, width: int) -> list:
    head = Html(f"<bdi>{escape(name)}</bdi>")
    if one["reason"]:
        return [head] + [NOTHING] * (width - 1)
    return [
        head,
        *(one["rank"][group] for group in groups),
        *(number(_smallest(one["reliabilities"][group]), 2) for group in groups),
        number(one["sigma"], 3),
        *(number(value, 3) for value in one["fixed"]),
    ]


def _smallest(reliabilities: list[float]) -> float | None:
    return reading.clean(min(reliabilities)) if reliabilities else None
