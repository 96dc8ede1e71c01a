"""Results that appear whole or not at all, and steps whose failure does not cost the report."""

from __future__ import annotations

import logging
import os
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from covedge.errors import CovedgeError
from covedge.jsonio import write_json

log = logging.getLogger(__name__)

FAILED = "failed"
FILE = "status.json"


@contextmanager
def new_file(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to; it becomes `path` if all goes well, else it is removed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # the ending stays, since some writers go by it
    beside = path.with_name(f".part-{path.name}")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """The same for a folder, which exists when the block starts."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".part-{path.name}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        yield beside
        shutil.rmtree(path, ignore_errors=True)
        os.replace(beside, path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def failure(step: str, error: Exception) -> dict:
    """What is written instead of a result: status, step, reason in a line, and the traceback."""
    reason = str(error) if isinstance(error, CovedgeError) else f"{type(error).__name__}: {error}"
    return {
        "status": FAILED,
        "step": step,
        "reason": " ".join(reason.split()),
        "traceback": "".join(traceback.format_exception(error)),
    }


def folder_or_failure(step: str, path: str | Path, work: Callable[[Path], None]) -> None:
    """Let `work` fill the folder; if it fails, the folder holds nothing but status.json.

    Interruptions are no failures: nothing is written then.
    """
    try:
        with new_folder(path) as folder:
            work(folder)
            if not (folder / FILE).exists():
                write_json(folder / FILE, {"status": "ok", "step": step})
    except Exception as error:
        told = _told(step, error)
        with new_folder(path) as folder:
            write_json(folder / FILE, told)


def json_or_failure(step: str, path: str | Path, work: Callable[[], dict]) -> None:
    """Write what `work` returns; if it fails, the file says so."""
    try:
        write_json(path, work())
    except Exception as error:
        write_json(path, _told(step, error))


def _told(step: str, error: Exception) -> dict:
    told = failure(step, error)
    log.error("%s failed, and the report will say so: %s", step, told["reason"])
    log.error("%s", told["traceback"])
    return told
