"""Steps whose failure does not cost the report: it is a result of its own, told on the page."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path

from covedge.errors import CovedgeError
from covedge.jsonio import write_json
from covedge.whole import new_folder, storage_error

log = logging.getLogger(__name__)

FAILED = "failed"
FILE = "status.json"


def failure(step: str, error: Exception) -> dict:
    """What is written instead of a result: status, step, reason in a line, and the traceback.

    Raises StorageError where the disk is at fault: such a failure is no result, or the step would
    not run again when there is room.
    """
    if told := storage_error(error):
        raise told from error
    reason = str(error) if isinstance(error, CovedgeError) else f"{type(error).__name__}: {error}"
    return {
        "status": FAILED,
        "step": step,
        "reason": " ".join(reason.split()),
        "traceback": "".join(traceback.format_exception(error)),
    }


def folder_or_failure(step: str, path: str | Path, work: Callable[[Path], None]) -> None:
    """Let `work` fill the folder; if it fails, the folder holds nothing but status.json.

    Interruptions are no failures, nor is a full disk: nothing is written then.
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
