"""Elimination of all random effects and its adjoint, whichever way the Gram is packed."""

from covedge.kernel.adjoint import nested_backward
from covedge.kernel.compiled import compiled
from covedge.kernel.crossed import crossed_forward
from covedge.kernel.crossed_adjoint import crossed_backward
from covedge.kernel.layout import CROSSED
from covedge.kernel.nested import nested_forward


@compiled
def forward(ints, floats, Lam, ranks, work, factors):
    """Eliminate every random effect; returns log|V|. See `nested_forward`."""
    if ints[CROSSED]:
        return crossed_forward(ints, floats, Lam, ranks, work, factors)
    return nested_forward(ints, floats, Lam, ranks, work, factors)


@compiled
def backward(ints, floats, Lam, ranks, work, factors, seed, wanted, Gamma):
    """Adjoint of `forward`. See `nested_backward`."""
    if ints[CROSSED]:
        crossed_backward(ints, floats, Lam, ranks, work, factors, seed, wanted, Gamma)
    else:
        nested_backward(ints, floats, Lam, ranks, work, factors, seed, wanted, Gamma)
