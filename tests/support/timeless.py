"""Results without what differs between two runs on one machine."""


def timeless(value):
    """The value without times, also those among R's answers, which are lines [name, values]."""
    if isinstance(value, dict):
        return {key: timeless(item) for key, item in value.items() if key != "seconds"}
    if isinstance(value, list):
        kept = [v for v in value if not (isinstance(v, list) and v[:1] == ["seconds"])]
        return [timeless(item) for item in kept]
    return value
