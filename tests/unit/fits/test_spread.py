"""Standard deviations and correlations against numpy's own of a sample."""

import numpy as np

from covedge.fits.spread import correlations, standard_deviations


def test_equal_those_of_a_sample():
    rows = np.random.default_rng(0).normal(size=(2, 30, 4))
    G = np.array([np.cov(part.T) for part in rows])
    np.testing.assert_allclose(standard_deviations(G), rows.std(axis=1, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(correlations(G), [np.corrcoef(part.T) for part in rows], rtol=1e-12)


def test_an_effect_without_variance_has_no_correlation():
    G = np.diag([4.0, 0.0, -1e-18])
    np.testing.assert_array_equal(standard_deviations(G), [2.0, 0.0, 0.0])
    np.testing.assert_array_equal(np.isnan(correlations(G)), ~np.eye(3, dtype=bool) | [0, 1, 1])
