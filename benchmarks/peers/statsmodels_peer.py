"""statsmodels' MixedLM, as its documentation fits it."""

from importlib.metadata import version

import statsmodels.formula.api as smf
from serve import read, serve


def prepare(job):
    table = read(job).assign(one=1)
    arguments = dict(job["statsmodels"])

    def run():
        model = smf.mixedlm(data=table, **arguments)
        result = model.fit(reml=job["method"] == "REML")
        return -2.0 * result.llf, "" if result.converged else "did not converge"

    return run, {"statsmodels": version("statsmodels"), "numpy": version("numpy")}


if __name__ == "__main__":
    serve(prepare)
