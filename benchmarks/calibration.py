"""Simulation-based calibration of the collapsed sampler, and the document that tells of it.

python calibration.py [data sets under each prior]
python calibration.py --page         the document and the picture anew, from the stored numbers

Writes tests/reference/calibration.json, docs/calibration.svg and docs/calibration.md.
"""

import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from calibrated import FORMULA, GROUPS, RANKED, SIZE, Length
from calibration_figure import figure
from calibration_page import PAGE, ROBUSTNESS, STORED, page
from calibration_run import TOO_NARROW, calibrate, plant_narrow, versions
from code_digest import sampler_digest
from machine import machine

HERE = Path(__file__).parent
# What decides the ranks besides the sampler's own modules.
SCRIPTS = tuple(HERE / name for name in ("calibrated.py", "calibration_run.py", "with_data.py"))
REPLICATES = {"lkj": 500, "decov": 300, "wishart": 300}
# Of what is planted and needs sampling of its own.
PLANTED = 300


def current_digest() -> str:
    return sampler_digest(*SCRIPTS)


def run(replicates: dict[str, int]) -> dict:
    """All of it, as stored. replicates : by prior."""
    began, length = time.perf_counter(), Length()
    # Taken before: an edit while it runs must not pass for what was run.
    head = {"digest": current_digest(), "formula": FORMULA, "groups": GROUPS, "rows": SIZE}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        priors = [calibrate(prior, length, n, pool, _tell) for prior, n in replicates.items()]
        narrow = plant_narrow(min(PLANTED, replicates["lkj"]), pool)
    return {
        **head,
        "draws": RANKED,
        "length": asdict(length),
        "priors": priors,
        "narrow": {"error": TOO_NARROW, "ranks": narrow},
        "versions": versions(),
        "processor": machine()["processor"],
        "seconds": time.perf_counter() - began,
    }


def write_page() -> None:
    """From what is stored."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    robust = json.loads(ROBUSTNESS.read_text(encoding="utf-8")) if ROBUSTNESS.exists() else None
    figure(stored["priors"], PAGE.with_suffix(".svg"))
    PAGE.write_text(page(stored, robust), encoding="utf-8")


def _tell(line):
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> None:
    if arguments != ["--page"]:
        n = dict.fromkeys(REPLICATES, int(arguments[0])) if arguments else REPLICATES
        found = run(n)
        STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_page()


if __name__ == "__main__":
    main(sys.argv[1:])
