"""Compiling a PyMC model: once per kind of model on a machine, however many jobs begin at once.

PyTensor keeps what it has compiled of each operation on disk; what is left for the next model of
the kind takes a few seconds. Jobs that start together on a cold cache would all compile the same,
so the first of a kind compiles alone.
"""

import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from covedge.errors import CovedgeError

log = logging.getLogger("bayes")


class NoCompiler(CovedgeError):
    """The sampler, or what compiles for it, is not there."""


def compiled(model, kind: str):
    """(nutpie's compiled model, seconds). kind : models of one kind share their operations.

    Raises NoCompiler where nutpie, or numba behind it, is missing or broken.
    """
    try:
        import nutpie
        from numba import njit  # noqa: F401  (what nutpie compiles with)
        from pytensor import config
    except (ImportError, OSError) as error:
        raise NoCompiler(
            f"the sampler cannot be used here: {error}. nutpie and numba come with "
            "requirements.lock: run `make set-up` again, or set `bayes: {enabled: false}`"
        ) from error
    with first_alone(Path(config.compiledir) / f"covedge-{kind}.compiled"):
        began = time.perf_counter()
        # PyTensor looks for a BLAS that none of these models calls.
        warnings.filterwarnings("ignore", message="PyTensor could not link to a BLAS")
        return nutpie.compile_pymc_model(model, backend="numba"), time.perf_counter() - began


@contextmanager
def first_alone(mark: Path) -> Iterator[None]:
    """One process at a time while `mark` is not there, all of them once it is.

    It is made when a first one has ended without an error, beside what it has compiled.
    """
    from pytensor.compile.compilelock import lock_ctx

    if mark.exists():
        yield
        return
    with lock_ctx(mark.parent, timeout=-1):
        if mark.exists():
            log.info("another job has compiled for models like this one in the meantime")
        yield
        mark.touch()
