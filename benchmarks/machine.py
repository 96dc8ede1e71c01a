"""The machine that a benchmark ran on, without its name."""

import os
import platform
import re
from pathlib import Path

import numpy as np

# One thread for every engine; and not what this shell may tell OpenBLAS of the processor.
_LIBRARIES = ("OPENBLAS", "OMP", "MKL", "NUMBA")
ONE_THREAD = dict.fromkeys((f"{name}_NUM_THREADS" for name in _LIBRARIES), "1")
LEFT_TO_ITSELF = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def environment() -> dict[str, str]:
    """The environment of every peer."""
    kept = {name: value for name, value in os.environ.items() if name not in LEFT_TO_ITSELF}
    return {**kept, **ONE_THREAD}


def machine() -> dict[str, str]:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "memory": memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "BLAS of numpy": f"{blas['name']} {blas['version']}",
        "threads": "one for every engine",
    }


def processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found.group(1) if found else platform.processor() or "unknown"


def memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return "unknown"
    return f"{size / 2**30:.0f} GiB"


def peak(pid: int) -> int | None:
    """The most memory that a process has held, in bytes (Linux only)."""
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return None
    return int(found.group(1)) * 1024 if found else None
