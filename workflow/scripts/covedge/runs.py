"""Whether a run lives in a folder: locks that the system takes away from whoever dies.

Two files, locked and never removed: `present` by every process that reads the workflow there,
together; `running` by the one that runs it, alone, with a line that says who that is.
"""

from __future__ import annotations

import os
import shlex
import socket
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from covedge.errors import CovedgeError

try:
    import fcntl
except ImportError:  # Windows, where Snakemake's own lock has to do
    fcntl = None

PRESENT, RUNNING = "present", "running"
# Open until the process ends, since closing one would give its lock up.
_held: list[int] = []


class RunError(CovedgeError):
    """Another run is at work in the folder, or nothing can be written there."""


def attend(folder: str | Path) -> None:
    """Be seen in the folder by `is_deserted` until this process ends.

    Raises RunError where nothing can be written.
    """
    opened = _open(Path(folder), PRESENT)
    _held.append(opened)
    if fcntl is not None:
        with suppress(OSError):  # a network disk without locks, where `is_deserted` says no
            fcntl.flock(opened, fcntl.LOCK_SH)


def claim(folder: str | Path) -> None:
    """Be the one that runs in the folder until this process ends.

    Raises RunError, which says who it is, if another one does.
    """
    opened = _open(Path(folder), RUNNING)
    if _lock(opened) is False:
        who = os.read(opened, 4096).decode(errors="replace").strip()
        os.close(opened)
        raise RunError(_busy(who))
    _held.append(opened)
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    now = datetime.now().strftime("%Y-%m-%d %H:%M")
    who = f"process {os.getpid()} on {socket.gethostname()}, since {now}: {command}\n"
    os.ftruncate(opened, 0)
    os.write(opened, who.encode())


def is_deserted(folder: str | Path) -> bool:
    """Whether no living process attends the folder. False also where that cannot be told."""
    path = Path(folder) / PRESENT
    if not path.exists():
        return True
    opened = os.open(path, os.O_RDWR)
    try:
        return _lock(opened) is True
    finally:
        os.close(opened)


def busy(folder: str | Path) -> str:
    """That another run is at work in the folder, which it is, and what to do."""
    path = Path(folder) / RUNNING
    return _busy(path.read_text(encoding="utf-8").strip() if path.exists() else "")


def _busy(who: str) -> str:
    return (
        f"another run is at work in this folder ({who or 'it has just begun'}); "
        "wait for it to end, or stop it, then run again"
    )


def _open(folder: Path, name: str) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise RunError(
            f"{folder}: {(error.strerror or 'cannot be written').lower()}; the folder where "
            "snakemake runs must be writable: mend that, or use `--directory` for another one"
        ) from None


def _lock(opened: int) -> bool | None:
    """Whether the file could be locked; None where there are no locks, as on some network disks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
