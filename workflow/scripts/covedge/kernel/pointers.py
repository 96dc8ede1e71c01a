"""Calls of compiled functions through their addresses.

numba compiles all that a function calls into it again, each time. Behind an address it cannot: the
elimination is compiled once, for the optimiser, the sampler and all else, and only the one that the
Gram needs.
"""

from functools import cache

from numba import cfunc, types
from numba.core import cgutils
from numba.extending import intrinsic

from covedge.kernel.compiled import cache_folder

INTS = types.Array(types.int64, 1, "C")
VECTOR = types.Array(types.float64, 1, "C")
MATRIX = types.Array(types.float64, 2, "C")
FLAGS = types.Array(types.boolean, 1, "C")

# The machine code lives as long as the callback object.
_KEPT = []


@cache
def address_of(function, signature) -> int:
    """Where `function`, compiled for a signature, is in this process."""
    with cache_folder():
        callback = cfunc(signature, cache=True)(getattr(function, "py_func", function))
    _KEPT.append(callback)
    return callback.address


def function_at(signature):
    """A compiled function: the function of `signature` at a given address."""

    @intrinsic
    def at(typing_context, address):
        function_type = types.FunctionType(signature)

        def codegen(context, builder, signature, args):
            function = cgutils.create_struct_proxy(function_type)(context, builder)
            function.c_addr = builder.inttoptr(args[0], cgutils.voidptr_t)
            return function._getvalue()

        return function_type(types.int64), codegen

    return at
