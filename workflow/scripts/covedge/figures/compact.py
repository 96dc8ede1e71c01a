"""The same picture in fewer bytes: a figure of thousands of groups says the same style each time.

Only tags are touched, never the text between them: that may be a label from the data.
"""

import re
from collections import Counter
from collections.abc import Iterator

# A hundredth of a point cannot be seen.
DECIMALS = 2
# What comes so often is said once; below, little would be saved.
OFTEN = 20
_TAG = re.compile(r"<[^>]*>")
_GEOMETRY = re.compile(r' (?:d|x|y|cx|cy|points)="[^"]*"')
_LONG = re.compile(rf"-?\d+\.\d{{{DECIMALS + 1},}}")
# A mark, where it is, and how it looks; no transform, which a group around it would not know of.
_MARK = re.compile(
    r'<(?:path|use)(?: (?:d|x|y|href)="[^"]*")+(?P<look>(?: (?:clip-path|style)="[^"]*")+) ?/>'
)
# Of a group, this is another thing than of each of its marks.
_OF_THE_WHOLE = re.compile(r'[" ;](?:opacity|filter|mix-blend-mode):')
_STYLE = re.compile(r' style="([^"]*)"')


def compact(source: str, name: str) -> str:
    """An SVG with rounded coordinates, no tags or spaces that say nothing, its styles in classes.

    name : unique on the page; the names of the classes are made from it.
    """
    source = _TAG.sub(lambda tag: _GEOMETRY.sub(_rounded, tag[0]), source)
    source = _without_bare_groups(re.sub(r">\s+<", "><", source))
    source = _said_once(source)
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


def _said_once(source: str) -> str:
    """Marks in a row that look the same, in a group that looks so."""
    parts, place = [], 0
    for run in _runs(source):
        look, start, end = run[0]["look"], run[0].start(), run[-1].end()
        if len(run) >= OFTEN and not _OF_THE_WHOLE.search(look):
            marks = source[start:end].replace(look, "")
            parts += [source[place:start], f"<g{look}>{marks}</g>"]
            place = end
    return "".join([*parts, source[place:]])


def _runs(source: str) -> Iterator[list[re.Match]]:
    run: list[re.Match] = []
    for mark in _MARK.finditer(source):
        if run and (mark.start() != run[-1].end() or mark["look"] != run[-1]["look"]):
            yield run
            run = []
        run.append(mark)
    if run:
        yield run


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
