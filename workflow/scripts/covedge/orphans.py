"""A step ends with the run that started it: nobody waits for what it would write."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

# Where the run tells its steps which process it is. A step cannot ask for its own parent: that
# may be dead, and another in its place, before the step has imported what it needs.
VARIABLE = "COVEDGE_RUN"
# Seconds between two looks at the run; and from the request to end until the end.
LOOK, GRACE = 0.5, 5.0


def mark_as_run() -> None:
    """Make this process the run whose steps end with it."""
    os.environ[VARIABLE] = str(os.getpid())


def end_with_the_run() -> None:
    """From here on, this process does not outlive its run, even one that was killed.

    Without a run (a script started by hand), and on Windows, nothing happens.
    """
    run = os.environ.get(VARIABLE, "")
    if run.isdecimal() and os.name == "posix":
        threading.Thread(target=_watch, args=(int(run),), name="the run", daemon=True).start()


def _watch(run: int) -> None:
    while _is_alive(run):
        time.sleep(LOOK)
    # As an interruption, so that programs which it has started end, too.
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # One that has ended stays in the list of processes until its own parent has taken note.
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:  # not on Linux, or ended just now
        return True
    return status.rpartition(")")[2].split()[0] != "Z"
