"""The weak prior on the fixed effects, in units of the data, as rstanarm has it by default."""

from dataclasses import dataclass

import numpy as np

from covedge.grams.gram import Gram

INTERCEPT = "(Intercept)"
# A fixed effect may well move the response by this many of its standard deviations.
WEAK = 2.5


@dataclass(frozen=True)
class FixedPrior:
    """beta ~ N(mean, precision^-1), in the user's units.

    scales : (p,) standard deviations of the slopes, and of the intercept of centred X.
    """

    mean: np.ndarray
    precision: np.ndarray
    scales: np.ndarray

    def scaled(self, gram: Gram):
        """(mean, precision) of the Gram's scaled coefficients R (beta - beta_ls) / s."""
        R, s = gram.scaling.fixed, gram.scaling.response
        if not len(self.mean):
            return self.mean, self.precision
        back = np.linalg.inv(R) * s
        return R @ (self.mean - gram.scaling.beta) / s, back.T @ self.precision @ back

    def draws(self, rng: np.random.Generator, n: int):
        """(n, p) beta in the user's units."""
        root = np.linalg.inv(np.linalg.cholesky(self.precision))
        return self.mean + rng.normal(size=(n, len(self.mean))) @ root

    def log_density(self, beta):
        """(n,) of draws (n, p) in the user's units, without the constant."""
        away = beta - self.mean
        return -0.5 * np.einsum("ni,ij,nj->n", away, self.precision, away)


def fixed_prior(gram: Gram, fixed: tuple[str, ...]) -> tuple[FixedPrior, float]:
    """The prior of beta, and the SD of y (over n - 1, as R's `sd`) that it is scaled by.

    gram : of the ladder. fixed : names of the columns of X.
    """
    mean_y, sd_y, mean_x, sd_x = _moments(gram, fixed)
    sd_y *= np.sqrt(gram.n_obs / (gram.n_obs - 1.0))
    scales = WEAK * sd_y / (sd_x * np.sqrt(gram.n_obs / (gram.n_obs - 1.0)))
    to_centred = np.eye(len(fixed))
    centre = np.zeros(len(fixed))
    if INTERCEPT in fixed:
        at = fixed.index(INTERCEPT)
        scales[at] = WEAK * sd_y
        # Row of the intercept of centred X: beta_0 + sum mean(x_j) beta_j.
        to_centred[at] = mean_x
        centre[at] = mean_y
    precision = to_centred.T @ np.diag(1.0 / scales**2) @ to_centred
    return FixedPrior(np.linalg.solve(to_centred, centre), precision, scales), sd_y


def _moments(gram, fixed):
    """Mean and SD of y, and (p,) means and SDs of the columns of X, with the prior weights.

    Without an intercept nothing can be centred: the means are 0 and the SDs are root mean squares.
    """
    # Columns of R and `fitted` are X's columns and X beta in an orthonormal basis, over sqrt(n).
    R = gram.scaling.fixed
    fitted = R @ gram.scaling.beta
    square_x = (R**2).sum(axis=0)
    square_y = gram.scaling.response**2 + fitted @ fitted
    if INTERCEPT not in fixed:
        return 0.0, float(np.sqrt(square_y)), np.zeros(len(fixed)), np.sqrt(square_x)
    at = fixed.index(INTERCEPT)
    ones = R[:, at]
    mean_x, mean_y = R.T @ ones / square_x[at], float(ones @ fitted) / square_x[at]
    variance_x = square_x / square_x[at] - mean_x**2
    variance_x[at] = 1.0
    return mean_y, float(np.sqrt(square_y / square_x[at] - mean_y**2)), mean_x, np.sqrt(variance_x)
