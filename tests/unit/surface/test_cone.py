"""A quadratic over positive semidefinite matrices: the conditions of its minimum, and chance."""

import numpy as np
import pytest

from covedge.fits.factors import Factors
from covedge.surface.cone import minimum, part_of
from covedge.surface.span import S_of
from support.dense import random_Sigma, unbalanced
from support.models import set_up


@pytest.mark.parametrize("seed", range(6))
def test_conditions_of_the_minimum(seed):
    """S and the slope positive semidefinite with S slope = 0, and no random point is lower."""
    dense, rng = unbalanced(seed, 1), np.random.default_rng(seed)
    problem = set_up(dense.table, dense.formula)
    (block,) = Factors(problem.likelihood, problem.structures).blocks
    H = random_Sigma(rng, 2, 2) + 0.2 * np.eye(2)
    A = rng.normal(size=(3, 3))
    F, g, start = A @ A.T + 0.1 * np.eye(3), rng.normal(size=3), np.array([1.0, 0.0, 1.0])
    step, value = minimum(F, g, start, [part_of(block, slice(0, 3), H, 5)])
    S = S_of(block, start + step)
    slope = g + F @ step
    # <slope matrix, dS> = slope . ds, with off-diagonal coordinates twice the entries.
    G = np.array([[slope[0], slope[1]], [slope[1], slope[2]]])
    assert np.linalg.eigvalsh(S)[0] > -1e-9
    assert np.linalg.eigvalsh(G)[0] > -5e-3
    assert abs(np.sum(G * S)) < 5e-3
    assert value == pytest.approx(g @ step + step @ F @ step / 2)
    for _ in range(500):
        other = random_Sigma(rng, 2, 2) * rng.exponential()
        d = np.array([other[0, 0], 2 * other[1, 0], other[1, 1]]) - start
        assert g @ d + d @ F @ d / 2 > value - 1e-7
