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
from calibration_run import TOO_NARROW, calibrate, joined, plant_narrow, versions
from code_digest import sampler_digest
from machine import machine

HERE = Path(__file__).parent
# What decides the ranks besides the sampler's own modules.
SCRIPTS = tuple(HERE / name for name in ("calibrated.py", "calibration_run.py", "with_data.py"))
# The default prior; another one by a line more.
REPLICATES = {"lkj": 1000}
# Of what is planted and needs sampling of its own.
PLANTED = 150
# After so many, what has been found is written.
BATCH = 100


def current_digest() -> str:
    return sampler_digest(*SCRIPTS)


def run(replicates: dict[str, int]) -> dict:
    """All of it, as stored. replicates : by prior.

    What is stored is written now and then; interrupted, it goes on from there if the code is the
    same.
    """
    began, length = time.perf_counter(), Length()
    found = _begun({"digest": current_digest(), "length": asdict(length)})
    before = found["seconds"]

    def keep():
        found["seconds"] = before + time.perf_counter() - began
        STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for prior, n in replicates.items():
            while (done := found["priors"].get(prior, {}).get("replicates", 0)) < n:
                part = calibrate(prior, length, range(done, min(done + BATCH, n)), pool)
                found["priors"][prior] = joined(found["priors"][prior], part) if done else part
                keep()
                print(f"{prior}: {done + part['replicates']} of {n}", file=sys.stderr, flush=True)
        if found["narrow"] is None:
            n = min(PLANTED, replicates["lkj"])
            found["narrow"] = {"error": TOO_NARROW, "ranks": plant_narrow(n, pool)}
            keep()
    return found


def _begun(head):
    """What is stored by the same code, or nothing yet."""
    if STORED.exists():
        stored = json.loads(STORED.read_text(encoding="utf-8"))
        if all(stored.get(name) == value for name, value in head.items()):
            return stored
    design = {"formula": FORMULA, "groups": GROUPS, "rows": SIZE, "draws": RANKED}
    about = {"versions": versions(), "processor": machine()["processor"], "seconds": 0.0}
    return {**head, **design, **about, "priors": {}, "narrow": None}


def write_page() -> None:
    """From what is stored."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    robust = json.loads(ROBUSTNESS.read_text(encoding="utf-8")) if ROBUSTNESS.exists() else None
    figure(list(stored["priors"].values()), PAGE.with_suffix(".svg"))
    PAGE.write_text(page(stored, robust), encoding="utf-8")


def main(arguments: list[str]) -> None:
    if arguments != ["--page"]:
        n = dict.fromkeys(REPLICATES, int(arguments[0])) if arguments else REPLICATES
        run(n)
    write_page()


if __name__ == "__main__":
    main(sys.argv[1:])
