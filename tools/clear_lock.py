"""Clear the lock that a run left behind which was killed; respect that of one that lives.

    python tools/clear_lock.py [FOLDER]

Snakemake's lock is a file, and cannot tell the two apart. Ends with status 1 and a line that says
who is at work in FOLDER (this one by default), if somebody is.
"""

import shutil
import sys
from pathlib import Path

from covedge.runs import busy, is_deserted


def clear(folder: Path) -> str | None:
    """What is wrong, or None if a run can start."""
    locks, runs = folder / ".snakemake/locks", folder / ".snakemake/covedge"
    if not (locks.is_dir() and any(locks.iterdir())):
        return None
    if not is_deserted(runs):
        return busy(runs)
    shutil.rmtree(locks)  # all that `snakemake --unlock` does
    print("covedge: a run in this folder was killed; its lock is cleared", file=sys.stderr)
    return None


if __name__ == "__main__":
    if problem := clear(Path(*sys.argv[1:2])):
        sys.exit(f"covedge: {problem}")
