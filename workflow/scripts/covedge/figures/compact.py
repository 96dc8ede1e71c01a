"""The same picture in fewer bytes: a figure of thousands of groups says the same style each time.

Only tags are touched, never the text between them: that may be a label from the data.
"""

import re
from collections import Counter

# A hundredth of a point cannot be seen.
DECIMALS = 2
# A style that comes so often is named once; below, its name would save nothing.
OFTEN = 20
_TAG = re.compile(r"<[^>]*>")
_GEOMETRY = re.compile(r' (?:d|x|y|cx|cy|points)="[^"]*"')
_LONG = re.compile(rf"-?\d+\.\d{{{DECIMALS + 1},}}")
_STYLE = re.compile(r' style="([^"]*)"')


def compact(source: str, name: str) -> str:
    """An SVG with rounded coordinates, no tags or spaces that say nothing, its styles in classes.

    name : unique on the page; the names of the classes are made from it.
    """
    source = _TAG.sub(lambda tag: _GEOMETRY.sub(_rounded, tag[0]), source)
    source = _without_bare_groups(re.sub(r">\s+<", "><", source))
    return _named_styles(source, re.sub(r"[^\w-]", "-", name))


def _rounded(attribute: re.Match) -> str:
    told = _LONG.sub(lambda number: f"{float(number[0]):.{DECIMALS}f}", attribute[0])
    return re.sub(r"\s*\n", " ", told).replace(' "', '"')


def _without_bare_groups(source: str) -> str:
    """Without the groups that have no attribute, as most have once nothing refers to them."""
    kept: list[bool] = []

    def tag(match: re.Match) -> str:
        if match[0] == "</g>":
            return match[0] if kept.pop() else ""
        if match[0] == "<g>" or match[0].startswith("<g "):
            kept.append(match[0] != "<g>")
            return match[0] if kept[-1] else ""
        return match[0]

    return _TAG.sub(tag, source)


def _named_styles(source: str, name: str) -> str:
    head, body = source.split(">", 1)
    counted = Counter(
        style for tag in _TAG.findall(body) if " class=" not in tag for style in _STYLE.findall(tag)
    )
    often = [style for style, times in counted.items() if times >= OFTEN]
    names = {style: f"{name}-s{place}" for place, style in enumerate(often)}

    def named(tag: re.Match) -> str:
        if " class=" in tag[0]:
            return tag[0]
        return _STYLE.sub(lambda s: f' class="{names[s[1]]}"' if s[1] in names else s[0], tag[0])

    rules = "".join(f".{each}{{{style}}}" for style, each in names.items())
    sheet = f"<style>{rules}</style>" if rules else ""
    return f"{head}>{sheet}{_TAG.sub(named, body)}"
