"""The log of a step: what is logged, printed or raised goes to its file and to the terminal."""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from covedge.errors import CovedgeError
from covedge.orphans import end_with_the_run
from covedge.whole import storage_error

PREFIX = "error: "


class _Tee:
    """A text stream that writes to two; a full disk costs the file alone."""

    def __init__(self, terminal: TextIO, file: TextIO):
        self._terminal, self._file = terminal, file

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._file.write(text)
            self._file.flush()
        return self._terminal.write(text)

    def flush(self) -> None:
        self._terminal.flush()

    def __getattr__(self, name: str):
        return getattr(self._terminal, name)


def to_log(path: str | Path) -> None:
    """From here on, send everything to the file as well. For the first line of a script's block.

    Errors of the user are told in lines that begin with `error: `; any other has its traceback.
    Both end the process with status 1. SIGTERM ends it as an exception would, so that what is
    half written is cleared away; so does the end of the run that started the step.
    """
    path = Path(path)
    sys.excepthook = report
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise storage_error(error, path) or error from None
    sys.stdout, sys.stderr = _Tee(sys.stdout, file), _Tee(sys.stderr, file)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    signal.signal(signal.SIGTERM, _terminate)
    end_with_the_run()


def report(kind: type[BaseException], error: BaseException, trace) -> None:
    """Tell an error that nobody caught: `sys.excepthook` of a step."""
    error = storage_error(error) or error
    if isinstance(error, CovedgeError):
        for problem in error.problems:
            print(f"{PREFIX}{problem}", file=sys.stderr)
    elif issubclass(kind, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
    else:
        traceback.print_exception(kind, error, trace, file=sys.stderr)
    sys.stderr.flush()


def user_errors(path: str | Path) -> list[str]:
    """The errors of the user that a log tells, without the prefix."""
    path = Path(path)
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [line.removeprefix(PREFIX) for line in lines if line.startswith(PREFIX)]


def _terminate(number: int, frame) -> None:
    sys.exit(128 + number)
