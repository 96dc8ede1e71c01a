"""The benchmark of known causes: what is planted is there, and scores are what they are said to be.

Truths are held against what is not our diagnosis: closed forms, dense matrices, and the pair of a
clean and a spoilt response.
"""

import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f as f_distribution

from covedge.causes.cause import NEGATIVE, NO_VARIATION, ONE_GROUP, OPTIMISER
from covedge.proportion import Proportion

ROOT = Path(__file__).parents[2]
PACKAGE = "known_causes"
MODULES = (
    "case",
    "generator",
    "page",
    "recipe",
    "recipes",
    "score",
    "search",
    "sizes",
    "plans",
    "truth",
    "dense",
    "fitting",
)


@pytest.fixture(scope="module")
def bench():
    """The modules of the package, which stands beside the scripts of benchmarks/."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield {name: importlib.import_module(f"{PACKAGE}.{name}") for name in MODULES}
    for name in [n for n in sys.modules if n == "machine" or n.split(".")[0] == PACKAGE]:
        sys.modules.pop(name)


def _cases(bench, cause, numbers):
    return [bench["generator"].case(cause, number) for number in numbers]


def test_a_data_set_depends_on_its_cause_and_number_alone(bench):
    """Made again, after others and in another order, it is the same to the bit."""
    first = _cases(bench, NO_VARIATION, (3, 8))
    again = _cases(bench, NO_VARIATION, (8, 3))[::-1]
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
        assert one.smallest_sd == other.smallest_sd
    assert not np.array_equal(first[0].table["y"], first[1].table["y"])


def test_there_are_enough_of_every_cause_in_both_halves(bench):
    """The issue asks for 40 of each; both halves have the same designs, and no seed twice."""
    case, recipes = bench["case"], bench["recipes"]
    for cause in case.CAUSES:
        designs = []
        for half in case.HALVES:
            numbers = case.numbers(half)
            assert len(numbers) >= 40
            designs.append([recipes.place(cause, number)[0] for number in numbers])
        assert designs[0] == designs[1]
        assert len(set(designs[0])) == len(recipes.RECIPES[cause]) >= 9
        assert len(bench["generator"].attempts()[cause]) == len(case.numbers())
    assert not set(case.numbers("tuning")) & set(case.numbers("reported"))


@pytest.mark.parametrize("cause", [NO_VARIATION, "redundant_effects"])
def test_null_contrasts_have_no_variance_in_the_truth(bench, cause):
    """In the user's basis, computed from effects that are drawn: c'b = 0 for every group."""
    rng = np.random.default_rng(1)
    for recipe in bench["recipes"].RECIPES[cause]:
        table, part = recipe.plan.layout.table(recipe.plan.label), recipe.plan.part
        values, vectors = np.linalg.eigh(part.C)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        a = root @ rng.standard_normal((len(root), 50))
        # The same lines or cell means, as the user's columns write them.
        written, standard = part.written(table), part.standard(table)
        b, *_ = np.linalg.lstsq(written, standard @ a, rcond=None)
        c = recipe.contrasts(table)
        # Held against the contrast if every effect varied; the root of a rounding error is 1e-8.
        free = np.linalg.lstsq(written, standard @ rng.standard_normal(a.shape), rcond=None)[0]
        assert np.abs(c.T @ b).max() < 1e-6 * np.abs(c.T @ free).max(), recipe.label
        assert c.shape == (len(part.C), len(part.C) - np.linalg.matrix_rank(part.C))


def test_redundant_effects_all_vary_and_no_single_one_explains_it(bench):
    """No variance, no difference of cells and no common level is near zero in the truth."""
    for recipe in bench["recipes"].RECIPES["redundant_effects"]:
        part = recipe.plan.part
        sd = np.sqrt(np.diag(part.C))
        assert sd.min() > 0.3 * sd.max(), recipe.label
        if part.effects == "f":
            level = np.ones(len(sd)) / len(sd)
            assert np.sqrt(level @ part.C @ level) > 0.3 * sd.max(), recipe.label


def test_a_raised_direction_has_its_size_in_the_response(bench):
    """Over the rows the mean square of what was added is size^2 for each direction."""
    for plan in bench["plans"].PLANS.values():
        table, part = plan.layout.table(plan.label), plan.part
        S = part.standard(table)
        added = part.raised(table, 0.7).C - part.C
        mean = np.einsum("nj,jk,nk->", S, added, S) / len(S)
        np.testing.assert_allclose(mean, 0.49 * part.null.shape[1], rtol=1e-9)


def test_share_of_singular_fits_is_that_of_the_F_distribution(bench):
    """A balanced one-way design is singular where F < 1: closed form, 600 drawn, 4 SE."""
    sizes, plan = bench["sizes"], bench["plans"].PLANS["intercepts-10x5"]
    for role in (sizes.OFTEN, sizes.BETWEEN):
        told = sizes.stored()[plan.label][role]
        expected = f_distribution.cdf(1.0 / (1.0 + 5 * told["size"] ** 2), 9, 40)
        error = np.sqrt(expected * (1 - expected) / told["n"])
        assert abs(told["count"] / told["n"] - expected) < 4 * error
    rare = sizes.stored()["intercepts-8x30"][sizes.RARE]
    assert f_distribution.cdf(1.0 / (1.0 + 30 * rare["size"] ** 2), 7, 232) < 0.01


def test_the_stored_shares_are_within_the_limits_of_their_role(bench):
    sizes = bench["sizes"]
    for cause, recipes in bench["recipes"].RECIPES.items():
        for recipe in (r for r in recipes if r.role is not None):
            told = sizes.stored()[recipe.plan.label][recipe.role]
            low, high = Proportion(told["count"], told["n"]).interval
            least, most = sizes.LIMITS[recipe.role]
            assert least <= low, (cause, recipe.label)
            assert high <= most, (cause, recipe.label)


def test_spoilt_responses_were_healthy_and_are_not(bench):
    """Certified fits of the pair."""
    for made in _cases(bench, "misspecified", range(1, 36, 4)):
        model = bench["fitting"].asked(made.table, made.formula, made.method)
        assert not model.fit(made.clean).degenerate, made.design
        spoilt = model.fit(made.table["y"].to_numpy())
        assert made.group in {t.term.name for t in spoilt.terms if t.degenerate}, made.design


def test_without_the_odd_group_the_fit_is_not_singular(bench):
    for made in _cases(bench, ONE_GROUP, range(0, 28, 5)):
        whole = bench["fitting"].asked(made.table, made.formula, made.method)
        assert whole.fit(made.table["y"].to_numpy()).degenerate
        rows = bench["generator"].without(made.table, made.odd)
        assert len(rows) < len(made.table)
        left = bench["fitting"].asked(rows, made.formula, made.method)
        assert not left.fit(rows["y"].to_numpy()).degenerate, made.design


def test_centred_responses_have_less_between_groups_than_chance_leaves(bench):
    """The mean square between groups over that within: F, below its 1 % point in each."""
    recipes = bench["recipes"].RECIPES[NEGATIVE]
    tags = ("centred", "nearly centred", "standardised", "competing", "shares")
    assert {recipe.tag for recipe in recipes} == set(tags)
    for made in _cases(bench, NEGATIVE, range(1, 2 * len(recipes), 2)):
        if made.group != "g" or made.formula != "y ~ 1 + (1 | g)":
            continue
        y, codes = made.table["y"].to_numpy(), bench["truth"].codes_of(made.table, ("g",))
        n = np.bincount(codes)
        means = np.bincount(codes, y) / n
        between = (n * (means - y.mean()) ** 2).sum() / (len(n) - 1)
        within = ((y - means[codes]) ** 2).sum() / (len(y) - len(n))
        assert f_distribution.cdf(between / within, len(n) - 1, len(y) - len(n)) < 0.01


def test_what_is_not_identifiable_has_a_singular_information_matrix(bench):
    """tr(M V_a M V_b) from dense matrices at a point drawn at random; healthy data have none."""
    for cause, singular in (("not_identifiable", True), ("optimiser_failure", False)):
        for recipe in bench["recipes"].RECIPES[cause]:
            table = recipe.plan.layout.table(recipe.plan.label)
            if len(table) > 260:
                continue
            smallest = _smallest_eigenvalue(bench, table, recipe.plan)
            assert (smallest < 1e-9) == singular, recipe.label


def _smallest_eigenvalue(bench, table, plan):
    """Of B, scaled to a unit diagonal."""
    truth, rng = bench["truth"], np.random.default_rng(3)
    n, bases, V = len(table), [np.eye(len(table))], np.eye(len(table))
    for part in plan.truth.parts:
        S, codes = part.standard(table), truth.codes_of(table, part.group)
        same, q = codes[:, None] == codes, S.shape[1]
        root = rng.standard_normal((q, q))
        V = V + (S @ root @ root.T @ S.T) * same
        for i in range(q):
            for j in range(i + 1):
                pair = np.outer(S[:, i], S[:, j])
                bases.append((pair + pair.T) * same)
    X = bench["dense"].dense(table.assign(y=rng.standard_normal(n)), plan.truth.parts, True).X
    X = X / np.linalg.norm(X, axis=0)
    W = np.linalg.inv(V)
    M = W - W @ X @ np.linalg.solve(X.T @ W @ X, X.T @ W)
    products = [M @ basis for basis in bases]
    B = np.array([[np.sum(a * b.T) for b in products] for a in products])
    scale = np.sqrt(np.diag(B))
    return np.linalg.eigvalsh(B / np.outer(scale, scale))[0]


def test_dense_criterion_is_that_of_a_balanced_one_way_design(bench):
    """REML by hand: MS within and between of a balanced design give the optimum's variances."""
    rng = np.random.default_rng(5)
    L, n = 8, 6
    table = pd.DataFrame({"g": np.repeat(np.arange(L), n)})
    table["y"] = np.repeat(rng.standard_normal(L), n) * 1.5 + rng.standard_normal(L * n)
    model = bench["dense"].dense(table, (bench["truth"].Part(("g",), "1", np.eye(1)),), True)
    y = table["y"].to_numpy().reshape(L, n)
    within = ((y - y.mean(1, keepdims=True)) ** 2).sum() / (L * (n - 1))
    between = n * ((y.mean(1) - y.mean()) ** 2).sum() / (L - 1)
    *_, sigma, Sigmas = model.at(model.best(), True)
    np.testing.assert_allclose(sigma**2, within, rtol=1e-4)
    np.testing.assert_allclose(sigma**2 * Sigmas[0][0, 0], (between - within) / n, rtol=1e-3)


def test_wrong_engines_lie_above_the_honest_ones(bench):
    """By a dense criterion that shares nothing with the library."""
    for made in _cases(bench, OPTIMISER, (1, 7, 20)):
        wrong, honest = made.answers
        assert wrong.wrong
        assert not honest.wrong
        assert wrong.answer.criterion > honest.answer.criterion + 0.05


def test_a_response_in_other_units_has_a_smallest_sd_in_those_units(bench):
    """Numbers in turn have units 1, 0.01 and 250 of the residual SD."""
    unit = []
    for made in _cases(bench, "healthy", (0, 2, 4)):
        recipe = bench["recipes"].RECIPES["healthy"][made.seed // 2]
        unit.append(made.smallest_sd / recipe.smallest)
        assert 8.0 < made.table["y"].mean() / unit[-1] < 12.0
    np.testing.assert_allclose(unit, [1.0, 0.01, 250.0], rtol=1e-12)
