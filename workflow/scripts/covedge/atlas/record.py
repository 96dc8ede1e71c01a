"""What an atlas found as atlas.json has it, and in two sentences."""

from dataclasses import asdict

from covedge.atlas.asked import Asked
from covedge.atlas.findings import Needed, Tried, mapped, needed
from covedge.atlas.rounds import at, milestones
from covedge.atlas.surface import Surface
from covedge.proportion import Proportion

# Multiples of the observations in a group for which the number of groups is told.
DENSITIES = (0.5, 1.0, 2.0)
# Of the levels, the one that the sentences are about.
WANTED = 0.05


def atlas_record(asked: Asked, found: list[Tried], smooth: Surface, rounds: int) -> dict:
    """The content of atlas.json.

    found : all places that were tried. SDs and widths are in units of the response.
    """
    question, sigma = asked.question, asked.sigma
    region, here = question.region, question.region.here
    p, low, high = (float(v) for v in smooth.at(at(region, [here]))[0])
    numbers = [one for d in DENSITIES for one in needed(region, smooth, d)]
    at_milestones = {one.place.n_groups: one for one in found if one.place in milestones(region)}
    record = {
        "status": "ok",
        "model": asked.model,
        "planned": asked.planned,
        "method": "REML" if question.reml else "ML",
        "group": question.how.outer.name,
        "unit": question.how.unit_name,
        "term": question.frame.terms[-1 - question.truths.level].name,
        "here": {
            "n_groups": here.n_groups,
            "sd": here.sd * sigma,
            "sd_relative": here.sd,
            "size": asked.size,
            "reliability": question.truths.at(here.sd).reliability,
            "p": p,
            "low": low,
            "high": high,
        },
        "estimate": question.truths.estimate * sigma,
        "sigma": sigma,
        "reliabilities": [
            {"sd": float(sd) * sigma, "reliability": float(rho)} for sd, rho in region.reliabilities
        ],
        "map": _map(region, smooth, sigma),
        "needed": [asdict(one) for one in numbers],
        "milestones": [_milestone(one, sigma) for _, one in sorted(at_milestones.items())],
        "rounds": rounds,
        "places": len(found),
        "fits": sum(one.singular.n for one in found),
    }
    return record | {"sentences": sentences(record)}


def _map(region, smooth, sigma):
    found = mapped(region, smooth)
    return found | {"sd": found["sd"] * sigma}


def _milestone(one: Tried, sigma):
    return {
        "n_groups": one.place.n_groups,
        "singular": _share(one.singular),
        "ranks": {
            group: [
                {"rank": rank, "share": count / one.singular.n} for rank, count in found.items()
            ]
            for group, found in one.ranks.items()
        },
        "fixed": [
            {"name": name, "width": one.widths[name] * sigma, "rejected": _share(share)}
            for name, share in one.rejected.items()
        ],
    }


def _share(one: Proportion):
    return {"estimate": one.estimate, "interval": list(one.interval), "n": one.n}


def sentences(record: dict) -> list[str]:
    """How often it would happen here, and how many groups it would take."""
    here, group = record["here"], record["group"]
    return [
        f"With {here['n_groups']} levels of {group} and a design like this one, "
        f"{_percent(here['p'])} of experiments come out singular "
        f"(95 % interval {_percent(here['low'])} to {_percent(here['high'])}) if the weakest "
        f"direction truly has a standard deviation of {here['sd']:.3g}, {here['size']}.",
        _takes(record),
    ]


def _takes(record):
    by_density = {one["density"]: one for one in record["needed"] if one["level"] == WANTED}
    alone, double = Needed(**by_density[1.0]), Needed(**by_density[2.0])
    level, unit = _percent(WANTED), record["unit"]
    most = round(record["map"]["n_groups"][-1])
    if alone.n_groups is None:
        told = f"Even {most} levels of {record['group']} would not bring that below {level}"
    elif alone.n_groups <= record["here"]["n_groups"] and alone.n_groups > 1:
        told = f"{_about(alone)} levels are enough to keep that below {level}"
    else:
        told = f"It would take about {_about(alone)} levels to bring that below {level}"
    if double.n_groups is None:
        return (
            f"{told}, and neither would twice as many {unit} in each."
            if (alone.n_groups is None)
            else f"{told}."
        )
    return f"{told}; with twice as many {unit} in each, about {_about(double)}."


def _about(one: Needed):
    if one.low is None or one.high is None:
        bound = f"at least {one.low}" if one.low is not None else "how sure is not known"
        return f"{one.n_groups} ({bound})"
    return f"{one.n_groups} ({one.low} to {one.high})"


def _percent(share):
    if share < 0.001:
        return "under 0.1 %"
    if share > 0.999:
        return "over 99.9 %"
    return f"{100 * share:.1f} %" if share < 0.0495 else f"{100 * share:.0f} %"
