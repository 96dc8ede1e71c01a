"""The recommended model in words: why this one, what it costs, and what the schools would say."""

from collections.abc import Callable

from covedge.causes.cause import MISSPECIFIED
from covedge.recommendation import BALANCED, LEVEL, Recommendation, cost, sound
from covedge.words import count

# Books and papers that the page names, by school.
REFERENCES = {
    "maximal": (
        "Barr, Levy, Scheepers & Tily (2013), Random effects structure for confirmatory "
        "hypothesis testing: Keep it maximal. Journal of Memory and Language 68, 255-278"
    ),
    "parsimonious": (
        "Bates, Kliegl, Vasishth & Baayen (2015), Parsimonious mixed models. arXiv:1506.04967"
    ),
    "balanced": (
        "Matuschek, Kliegl, Vasishth, Baayen & Bates (2017), Balancing Type I error and power in "
        "linear mixed models. Journal of Memory and Language 94, 305-315"
    ),
}


def advice_record(advice: Recommendation, fits: list[dict], looked_at: dict) -> dict:
    """`recommended` of verdict.json."""
    asked, chosen = fits[-1], advice.chosen
    if chosen is None:
        return {
            "model": None,
            "formula": None,
            "because": "No rung of the ladder is certified, identifiable and not degenerate: list "
            "simpler ones under `ladder` in the config, or leave it at `auto`.",
            "cost": None,
            "schools": [],
            "candidates": [],
        }
    return {
        "model": chosen["model"],
        "formula": chosen["formula"],
        "because": _because(advice, asked, looked_at),
        "cost": _cost(chosen, looked_at),
        "schools": _schools(advice, fits, looked_at),
        "candidates": [
            {"model": c.fit["model"], "p": c.p, "drops": list(c.missing)} for c in advice.candidates
        ],
    }


def what_to_do(
    verdict: dict,
    formula: Callable[[str], str] = str,
    because: Callable[[str], str] = str,
    why: str = "",
) -> str:
    """What to report, from verdict.json; "" where no model is recommended.

    formula, because : how these two are shown, as code or escaped. why : a pointer to the causes.
    """
    advice = verdict.get("recommended") or {}
    if not advice.get("formula"):
        return ""
    told = f"Report {formula(advice['formula'])}. {because(advice.get('because') or '')}"
    if any(cause["cause"] == MISSPECIFIED for cause in verdict.get("causes", [])):
        return (
            f"First mend what the model gets wrong about these data{why}, and look again. "
            f"Of the models as they are: {told[0].lower()}{told[1:]}"
        )
    return told


def _because(advice, asked, looked_at):
    chosen, n = advice.chosen, len(advice.candidates)
    if advice.by_aic:
        return (
            f"Of the {count(n, 'rung')} that are certified, identifiable and not degenerate it has "
            "the smallest AIC; the tests between rungs failed, or there are none."
        )
    own = next(c for c in advice.candidates if c.fit["model"] == chosen["model"])
    if chosen["model"] == asked["model"]:
        return "It is the model that you asked for, it is sound, and every simpler rung fits worse."
    whose = "your model" if looked_at["model"] == asked["model"] else looked_at["model"]
    better = f"does not fit worse than {whose} (p = {own.p:.2g})"
    if own.p <= LEVEL:
        better = f"fits least badly beside {whose} (p = {own.p:.2g})"
    text = f"Of the {count(n, 'rung')} of the ladder that are certified, identifiable and not "
    text += f"degenerate, it is the simplest that {better}."
    if n == 1:
        text = (
            f"It is the only rung that is certified, identifiable and not degenerate; it {better}."
        )
    if own.missing:
        text += (
            f" It leaves out {' and '.join(own.missing)}, whose variance is estimated as zero on "
            "every rung that has it."
        )
    if sound(looked_at) and looked_at["model"] == asked["model"]:
        text += " Your own model is sound too, and may be reported as it is."
    if "rr(" in chosen["formula"]:
        text += (
            " rr(effects | group, d) is glmmTMB's notation for a covariance matrix with d "
            "directions, which covedge has fitted."
        )
    return text


def _cost(chosen, looked_at):
    """What the other model says of the fixed effects."""
    if chosen["model"] == looked_at["model"]:
        return None
    found = cost(chosen, looked_at)
    if found is None:
        return None
    same = abs(found.moved) < 0.01 and found.smaller > 0.99 and found.larger < 1.01
    if same:
        sentence = (
            f"{looked_at['model']} says the same of the fixed effects: no estimate moves by more "
            "than a hundredth of its standard error, and no standard error by more than 1 %."
        )
    else:
        sentence = (
            f"{looked_at['model']} would have moved no fixed effect by more than "
            f"{abs(found.moved):.2g} of its standard errors ({found.name}); its standard errors "
            f"are {_range(found)} those of {chosen['model']}."
        )
    return {**vars(found), "beside": looked_at["model"], "sentence": sentence}


def _range(found):
    low, high = f"{found.smaller:.2f}", f"{found.larger:.2f}"
    return f"{low} times" if low == high else f"{low} to {high} times"


def _schools(advice, fits, looked_at):
    """What each school would report, and why."""
    maximal = (
        "Keep all random effects that the design justifies; simplify only what does not converge."
    )
    if looked_at["degenerate"]:
        maximal += " This one has an optimum, if a singular one."
    reduced = _as_it_is(fits, looked_at)
    schools = [
        ("maximal", looked_at, maximal),
        (
            "parsimonious",
            reduced,
            "Keep as many directions as the estimated covariance has, and go on to drop what a "
            "likelihood-ratio test does not support.",
        ),
    ]
    if advice.balanced is not None:
        schools.append(
            (
                "balanced",
                advice.balanced,
                f"Drop a component only where its test has p > {BALANCED:g}: that keeps power, and "
                "still guards the error rate.",
            )
        )
    return [
        {
            "school": school,
            "model": fit["model"],
            "formula": fit["formula"],
            "says": says,
            "reference": REFERENCES[school],
        }
        for school, fit, says in schools
    ]


def _as_it_is(fits, looked_at):
    """The sound rung that fits as well as the one looked at, with the fewest parameters."""
    equal = [fit for fit in fits if sound(fit) and fit["criterion"] < looked_at["criterion"] + 1e-6]
    return min(equal, key=lambda fit: fit["n_parameters"], default=looked_at)
