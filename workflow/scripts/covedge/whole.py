"""Files and folders that appear whole or not at all: written beside, brought to the disk, renamed.

Whatever a step leaves for others goes through here. A process that is killed leaves at most a
`.part-` beside the result, which the next attempt clears away.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from covedge.errors import StorageError

PART = ".part-"
# The storage is at fault, not the data and not the code: what failed has to run again. These say
# so wherever they are met,
ANYWHERE = {
    errno.ENOSPC: "make room on that disk, then run again",
    errno.EDQUOT: "your share of that disk is used up: make room, then run again",
    errno.EIO: "the disk does not work: use another one, then run again",
    errno.ESTALE: "the network disk has gone away: mount it again, then run again",
    errno.EMFILE: "raise the limit (`ulimit -n`), then run again",
    errno.ENFILE: "close some programs, then run again",
}
# and these where they are about the result that is being written.
HERE = {
    errno.EFBIG: "raise the limit (`ulimit -f`) or use another disk, then run again",
    errno.EROFS: "make the folder writable or run in another one, then run again",
    errno.EACCES: "make the folder writable for you or run in another one, then run again",
    errno.EPERM: "make the folder writable for you or run in another one, then run again",
    errno.ENOTDIR: "move the file away that is where a folder should be, then run again",
    errno.EISDIR: "move the folder away that is where a file should be, then run again",
    errno.EEXIST: "move the file away that is where a folder should be, then run again",
}


@contextmanager
def new_file(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to; it becomes `path` if all goes well, else it is removed.

    Raises StorageError where the disk is full, read-only or broken.
    """
    path = Path(path)
    with _storage_errors(path):
        # the ending stays, since some writers go by it
        beside = _beside(path)
        try:
            yield beside
            _to_disk(beside)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        _to_disk(path.parent)


@contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """The same for a folder, which exists when the block starts."""
    path = Path(path)
    with _storage_errors(path):
        beside = _beside(path)
        old = _named(path)
        beside.mkdir()
        try:
            yield beside
            for each in (*beside.rglob("*"), beside):
                _to_disk(each)
            if path.exists():
                # a folder with something in it cannot be replaced, only moved out of the way
                os.replace(path, old)
            os.replace(beside, path)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
        _to_disk(path.parent)


def check_writable(folder: str | Path) -> None:
    """Raise StorageError, before anything is computed, where nothing can be written."""
    probe = _named(Path(folder) / "probe")
    with _storage_errors(Path(folder)):
        probe.parent.mkdir(parents=True, exist_ok=True)
        try:
            probe.write_bytes(b"x")
        finally:
            probe.unlink(missing_ok=True)


def storage_error(error: BaseException, path: str | Path | None = None) -> StorageError | None:
    """The error in the user's terms where the storage is at fault, else None.

    path : the result that was being written, if any.
    """
    if isinstance(error, StorageError) or not isinstance(error, OSError):
        return error if isinstance(error, StorageError) else None
    named = isinstance(error.filename, str | bytes)
    about = Path(os.fsdecode(error.filename)) if named else path and Path(path)
    ours = about is not None and path is not None and _is_on_the_way(about, Path(path))
    advice = (ANYWHERE | HERE if ours else ANYWHERE).get(error.errno)
    if advice is None:
        return None
    where = path if ours else about or "writing a file"
    return StorageError(f"{where}: {os.strerror(error.errno).lower()}; {advice}")


def _is_on_the_way(about: Path, path: Path) -> bool:
    """Whether the file is the result, lies beside it or in it, or is a folder that leads to it."""
    return path.is_relative_to(about) or about.is_relative_to(path.parent)


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        told = storage_error(error, path)
        if told is None:
            raise
        raise told from error


def _beside(path: Path) -> Path:
    """A new name beside `path`; what earlier attempts at it have left there is cleared away.

    No two attempts share a name: one that lives on, though nobody waits for it any more, loses
    what it has written and cannot publish the half of another.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in list(path.parent.iterdir()):
        if len(left.name) == len(_named(path).name) and left.match(f"{PART}*-{path.name}"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
    return _named(path)


def _named(path: Path) -> Path:
    return path.with_name(f"{PART}{secrets.token_hex(4)}-{path.name}")


def _to_disk(path: Path) -> None:
    """Wait until the disk has it: else a power cut could leave the name without the content."""
    if os.name != "posix":
        return
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that does not know it
            raise
    finally:
        os.close(opened)
