"""A figure in fewer bytes is the same figure."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from covedge.figures.compact import OFTEN, compact
from covedge.figures.style import svg

TEXT = "a  label 1.23456789 style=\"x\" > <g> d='1.23456'"


def drawn(source, *names):
    """(tag, style, letters and numbers of its coordinates) of every element that is drawn.

    Classes are resolved, and the clip and the style of a group are those of what is in it.
    """
    sheet = dict(re.findall(r"\.([\w-]+)\{([^}]*)\}", source))
    tree = ET.fromstring(source)
    parents = {child: parent for parent in tree.iter() for child in parent}
    found = []
    for each in tree.iter():
        tag = each.tag.rsplit("}", 1)[-1]
        if tag in names:
            above = [each]
            while above[-1] in parents and parents[above[-1]] is not tree:
                above.append(parents[above[-1]])
            styles = [one.get("style") or sheet.get(one.get("class")) for one in above]
            clips = [one.get("clip-path") for one in above]
            style = (next(filter(None, styles), ""), next(filter(None, clips), ""))
            places = " ".join(each.get(key, "") for key in ("x", "y", "d", "transform"))
            numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", places)]
            letters = re.findall(r"[A-Za-z]", places)
            found.append((tag, style, letters, numbers))
    return found


def many_marks():
    figure = Figure(figsize=(4, 3))
    axes = figure.add_subplot()
    axes.set_title(TEXT, parse_math=False)
    rng = np.random.default_rng(1)
    for x, y in rng.normal(size=(3 * OFTEN, 2)):
        axes.plot([x, x + 1], [y, y], marker="o", color="#0072b2")
    starts = rng.normal(size=2 * OFTEN)
    axes.hlines(starts, starts, starts + 1, color="#d55e00", alpha=0.3)
    return figure


def test_everything_drawn_is_where_it_was_and_looks_as_it_did(monkeypatch):
    small = svg(many_marks(), "figure-1")
    monkeypatch.setattr("covedge.figures.style.compact", lambda source, name: source)
    large = svg(many_marks(), "figure-1")
    assert len(small) < 0.6 * len(large)
    ours, theirs = (drawn(source, "path", "use", "text") for source in (small, large))
    assert len(ours) == len(theirs) > 6 * OFTEN
    for (tag, style, letters, numbers), (a_tag, a_style, a_letters, a_numbers) in zip(
        ours, theirs, strict=True
    ):
        assert (tag, style, letters) == (a_tag, a_style, a_letters)
        assert numbers == pytest.approx(a_numbers, abs=0.00501)


def test_text_is_left_as_it_is():
    texts = [each.text for each in ET.fromstring(svg(many_marks(), "x")).iter() if each.text]
    assert TEXT in texts


def test_groups_that_say_something_stay():
    source = '<svg a="b"><g><g clip-path="url(#c)"><g><path d="M 1 2"/></g></g></g></svg>'
    assert compact(source, "x") == ('<svg a="b"><g clip-path="url(#c)"><path d="M 1 2"/></g></svg>')


def test_names_of_classes_belong_to_the_figure_and_are_names_in_css():
    paths = '<path d="M 1.23456 2" transform="scale(2)" style="fill: none" />' * OFTEN
    found = compact(f'<svg style="max-width: 9px">{paths}</svg>', "a.b 1")
    assert ".a-b-1-s0{fill: none}" in found
    assert found.count('class="a-b-1-s0"') == OFTEN
    assert 'd="M 1.23 2"' in found
    assert '<svg style="max-width: 9px">' in found


def test_marks_in_a_row_that_look_the_same_say_so_once():
    mark = '<path d="M 1 2" clip-path="url(#c)" style="stroke: red; stroke-opacity: 0.3" />'
    other = '<path d="M 1 2" style="fill: none" />'
    found = compact(f"<svg>{mark * OFTEN}{other}{mark}</svg>", "x")
    look = ' clip-path="url(#c)" style="stroke: red; stroke-opacity: 0.3"'
    assert found == f"<svg><g{look}>{'<path d="M 1 2" />' * OFTEN}</g>{other}{mark}</svg>"


def test_the_opacity_of_a_mark_is_not_made_that_of_a_group():
    """Where two marks cross, theirs adds up."""
    mark = '<path d="M 1 2" style="fill: red; opacity: 0.3" />'
    assert "<g" not in compact(f"<svg>{mark * OFTEN}</svg>", "x")
