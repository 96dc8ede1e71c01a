"""How many directions of a term the data need, from the tests of its rungs of limited rank."""

from covedge.fits.spectrum import ALIVE
from covedge.recommendation import LEVEL, p_of
from covedge.words import count, describe


def supported_ranks(fits: list[dict], looked_at: dict, tests: dict | None) -> list[dict]:
    """Per term with several directions: the lowest rank that does not fit worse.

    Each entry has group, rank (needed), estimated (the rank of the fit), directions (in words, of
    the rung of the needed rank, the most reliable first), p by rank, and a sentence.
    """
    found = []
    for term in looked_at["terms"]:
        if term["rank"] < 1 or len(term["effects"]) < 2:
            continue
        by_rank = _by_rank(fits, looked_at, term["group"], tests)
        fitting = [rank for rank, (_, p) in by_rank.items() if p > LEVEL]
        if not by_rank or not fitting:
            continue
        needed = min(fitting)
        rung = by_rank[needed][0]
        directions = _directions(rung, term["group"])
        p = {rank: p for rank, (_, p) in by_rank.items()}
        found.append(
            {
                "group": term["group"],
                "model": rung["model"],
                "rank": needed,
                "estimated": term["rank"],
                "directions": directions,
                "p": {str(rank): value for rank, value in sorted(p.items())},
                "sentence": _sentence(term, needed, directions, p),
            }
        )
    return found


def _by_rank(fits, looked_at, group, tests):
    """{rank: (rung, p)} of the rungs in which this term's rank is held lower.

    Where several have it at the same rank, that with the highest p: it holds the others least.
    """
    found = {}
    for fit in fits:
        mine = next((t for t in fit["terms"] if t["group"] == group), None)
        p = p_of(tests, fit["model"], looked_at["model"])
        if mine is None or mine["structure"] != "rank d" or p is None:
            continue
        rank = mine["full_rank"]
        if rank not in found or p > found[rank][1]:
            found[rank] = fit, p
    whole = next(t for t in looked_at["terms"] if t["group"] == group)
    if found and whole["rank"] == whole["full_rank"]:
        found[whole["rank"]] = (looked_at, 1.0)
    return found


def _directions(fit, group):
    term = next(t for t in fit["terms"] if t["group"] == group)
    alive = [d for d in term["spectrum"] if d["state"] == ALIVE]
    return [
        {"direction": describe(d, term), "reliability": d["reliability"]} for d in reversed(alive)
    ]


def _sentence(term, needed, directions, p):
    words = "; ".join(each["direction"] for each in directions)
    fewer_tested = needed - 1 in p
    if needed == term["rank"] and not fewer_tested:
        ways = "way" if needed == 1 else "ways"
        return f"The {ways} in which the fit lets levels of {term['group']} differ: {words}."
    verb, judged = "is" if needed == 1 else "are", "needed" if fewer_tested else "enough"
    text = (
        f"Of the {count(term['rank'], 'direction')} in which the fit lets levels of "
        f"{term['group']} differ, {needed} {verb} {judged} ({words})"
    )
    if fewer_tested:
        text += f": with {needed - 1} the model fits worse ({_p_words(p[needed - 1])})"
    if needed < term["rank"]:
        p_words = f"({_p_words(p[needed])} for a model with {needed})"
        text += f"; more are not {p_words}" if fewer_tested else f", and fits no worse {p_words}"
    return text + "."


def _p_words(p):
    return f"p = {p:.2g}" if p >= 1e-3 else "p < 0.001"
