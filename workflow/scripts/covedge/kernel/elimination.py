"""Elimination of all random effects and its adjoint, whichever way the Gram is packed."""

from numba import types

from covedge.kernel.adjoint import nested_backward
from covedge.kernel.compiled import compiled
from covedge.kernel.crossed import crossed_forward
from covedge.kernel.crossed_adjoint import crossed_backward
from covedge.kernel.layout import BACKWARD, FORWARD
from covedge.kernel.nested import nested_forward
from covedge.kernel.pointers import FLAGS, INTS, MATRIX, VECTOR, address_of, function_at

_FORWARD = types.float64(INTS, VECTOR, VECTOR, INTS, VECTOR, VECTOR)
_BACKWARD = types.void(INTS, VECTOR, VECTOR, INTS, VECTOR, VECTOR, MATRIX, FLAGS, VECTOR)
_forward_at, _backward_at = function_at(_FORWARD), function_at(_BACKWARD)


def link(ints, crossed: bool) -> None:
    """Write into the integer buffer which elimination is to be used, compiling it if need be."""
    ints[FORWARD] = address_of(crossed_forward if crossed else nested_forward, _FORWARD)
    ints[BACKWARD] = address_of(crossed_backward if crossed else nested_backward, _BACKWARD)


@compiled
def forward(ints, floats, Lam, ranks, work, factors):
    """Eliminate every random effect; returns log|V|. See `nested_forward`."""
    return _forward_at(ints[FORWARD])(ints, floats, Lam, ranks, work, factors)


@compiled
def backward(ints, floats, Lam, ranks, work, factors, seed, wanted, Gamma):
    """Adjoint of `forward`. See `nested_backward`."""
    _backward_at(ints[BACKWARD])(ints, floats, Lam, ranks, work, factors, seed, wanted, Gamma)
