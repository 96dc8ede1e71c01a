"""Maxima under a rotation of Sigma's range: searched in random problems, written to rotations.json.

At such a point Sigma and Gamma are positive semidefinite with Sigma Gamma = 0, and D falls
as the range of Sigma, here a line, turns either way. Run from anywhere with the library on the
path: PYTHONPATH=workflow/scripts:tests python tests/reference/rotations.py; some minutes.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar, root

from covedge.fits.factors import Factors
from support.models import set_up

PROBLEMS, WANTED = range(2500), 8
ANGLES = np.linspace(0, np.pi, 41)[:-1]
LENGTHS = np.geomspace(0.05, 20, 14)
LEAST = 1e-3


def table(seed):
    rng = np.random.default_rng(seed)
    n_groups = int(rng.integers(3, 8))
    g = np.repeat(np.arange(n_groups), rng.integers(2, 9, n_groups))
    x = rng.normal(size=len(g)) + rng.normal(size=n_groups)[g] * rng.choice([0, 1, 3])
    x = x.round(2)
    b = rng.normal(size=(n_groups, 2)) * rng.choice([0, 0.5, 2], size=2)
    y = (1 + x + b[g, 0] + b[g, 1] * x + rng.normal(size=len(g))).round(2)
    return pd.DataFrame({"g": g, "x": x, "y": y})


def unit(angle):
    return np.array([np.cos(angle), np.sin(angle)])


def best_length(value, angle):
    """(D, length) of the best Sigma = length^2 u u'; length None where that is 0 or far out."""
    ends = [value(length * unit(angle)) for length in LENGTHS]
    k = int(np.argmin(ends))
    if not 0 < k < len(LENGTHS) - 1:
        return ends[k], None
    bounds = np.log(LENGTHS[k]) - 0.5, np.log(LENGTHS[k]) + 0.5
    found = minimize_scalar(lambda t: value(np.exp(t) * unit(angle)), bounds=bounds)
    return found.fun, np.exp(found.x)


def hessian(factors, x, step=1e-5):
    rows = [
        factors.value_and_gradient(x + step * e)[1] - factors.value_and_gradient(x - step * e)[1]
        for e in np.eye(len(x))
    ]
    return np.array(rows) / (2 * step)


def maxima(problem):
    """Vectors l in the user's effects, Sigma = l l', of each such point."""
    one = Factors(problem.likelihood, problem.structures).with_ranks([1])
    profile = [best_length(lambda x: one.value_and_gradient(x)[0], angle) for angle in ANGLES]
    for k, (top, length) in enumerate(profile):
        around = profile[k - 1][0], profile[(k + 1) % len(profile)][0]
        if length is None or top < max(around):
            continue
        end = root(lambda x: one.value_and_gradient(x)[1], length * unit(ANGLES[k]), tol=1e-12)
        x = end.x
        if not end.success or np.linalg.norm(x) < 0.02:
            continue
        across = np.array([-x[1], x[0]]) / np.linalg.norm(x)
        Gamma = problem.likelihood.at(one.Sigmas(x)).Gamma[0]
        basis = one.blocks[0].basis
        pushed = across @ basis.T @ Gamma @ basis @ across > LEAST
        if pushed and np.linalg.eigvalsh(hessian(one, x))[0] < -LEAST:
            yield problem.likelihood.gram.scaling.random[0] @ basis @ x


def main():
    found = []
    for seed in PROBLEMS:
        rows, method = table(seed), ("REML", "ML")[seed % 2]
        problem = set_up(rows, "y ~ x + (x | g)", method)
        for loading in maxima(problem):
            data = rows.to_dict("list")
            found.append({"method": method, "loading": loading.tolist(), "table": data})
            print(seed, method, flush=True)
        if len(found) >= WANTED:
            break
    path = Path(__file__).with_name("rotations.json")
    path.write_text("[\n" + ",\n".join(map(json.dumps, found)) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
