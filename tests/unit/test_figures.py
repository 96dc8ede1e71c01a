"""SVGs that can stand together on one page: own ids, text as text, colours that follow it."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from covedge.digest import sources
from covedge.figures.answers import NONE, SAME_OPTIMUM, SHORT, answers
from covedge.figures.beside import Source, beside
from covedge.figures.chains import chains, good_and_bad
from covedge.figures.correlation import correlation
from covedge.figures.counts import counts
from covedge.figures.densities import Row, densities
from covedge.figures.divergent import divergent
from covedge.figures.effects_beside import effects_beside
from covedge.figures.energy import energy
from covedge.figures.fixed_effects import fixed_effects
from covedge.figures.ladder import ladder
from covedge.figures.loadings import loadings
from covedge.figures.missed import Margins, Missed, missed
from covedge.figures.pushed import pushed
from covedge.figures.rank_bars import rank_bars
from covedge.figures.spectra import spectra
from covedge.figures.style import svg
from covedge.figures.support import support

NASTY = ("<script>", "a|b", "$x_1$", "🐀 µ", 'id="q" #0072b2', "שלום")


def all_figures(labels):
    a, b, *_ = labels
    draws = np.random.default_rng(1).normal(size=(4, 300))
    return {
        "support": support([a, b], [["alive", "collapsed"], ["flat"]]),
        "counts": counts([[1, 0], [3, 40]], [a, b], [a, b], a),
        "ladder": ladder([a, b], [3.0, None], ["healthy", "not identifiable"]),
        "spectra": spectra([a], [[0.9, 0.0]], [[None, 0.4]], [["alive", "collapsed"]]),
        "loadings": loadings([[1.0, -0.5]], [a, b], [0.4], ["alive"]),
        "correlation": correlation([[1, None], [None, 1]], [0.1, 0.0], [a, b]),
        "fixed": fixed_effects(
            [a, b], [[1], [2]], [[(0, 2)], [(None, 9)]], [a], ["degenerate"], [True]
        ),
        "chains": chains([a], [draws]),
        "good-and-bad": good_and_bad([a, b], [draws, draws], [None, draws > 2], a),
        "beside": beside([a, b], [Source(a, [1.0, None], [(0, 2), None])], b),
        "densities": densities([Row(a, abs(draws.ravel()), abs(draws.ravel()), 0.1)], b),
        "divergent": divergent([a, b], [np.exp(draws[0]), np.exp(draws[1])], draws[2] > 1),
        "energy": energy([a], [draws]),
        "rank-bars": rank_bars([0.1, 0.9], [0.5, 0.5], 1, a, [(b, [0.0, 1.0])]),
        "answers": answers([a, b], [a], [[(SAME_OPTIMUM, "")], [(SHORT, b)]]),
        "effects": effects_beside([a, b], [a, b], *np.arange(16.0).reshape(4, 2, 2)),
    }


@pytest.fixture(scope="module", params=[NASTY[:2], NASTY[2:4], NASTY[4:]], ids=str)
def pictures(request):
    figures = all_figures(request.param)
    return request.param, {name: svg(figure, name) for name, figure in figures.items()}


def test_each_is_well_formed_and_shows_its_labels(pictures):
    labels, drawn = pictures
    for name, source in drawn.items():
        root = ET.fromstring(source)
        shown = {"".join(node.itertext()) for node in root.iter() if node.tag.endswith("text")}
        assert any(label in shown for label in labels), name


def test_ids_do_not_collide_and_every_reference_has_its_target(pictures):
    _, drawn = pictures
    page = "".join(re.sub(r">[^<]*<", "><", source) for source in drawn.values())
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    references = set(re.findall(r"url\(#([^)]+)\)", page)) | set(
        re.findall(r'href="#([^"]+)', page)
    )
    assert references
    assert references == set(ids) - {f"fig-{name}" for name in drawn}
    assert all(f'<svg id="fig-{name}"' in source for name, source in drawn.items())


def test_colours_are_variables_of_the_page(pictures):
    _, drawn = pictures
    for name, source in drawn.items():
        styles = " ".join(re.findall(r'style="([^"]*)"', source))
        bare = re.sub(r"var\(--\w+, #[0-9a-f]{6}\)", "", styles)
        assert not re.findall(r"#[0-9a-fA-F]{3,6}", bare), name


def test_nothing_is_a_bitmap_a_glyph_path_or_a_link(pictures):
    _, drawn = pictures
    for source in drawn.values():
        assert "<image" not in source
        assert "DejaVu" not in source
        assert "http" not in source.replace("http://www.w3.org/2000/svg", "")


def test_the_same_data_give_the_same_bytes():
    twice = [svg(all_figures(NASTY)["spectra"], "spectra") for _ in range(2)]
    assert twice[0] == twice[1]


def test_drawing_leaves_the_settings_of_the_caller_alone():
    import matplotlib

    matplotlib.use("agg")
    before = dict(matplotlib.rcParams)
    all_figures(NASTY)
    assert dict(matplotlib.rcParams) == before


def test_only_the_pages_depend_on_figures():
    """A change in a figure must not run a fit or a sampler again."""
    scripts = Path(__file__).parents[2] / "workflow" / "scripts"
    drawn = set((scripts / "covedge" / "figures").glob("*.py"))
    for script in scripts.glob("*.py"):
        used = drawn & set(sources(script, scripts))
        assert used == (drawn if script.stem in ("report", "index", "plan_page") else set()), script


def marks(figure, colour=None):
    """Places of all marks, in the order in which they were drawn."""
    found = [c.get_offsets()[0] for c in figure.axes[0].collections if len(c.get_offsets())]
    return [(float(x), float(y)) for x, y in found]


def test_an_engine_that_stopped_short_is_hollow_and_says_by_how_much():
    figure = answers(["one", "two"], ["e", "f"], [[(SAME_OPTIMUM, ""), (NONE, "")]] * 2)
    assert marks(figure)[:4] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    figure = answers(["one"], ["e"], [[(SHORT, "11")]])
    assert "11" in [t.get_text() for t in figure.axes[0].texts]
    hollow = figure.axes[0].collections[0]
    assert not len(hollow.get_facecolor())
    legend = [t.get_text() for t in figure.legends[0].get_texts()]
    assert legend == ["stopped short, by so much"]


def test_shares_of_singular_fits_stand_where_they_are_and_none_at_all_aside():
    sizes = [Missed(0.0, 1.0, 0.97, 1.0), Missed(0.3, 0.4, 0.3, 0.5), Missed(3.0, 0.0, 0.0, 0.1)]
    axes = missed(sizes, Margins(0.3, 0.01, 0.2)).axes[0]
    (points,) = [c.get_offsets() for c in axes.collections if len(c.get_offsets()) == 3]
    assert points.tolist() == [pytest.approx(p) for p in ([0.1, 100.0], [0.3, 40.0], [3.0, 0.0])]
    assert axes.get_xticklabels()[0].get_text() == "none"
    bars = [line.get_ydata() for line in axes.lines if len(line.get_xdata()) == 2]
    assert [list(bar) for bar in bars if bar[1] == 50.0] == [[30.0, 50.0]]


def test_the_push_of_the_data_stands_beside_that_of_chance():
    axes = pushed(0.2, [1.0 - dual for dual in np.linspace(0.0, 0.5, 101)]).axes[0]
    assert axes.lines[0].get_xdata()[0] == pytest.approx(20.0)
    heights = {round(p.get_x()): p.get_height() for p in axes.patches}
    assert heights[45] == 0.0
    assert heights[50] > 0.0
    assert sum(heights.values()) == pytest.approx(100.0)
