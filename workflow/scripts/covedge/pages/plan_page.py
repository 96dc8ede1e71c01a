"""The page of a plan: its design, its atlas, and how to ask again."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from covedge.markup import (
    Markdown,
    block,
    code,
    code_html,
    count,
    div,
    escape,
    listing,
    table,
    text,
)
from covedge.pages import atlas, provenance
from covedge.pages.page import Sections, section
from covedge.pages.results import FAILED

# What of a plan is no part of the design.
NOT_THE_DESIGN = ("name", "title", "seed")


@dataclass(frozen=True)
class Planned:
    """plan : its slice of the config. atlas : atlas.json where it could be made.

    The other fields are those of `results.Results` that the section on errors reads.
    """

    plan: dict
    atlas: dict
    provenance: dict
    steps: dict = field(default_factory=dict)
    engines: dict = field(default_factory=dict)
    posterior: tuple = ()
    verdict: dict = field(default_factory=dict)
    unread: tuple = ()


def load_plan(parameters: str | Path = "parameters.json") -> "PlanPage":
    """The page of the plan that the JSON file `parameters` names."""
    given = json.loads(Path(parameters).read_text(encoding="utf-8"))
    found = json.loads(Path(given["atlas"]).read_text(encoding="utf-8"))
    failed = found.get("status") == FAILED
    return PlanPage(
        Planned(
            given["plan"],
            {} if failed else found,
            given["provenance"],
            {"atlas": found} if failed else {},
        )
    )


def masthead(planned: Planned) -> str:
    """Title, formula, and a line of facts."""
    plan = planned.plan
    facts = [f"{count(n, 'level')} of {name}" for name, n in plan["groups"].items()]
    facts += ["a plan: no data", {"REML": "to be fitted by REML"}.get(plan["method"], "by ML")]
    items = "".join(f"<li><bdi>{escape(fact)}</bdi></li>" for fact in facts)
    return block(
        '<header class="masthead"><p class="eyebrow">Covariance at the edge</p>'
        f"<h1><bdi>{escape(plan['title'])}</bdi></h1>"
        f'<p class="formula">{code_html(plan["formula"])}</p>'
        f'<ul class="facts">{items}</ul></header>'
    )


def design(planned: Planned) -> str:
    """What was planned, in words."""
    plan = planned.plan
    rows = [("Groups", listing(f"{n} levels of {name}" for name, n in plan["groups"].items()))]
    for name, given in plan["predictors"].items():
        if isinstance(given, dict):
            values = listing(map(str, given["values"]))
            rows.append(
                (f"Predictor {name}", f"{values}, one for each level of {given['between']}")
            )
        else:
            rows.append((f"Predictor {name}", f"{listing(map(str, given))}, in every group"))
    rows.append(("Observations of each combination in each group", str(plan["repeats"])))
    for name, sd in plan["sd"].items():
        told = (
            listing(f"{effect} {value:g}" for effect, value in sd.items())
            if isinstance(sd, dict)
            else f"{sd:g}, of every effect"
        )
        rows.append((f"SDs between levels of {name}", told))
    rows.append(("SD within groups", f"{plan['residual_sd']:g}"))
    rows.append(("Correlation of effects", f"{plan['correlation']:g}"))
    return table(["What", "As planned"], rows, "The plan", stacked=True)


def how_many(planned: Planned) -> str:
    """The atlas."""
    return atlas.section(planned.atlas, planned.steps.get("atlas", {}))


def methods(planned: Planned) -> str:
    """To paste into a proposal."""
    found, plan = planned.atlas, planned.plan
    if found.get("status") != "ok":
        return "There is no atlas to describe.\n"
    version = planned.provenance.get("versions", {}).get("covedge")
    covedge = f"covedge {version}" if version else "covedge"
    paragraph = (
        f"The number of groups was chosen by simulation with {covedge}: "
        f"{found['fits']:,} responses were drawn from the model {code(plan['formula'])} on designs "
        f"with other numbers of groups and fitted by {plan['method']}. "
        + " ".join(text(sentence) for sentence in found["sentences"])
    )
    return div("copy", paragraph)


def where_from(planned: Planned) -> str:
    """Versions, and the plan as the config has it."""
    given = planned.provenance
    versions = ", ".join(f"{name} {v}" for name, v in given.get("versions", {}).items())
    rows = [
        ("Seed", planned.plan["seed"]),
        ("Rendered", given.get("rendered", "–")),
        ("Versions", versions),
    ]
    name, plan = planned.plan["name"], planned.plan
    slice_of_config = {"plans": {name: {k: v for k, v in plan.items() if k != "name"}}}
    source = yaml.safe_dump(slice_of_config, sort_keys=False, allow_unicode=True)
    lines = "".join(f"    {line}\n" for line in source.splitlines())
    return table(["What", "Value"], rows, "Provenance") + f"The plan, for a config:\n\n{lines}"


class PlanPage(Sections):
    """Sections of the page of a plan, as Markdown."""

    masthead = section(masthead)
    design = section(design)
    how_many = section(how_many)
    methods = section(methods)
    provenance = section(where_from)

    def errors(self) -> Markdown:
        """What failed."""
        return Markdown(provenance.errors(self.results, self.failures))
