"""The likelihood kernel as a PyTensor Op: log p(y | factors, sigma), beta and b integrated out.

The kernel is called through its address. So it is compiled once and not again into each graph that
uses it (which took twenty seconds a graph), and no graph on PyTensor's disk cache can hold an old
kernel: what is cached there knows only how to call.
"""

import hashlib
from pathlib import Path

import numpy as np
import pytensor.tensor as pt
from numba import njit, types
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from covedge import kernel
from covedge.grams.gram import Gram
from covedge.kernel.pointers import INTS, MATRIX, VECTOR, address_of, function_at

_SIGNATURE = types.UniTuple(types.float64, 2)(
    INTS, VECTOR, VECTOR, INTS, types.float64, VECTOR, MATRIX, VECTOR, VECTOR, MATRIX
)
_function_at = function_at(_SIGNATURE)
# Goes into the key of PyTensor's cache: a caller compiled for another signature would crash.
_VERSION = int(hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12], 16)


def kernel_address():
    """(1,) where the compiled kernel is in this process."""
    return np.array([address_of(kernel.marginal_of_factors, _SIGNATURE)], dtype=np.int64)


def buffers(gram: Gram, widths, mean, precision):
    """(ints, floats): what the Op is given as data, in two buffers.

    Two and not seven, because nutpie compiles an unpacking of each for every model.

    widths : (K,) columns of each level's factor, deepest first. mean, precision : (p,), (p, p) of
    the normal prior on beta, in scaled coordinates.
    """
    ints, floats = gram.packed
    widths = np.asarray(widths, dtype=np.int64)
    return (
        np.concatenate([kernel_address(), [len(widths), len(mean)], widths, ints]),
        np.concatenate([floats, mean, np.ravel(precision)]),
    )


@njit(nogil=True)
def conditional(ints, floats, factors, sigma2):
    """-2 log p(y), its gradient in `factors`, its derivative in sigma2, and beta given the rest.

    The last are shift (p,) and A_inverse (p, p): beta ~ N(mean + shift, sigma2 A_inverse). The
    constant log|precision| is left out. Inputs as of `MarginalOp`.
    """
    ints, floats = np.ascontiguousarray(ints), np.ascontiguousarray(floats)
    n_terms, p = ints[1], ints[2]
    end = floats.size - p * p
    gradient = np.zeros(factors.size)
    shift = np.zeros(p)
    A_inverse = np.zeros((p, p))
    value, slope = _function_at(ints[0])(
        ints[3 + n_terms :],
        floats,
        np.ascontiguousarray(factors),
        ints[3 : 3 + n_terms],
        sigma2,
        floats[end - p : end],
        floats[end:].reshape(p, p),
        gradient,
        shift,
        A_inverse,
    )
    return value, gradient, slope, shift, A_inverse


@njit(nogil=True)
def _log_density(ints, floats, factors, sigma2):
    value, gradient, slope, _, _ = conditional(ints, floats, factors, sigma2.item())
    return np.asarray(-0.5 * value), -0.5 * gradient, np.asarray(-0.5 * slope)


class MarginalOp(Op):
    """log p(y | Sigma, sigma^2) with Sigma_k = F_k F_k', and its derivatives.

    Inputs, all in the Gram's scaled coordinates:

    ints, floats : see `buffers`. Data to the compiler, so one compilation serves every data set.
    factors : flat (sum q_k w_k,), F_k row by row.
    sigma2 : residual variance.

    Outputs: log density without the constant log|precision| / 2, its gradient in `factors`, and
    its derivative in sigma2. The gradient of the first is made of the others, at no cost; they
    have none of their own.
    """

    __props__ = ()

    def make_node(self, *inputs):
        dtypes = ("int64", "float64", "float64", "float64")
        inputs = [
            pt.as_tensor(given, dtype=dtype, ndim=ndim)
            for given, dtype, ndim in zip(inputs, dtypes, (1, 1, 1, 0), strict=True)
        ]
        return Apply(self, inputs, [pt.dscalar(), inputs[2].type(), pt.dscalar()])

    def perform(self, node, inputs, output_storage):
        for storage, value in zip(output_storage, _log_density(*inputs), strict=True):
            storage[0] = value

    def pullback(self, inputs, outputs, cotangents):
        if any(not isinstance(c.type, DisconnectedType) for c in cotangents[1:]):
            raise NotImplementedError("the derivatives of the marginal density have no gradient")
        data = [DisconnectedType()() for _ in inputs[:2]]
        return [*data, cotangents[0] * outputs[1], cotangents[0] * outputs[2]]

    def connection_pattern(self, node):
        return [[False] * 3] * 2 + [[True] * 3] * 2


@register_funcify_default_op_cache_key(MarginalOp)
def _compiled(op, **kwargs):
    return _log_density, _VERSION


marginal = MarginalOp()
