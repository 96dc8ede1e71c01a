"""The evidence of a diagnosis as verdict.json has it, for the pictures and for those who look."""

from dataclasses import asdict

import numpy as np

from covedge.causes.diagnosis import Diagnosis
from covedge.causes.misspecified import Checks
from covedge.causes.negative_covariance import Push
from covedge.causes.simulated import Simulated
from covedge.proportion import Proportion

# Quantiles that stand for all simulated pushes.
QUANTILES = 101


def diagnosis_record(diagnosis: Diagnosis) -> dict:
    """simulated : by grouping factor. checks : None where the rows were not looked at."""
    return {
        "simulated": {group: _simulated(found) for group, found in diagnosis.simulated.items()},
        "checks": diagnosis.checks and _checks(diagnosis.checks),
        "not_done": diagnosis.not_done,
    }


def _simulated(found: Simulated):
    sizes = found.power.sizes if found.power else ()
    shares = [(0.0, found.absent), *sizes]
    return {
        "push": _push(found.push),
        "power": found.power and found.power.evidence,
        "sizes": [{"sd_relative": size, **_share(share)} for size, share in shares if share.n],
    }


def _push(push: Push):
    levels = np.linspace(0.0, 1.0, QUANTILES) if push.replicates else []
    return {
        "largest_dual": push.largest,
        "p": push.p,
        "interval": list(push.interval),
        "replicates": push.replicates,
        "by_chance": [float(np.quantile(push.by_chance, level)) for level in levels],
    }


def _share(share: Proportion):
    return {
        "p_singular": share.estimate,
        "interval": list(share.interval),
        "replicates": share.n,
    }


def _checks(checks: Checks):
    return {"reason": checks.reason, "checked": [asdict(one) for one in checks.checked]}
