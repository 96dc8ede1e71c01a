"""The benchmark of known causes: every data set diagnosed, and the document that tells of it.

python -m known_causes.run                    the reported half: docs/causes.md, .svg and .json
python -m known_causes.run --half tuning      prints only, for those who set thresholds
python -m known_causes.run --causes one_group healthy          prints only
python -m known_causes.run --page             the document anew, from the stored numbers
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from covedge.jsonio import read_json, write_json
from known_causes.case import CAUSES, HALVES, REPORTED, numbers
from known_causes.figure import draw
from known_causes.page import PAGE, STORED, page, read, stored, summary
from known_causes.score import Outcome, outcome

WORKERS = 2
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def diagnose_one(cause: str, number: int) -> Outcome:
    """Made, diagnosed and held against the truth; in a process of its own."""
    # Imported here: the parent needs neither, and what fails is the data set's affair.
    from known_causes.diagnosed import diagnosed
    from known_causes.generator import case

    logging.disable(logging.WARNING)
    made = case(cause, number)
    return outcome(made, diagnosed(made))


def outcomes(causes: Sequence[str], wanted: Sequence[int], workers: int) -> Iterator[Outcome]:
    """Of all data sets, as they are done."""
    # Threads of the linear algebra would compete with the workers.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        # All causes side by side: the long ones do not come last.
        jobs = [pool.submit(diagnose_one, cause, n) for n in wanted for cause in causes]
        for done, job in enumerate(as_completed(jobs), 1):
            one = job.result()
            _progress(done, len(jobs), one)
            yield one


def _progress(done, total, one):
    if not one.hit or one.failed:
        told = one.failed or ", ".join(one.named) or "no cause"
        print(f"{one.cause} {one.number} ({one.design}): {told}", file=sys.stderr, flush=True)
    if not done % 25 or done == total:
        print(f"{done} of {total}", file=sys.stderr, flush=True)


def write_page() -> None:
    """From what is stored."""
    told = read_json(STORED)
    draw(read(told), PAGE.with_suffix(".svg"))
    PAGE.write_text(page(told), encoding="utf-8")


def main(arguments: list[str]) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="known_causes.run")
    parser.add_argument("--half", choices=HALVES, default=REPORTED)
    parser.add_argument("--causes", nargs="+", choices=CAUSES, default=CAUSES)
    parser.add_argument("--first", type=int, help="only so many data sets of each cause")
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--page", action="store_true")
    asked = parser.parse_args(arguments)
    if not asked.page:
        began = time.perf_counter()
        wanted = numbers(asked.half)[: asked.first]
        found = list(outcomes(asked.causes, wanted, asked.workers))
        found.sort(key=lambda one: (CAUSES.index(one.cause), one.number))
        print(summary(found))
        whole = asked.half == REPORTED and tuple(asked.causes) == CAUSES and asked.first is None
        if not whole:
            return
        write_json(STORED, stored(found, time.perf_counter() - began, asked.workers))
    write_page()


if __name__ == "__main__":
    main(sys.argv[1:])
