"""The priors on covariance matrices: how each makes factors of G from numbers without an edge.

Every family has the same functions, so that a model need not know which it holds:

widths : (K,) columns of each level's factor, deepest first.
declare() : the numbers as variables of the PyMC model that is open, by name.
relative(values, sigma) : flat factors of all Sigma, in the Gram's scaled coordinates, from those
    numbers: tensors in a model, or arrays (n, ...) of draws.
simulate(rng, n) : n draws of the numbers from the prior.
log_prior(values) : (n,) log density of what the prior speaks of (SDs and correlations, or G).
"""

from covedge.posteriors.families.decov import decov_layout
from covedge.posteriors.families.lkj import lkj_layout
from covedge.posteriors.families.wishart import wishart_layout

_LAYOUTS = {"lkj": lkj_layout, "decov": decov_layout, "wishart": wishart_layout}


def layout(gram, prior):
    """The numbers of the prior's family, laid out for a model.

    gram : of the model (`reduced_gram.of_model`), to whose levels the prior's components refer.
    """
    return _LAYOUTS[prior.family](gram, prior)
