"""First and second derivatives of the criterion in Sigma and sigma^2 together, exactly.

With L(s) = log|V| (and REML's part), r^2(s) = y'My and t = log sigma^2,

    D(s, t) = L(s) + nu t + r^2(s) exp(-t).

`expected_information.expand` has L', L'' and the profiled D', D'', from which r^2 follows.
"""

import numpy as np

from covedge.surface.expected_information import Expansion


def unprofiled_slopes(here: Expansion, sigma2: float):
    """(gradient (1 + a,), hessian (1 + a, 1 + a)) of D in (log sigma^2, s).

    sigma2 : in scaled units, the user's over `gram.scaling.response` squared.
    """
    energy = here.residual / sigma2
    slope = (here.gradient - here.traces) * energy / here.nu
    bend = (here.hessian + here.B) * energy / here.nu + np.outer(slope, slope) / energy
    gradient = np.concatenate([[here.nu - energy], here.traces + slope])
    hessian = np.block([[np.array([[energy]]), -slope[None]], [-slope[:, None], bend - here.B]])
    return gradient, hessian
