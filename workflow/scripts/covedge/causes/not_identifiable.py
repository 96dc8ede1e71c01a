"""Variances that the design cannot tell apart, whatever the response."""

from covedge.causes.cause import NOT_IDENTIFIABLE, Cause


def not_identifiable(fit: dict, design: dict) -> list[Cause]:
    """From the identifiability of a model (fits/{model}.json) and design.json."""
    causes = []
    found = fit["identifiability"]
    for confounded in found["confounded"]:
        for group in confounded["groups"]:
            term = next(t for t in fit["terms"] if t["group"] == group)
            about = next(t for t in design["terms"] if t["group"] == group)
            most, q = about["observations"]["max"], len(term["effects"])
            evidence = {
                "parameters": found["n_parameters"],
                "identifiable": found["rank"],
                "effects": q,
                "most_observations_per_group": most,
                "confounded_with_residual": confounded["residual"],
            }
            sentence = _unidentifiable(group, term["structure"], q, most, confounded, found)
            causes.append(Cause(NOT_IDENTIFIABLE, fit["model"], group, evidence, sentence))
    return causes


def _unidentifiable(group, structure, q, most, confounded, found):
    counted = (
        f"Only {found['rank']} of its {found['n_parameters']} variance parameters can be told "
        "apart, whatever the response: "
    )
    if confounded["residual"] and most <= q and structure != "intercept":
        observations = "one observation" if most == 1 else f"at most {most} observations"
        return (
            f"The random effects of {group} cannot be estimated: there are {q} of them in each "
            f"group, for {observations}. {counted}their variances and the residual "
            "variance can be traded for each other without any change in fit. No optimiser can "
            "mend this; lmer refuses such a model, and lme wanders along the flat direction."
        )
    others = [g for g in confounded["groups"] if g != group]
    if confounded["residual"]:
        others.append("the residual")
    partner = " and ".join(others) or "one another"
    return (
        f"The random effects of {group} cannot be estimated. {counted}"
        f"variances of {group} can be traded for those of {partner} without any change in fit."
    )
