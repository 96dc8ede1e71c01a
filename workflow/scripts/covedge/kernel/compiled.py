"""Compilation with a cache on disk that knows of every file of this package.

numba notices a change of the file that a function stands in, not of a helper in another file, and
would run old machine code. So the cache is in a folder named by the content of all of them.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from numba import config, njit

HERE = Path(__file__).parent
CONTENT = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(HERE.glob("*.py")))
).hexdigest()[:12]


@contextmanager
def cache_folder() -> Iterator[Path]:
    """While it is open, what numba is told to cache goes to this package's own folder."""
    before = config.CACHE_DIR
    folder = _root(before) / f"covedge-kernel-{CONTENT}"
    config.CACHE_DIR = str(folder)
    try:
        yield folder
    finally:
        config.CACHE_DIR = before


def _root(given):
    """NUMBA_CACHE_DIR if the user has set it, else beside the code, else in the user's cache."""
    if given:
        return Path(given)
    if os.access(HERE, os.W_OK):
        return HERE / "__pycache__"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def compiled(function=None, **options):
    """numba's njit, cached; as `@compiled` or `@compiled(inline="always")`."""
    if function is None:
        return lambda function: compiled(function, **options)
    with cache_folder():
        return njit(cache=True, **options)(function)
