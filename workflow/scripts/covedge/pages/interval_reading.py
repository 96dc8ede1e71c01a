"""What a record of intervals says of one parameter."""


def interval(parameter: dict, method: str) -> dict:
    """lower, upper and reason by a method; empty where the record does not have it."""
    return (parameter.get("intervals") or {}).get(method) or {}


def best(parameter: dict) -> dict:
    """The profile by the fit's own criterion, or by ML where that has none."""
    own = interval(parameter, "profile")
    return own if given(own) else interval(parameter, "profile_ml")


def given(found: dict) -> bool:
    """Whether there is an interval, be it open on one side."""
    return found.get("lower") is not None or found.get("upper") is not None


def of_kind(record: dict, kind: str) -> list[dict]:
    return [p for p in record["parameters"] if p["kind"] == kind]


def unknown(parameter: dict) -> bool:
    """A correlation of which no value is excluded."""
    found = best(parameter)
    return bool(found.get("at_lower_edge") and found.get("at_upper_edge"))


def at_edge(parameter: dict) -> bool:
    """Whether an end of the profile interval is 0, -1 or 1."""
    found = best(parameter)
    return bool(found.get("at_lower_edge") or found.get("at_upper_edge"))


def name(parameter: dict, grouped: bool = True) -> str:
    """What a parameter is called; `grouped` where there are several grouping factors."""
    kind, effects = parameter["kind"], parameter["effects"]
    group = f" | {parameter.get('group')}" if grouped else ""
    if kind == "sd":
        return f"SD of {effects[0]}{group}"
    if kind == "correlation":
        return f"cor {effects[0]}, {effects[1]}{group}"
    return "residual SD (sigma)" if kind == "sigma" else str(effects[0])
