"""The Gram from batches is that of all rows at once, and what it takes does not grow with them."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from covedge.errors import DataError, DesignError
from covedge.fits.fit import fit
from covedge.fits.likelihood import Likelihood
from covedge.formulas.formula import parse
from covedge.frames.data import prepare
from covedge.frames.design import model_frame
from covedge.frames.table import read_table
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import build
from covedge.grams.triangle import Triangle
from covedge.models.ladder import build as ladder
from covedge.streaming.batches import in_memory, prepared_batches
from covedge.streaming.raw_batches import raw_batches
from covedge.streaming.stream import stream
from covedge.streaming.stream_survey import NeedsAllRows
from covedge.streaming.sufficient import sufficient
from support.dense import unbalanced
from support.models import data_set


def whole(table, formula, weights=None, **options):
    """Frame and Gram as the fit step makes them of a table that fits into memory."""
    asked = parse(formula)
    data = prepare(table, asked, weights=weights, **options).frame
    frame = model_frame(data, asked, (), weights)
    return data, frame, build(frame)


def check_same(found, frame, gram, tolerance=1e-10):
    """Equal Grams and terms. The columns' signs are free: R of a QR is unique but for them."""
    assert found.fixed == frame.fixed
    assert found.dropped == frame.dropped
    for mine, theirs in zip(found.terms, frame.terms, strict=True):
        assert (mine.group, mine.effects, mine.levels, mine.parts) == (
            theirs.group,
            theirs.effects,
            theirs.levels,
            theirs.parts,
        )
        np.testing.assert_equal(mine.intercept, theirs.intercept)
        assert (mine.cells is None) == (theirs.cells is None)
        if mine.cells is not None:
            assert (mine.cells.factor, mine.cells.labels) == (
                theirs.cells.factor,
                theirs.cells.labels,
            )
            np.testing.assert_array_equal(mine.cells.rows, theirs.cells.rows)
    got = found.gram
    for mine, theirs in zip(numbers(got), numbers(gram), strict=True):
        assert mine.shape == theirs.shape
        scale = max(np.abs(theirs).max(initial=0.0), 1e-300)
        np.testing.assert_allclose(mine / scale, theirs / scale, atol=tolerance)


def numbers(gram):
    """The arrays of a Gram, with the columns turned so that R of X and of each Z is positive."""
    if isinstance(gram, CrossedGram):
        yield from crossed_numbers(gram)
        return
    scaling = gram.scaling
    own = [np.sign(np.diag(W)) for W in scaling.random]
    fixed = np.sign(np.diag(scaling.fixed))
    last = np.append(fixed, 1.0)
    yield from (scaling.fixed * fixed[:, None], scaling.beta)
    yield np.array([gram.n_obs, scaling.response, scaling.log_weights])
    yield from (W * s for W, s in zip(scaling.random, own, strict=True))
    yield from gram.parents
    signs = np.concatenate([*own, last])
    if gram.parents:
        yield gram.deepest * own[0][:, None] * signs
    for raw in gram.raw:
        left = signs[len(signs) - raw.shape[1] :]
        yield raw * left[:, None] * left


def crossed_numbers(gram):
    scaling = gram.scaling
    own = [np.sign(np.diag(W)) for W in scaling.random]
    last = np.append(np.sign(np.diag(scaling.fixed)), 1.0)
    each = [np.tile(s, L) for s, L in zip(own, gram.n_groups, strict=True)]
    signs = np.concatenate([*each, last])
    yield gram.full() * signs[:, None] * signs
    yield from (scaling.beta, np.array([gram.n_obs, scaling.response, scaling.log_weights]))


@pytest.mark.parametrize("size", [5, 100])
@pytest.mark.parametrize("weights", [None, "w"])
def test_crossed_factors_in_batches(size, weights):
    rng = np.random.default_rng(3)
    n = 300
    table = pd.DataFrame(rng.normal(size=(n, 2)), columns=["y", "x"])
    table["w"] = rng.uniform(0.5, 2.0, n)
    table["s"] = [f"s{i}" for i in rng.integers(0, 15, n)]
    table["d"] = [f"d{i}" for i in rng.integers(0, 9, n)]
    formula = "y ~ x + (x | s) + (1 | d) + (1 | s:d)"
    data, frame, gram = whole(table, formula, weights)
    assert isinstance(gram, CrossedGram)
    check_same(stream(in_memory(data, size), parse(formula), (), weights), frame, gram)


