"""covedge: where and why the random-effects covariance of a mixed model degenerates.

    import covedge
    covedge.look(data, "y ~ x + (x | g)")

All that takes long, and the pages, are the workflow's.
"""

from importlib import import_module

__all__ = ["Look", "look"]


def __getattr__(name: str):
    """`look` and `Look`, imported when they are first asked for.

    By a computed name: each step of the workflow imports this package, and would else be run again
    whenever the verdict at once changes (see `digest`).
    """
    if name in __all__:
        return getattr(import_module("covedge.glance.look"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
