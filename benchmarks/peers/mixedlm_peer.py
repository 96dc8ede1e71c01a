"""mixedlm's lmer."""

from importlib.metadata import version

import mixedlm
import numpy as np
import pandas as pd
from serve import read, serve


def prepare(job):
    table, reml = read(job), job["method"] == "REML"
    # Its compiled code is loaded by a model of its own first.
    small = pd.DataFrame({"y": np.arange(12.0) % 5, "g": list("aaabbbcccddd")})
    mixedlm.lmer("y ~ 1 + (1 | g)", small)

    def told(result):
        return -2.0 * float(result.logLik().value), "" if result.converged else "did not converge"

    def whole():
        return told(mixedlm.lmer(job["formula"], table, REML=reml))

    if job["task"] != "refit":
        return whole, {"mixedlm": version("mixedlm"), "numpy": version("numpy")}
    base = mixedlm.lmer(job["formula"], table, REML=reml)
    y = table["again"].to_numpy()
    return lambda: told(base.refit(y)), {"mixedlm": version("mixedlm")}


if __name__ == "__main__":
    serve(prepare)