def test_the_fit_step_takes_batches_where_rows_are_many(tmp_path):
    formula = "score ~ Machine + (Machine | Worker)"
    data, frame, gram = whole(data_set("Machines"), formula)
    data.to_parquet(tmp_path / "data.parquet", index=False)
    analysis = {"formula": formula, "ladder": "auto", "weights": None}
    for batched_from in (0, 10**9):
        check_same(sufficient(tmp_path / "data.parquet", analysis, batched_from), frame, gram)
    squared = {**analysis, "formula": "score ~ poly(x, 2) + (1 | Worker)"}
    data.assign(x=np.arange(54.0)).to_parquet(tmp_path / "data.parquet", index=False)
    assert sufficient(tmp_path / "data.parquet", squared, 0).gram.n_fixed == 3


@pytest.mark.parametrize("n_terms", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [1, 7, 40, 10_000])
@pytest.mark.parametrize("weights", [None, "w"])
def test_batches_of_any_size_give_the_gram_of_all_rows(n_terms, size, weights):
    dense = unbalanced(4, n_terms)
    data, frame, gram = whole(dense.table, dense.formula, weights)
    found = stream(in_memory(data, size), parse(dense.formula), (), weights)
    check_same(found, frame, gram)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_files_are_prepared_as_they_are_in_one_piece(tmp_path, ending):
    """Missing values, a subset, weights, labels that are numbers and ones that turn into text."""
    table = unbalanced(5, 2).table
    rng = np.random.default_rng(1)
    table["f"] = np.where(rng.random(len(table)) < 0.5, "u", "v")
    table["day"] = rng.integers(8, 12, len(table))
    table["late"] = [str(i) if i < len(table) - 3 else "x" for i in range(len(table))]
    table.loc[rng.random(len(table)) < 0.1, "x"] = np.nan
    table.loc[rng.random(len(table)) < 0.1, "day"] = np.nan
    path = tmp_path / f"data.{ending}"
    if ending == "parquet":
        table.to_parquet(path, row_group_size=11)
    else:
        table.to_csv(path, index=False)
    formula = "y ~ x + f + (x | a) + (1 | a:day)"
    options = {"subset": "z < 2.8 and late != 'x'", "categorical": ["day"]}
    _, frame, gram = whole(read_table(path), formula, "w", **options)
    batches = raw_batches(path, parse(formula), weights="w", size=13, **options)
    assert batches.categories["day"] == ["8", "9", "10", "11"]
    check_same(stream(batches, parse(formula), (), "w"), frame, gram)


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("Machines", "score ~ Machine + (Machine | Worker)"),
        ("Machines", "score ~ Machine + (0 + Machine | Worker) + (1 | Worker)"),
        ("Oats", "yield ~ nitro * Variety + (nitro | Block/Variety)"),
        ("Orthodont", "distance ~ Sex * I(age - 11) + (I(age - 11) || Subject)"),
        ("Oats", "yield ~ C(Variety, contr.sum) + nitro + I(2 * nitro) + (1 | Block)"),
    ],
)
def test_terms_are_those_of_the_whole(tmp_path, name, formula):
    data, frame, gram = whole(data_set(name), formula)
    path = tmp_path / "data.parquet"
    data.to_parquet(path, index=False, row_group_size=10)
    found = stream(prepared_batches(path, list(data), size=7), parse(formula))
    check_same(found, frame, gram)


def test_a_fit_on_batches_is_the_fit(tmp_path):
    formula = parse("Reaction ~ Days + (Days | Subject)")
    data, frame, gram = whole(data_set("sleepstudy"), formula.text)
    found = stream(in_memory(data, 50), formula)
    fits = []
    for terms, each in ((frame.terms, gram), (found.terms, found.gram)):
        model = ladder(formula, terms)[-1]
        fits.append(fit(Likelihood(each, reml=False), terms, model, seed=1))
    assert fits[1].point.criterion == pytest.approx(1751.939344, abs=1e-6)
    assert fits[1].point.criterion == pytest.approx(fits[0].point.criterion, abs=1e-8)
    np.testing.assert_allclose(fits[1].point.beta, fits[0].point.beta, rtol=1e-9)
    assert fits[1].certificate.status == fits[0].certificate.status


