"""The likelihood kernel: elimination of random effects, and its adjoint, in compiled loops.

The data arrive as two flat buffers (`grams.pack` makes them), so that one compilation serves
every number of terms, the optimiser, the bootstrap and the sampler.

Levels are counted from the deepest grouping factor, 0, to the root, K. The block of a group at
level k has the m_k columns [own q_k | shallower Z | X | y]. Design, section 3.
"""

from covedge.kernel import layout
from covedge.kernel.criterion import marginal, profiled, solve_root, unprofiled
from covedge.kernel.cross_products import add_cross_products
from covedge.kernel.elimination import forward
from covedge.kernel.linalg import cholesky
from covedge.kernel.sampler import marginal_of_factors

__all__ = [
    "add_cross_products",
    "cholesky",
    "forward",
    "layout",
    "marginal",
    "marginal_of_factors",
    "profiled",
    "solve_root",
    "unprofiled",
]