def test_large_means_cost_no_digits():
    """Against the same data without them, whose criterion is the same."""
    table = data_set("sleepstudy")
    moved = table.assign(Reaction=table.Reaction + 1e8, Days=table.Days + 1e5)
    points = []
    for each in (table, moved):
        data, _, _ = whole(each, "Reaction ~ Days + (1 | Subject)")
        found = stream(in_memory(data, 31), parse("Reaction ~ Days + (1 | Subject)"))
        likelihood = Likelihood(found.gram, reml=False)
        points.append(likelihood.at([np.eye(1)]))
        root = found.gram.raw[-1][0]
        np.testing.assert_allclose(root, 180.0 * np.eye(3), atol=1e-10)
    assert points[1].criterion == pytest.approx(points[0].criterion, abs=1e-7)
    assert points[1].beta[1] == pytest.approx(points[0].beta[1], rel=1e-7)


def test_triangle_does_not_square():
    """Columns apart by 1e-9 of their length: squared, 1e-18, nothing would be left."""
    rng = np.random.default_rng(1)
    a = rng.normal(size=1000)
    A = np.column_stack([a, a + 1e-9 * rng.normal(size=1000)])
    triangle = Triangle(2)
    for rows in np.array_split(A, 13):
        triangle.add(rows)
    exact = np.linalg.norm(A[:, 1] - a * (a @ A[:, 1]) / (a @ a))
    assert triangle.R[1, 1] == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize(
    "right", ["center(x)", "poly(x, 2)", "bs(x, df=4)", "scale(z)", "C(half)", "I(scale(z) + 9)"]
)
def test_transformations_of_all_rows_are_named(right):
    table = unbalanced(1, 1).table
    table["half"] = (np.arange(len(table)) % 2).astype(float)
    formula = parse(f"y ~ {right} + (1 | a)")
    data = prepare(table, formula).frame
    with pytest.raises(NeedsAllRows, match=right.split("(")[-2 if "I(" in right else 0]):
        stream(in_memory(data, 20), formula)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"y": "text"}, DataError, "`y` must be numeric"),
        ({"y": 3.0}, DesignError, "response `y` is 3 in all rows"),
        ({"a": "same"}, DesignError, "`a` has one level"),
        ({"w": 0.0}, DataError, "`w` is not positive"),
        ({"x": np.nan}, DataError, "no rows are left"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path, change, error, words):
    table = unbalanced(1, 1).table.assign(**change)
    table.to_csv(tmp_path / "data.csv", index=False)
    with pytest.raises(error, match=words):
        raw_batches(tmp_path / "data.csv", parse("y ~ x + (1 | a)"), weights="w", size=9)


def test_memory_does_not_grow_with_the_rows(tmp_path):
    """Ten times the rows, by tracemalloc; the rows alone would be 24 MB more."""
    formula, peaks = parse("y ~ x + (x | g)"), []
    for n in (100_000, 1_000_000):
        rng = np.random.default_rng(1)
        path = tmp_path / f"{n}.parquet"
        g = pd.Categorical.from_codes(rng.integers(0, 50, n), [f"g{i}" for i in range(50)])
        data = pd.DataFrame({"y": rng.normal(size=n), "x": rng.normal(size=n), "g": g})
        data.to_parquet(path, index=False, row_group_size=50_000)
        del data
        tracemalloc.start()
        found = stream(prepared_batches(path, ["y", "x", "g"], size=20_000), formula)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert found.gram.n_obs == n
    # What else a process keeps alive by then differs by some 3 MB.
    assert peaks[1] < peaks[0] + 6e6


def test_a_number_that_groups_needs_all_rows():
    table = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0], "x": [1.0, 1.0, 2.0, 2.0]})
    batches = in_memory(table, 2)
    with pytest.raises(NeedsAllRows, match="`x` is a number and a grouping factor"):
        stream(batches, parse("y ~ x + (1 | x)"))
