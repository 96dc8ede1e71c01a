"""`python -m covedge`, as a person runs it: what is printed, the exit status, and how long."""

import resource
import subprocess
import sys

import pytest

from covedge.__main__ import BAD_INPUT, STILL
from support.models import PUBLISHED, reference
from support.tree import ROOT

SLEEP = (str(PUBLISHED / "sleepstudy.csv"), "Reaction ~ Days + (Days | Subject)")
DYESTUFF2 = (str(PUBLISHED / "Dyestuff2.csv"), "Yield ~ 1 + (1 | Batch)")
# Seconds of processor time that a person waits for at most, all caches warm.
PATIENCE = 5.0
HEAVY = (
    "pymc",
    "pytensor",
    "arviz",
    "nutpie",
    "matplotlib",
    "snakemake",
    "statsmodels",
    "nbclient",
)


def run(*arguments, code=None):
    command = [sys.executable, *(("-c", code) if code else ("-m", "covedge")), *arguments]
    return subprocess.run(
        command, cwd=ROOT / "workflow/scripts", capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize(
    ("given", "says", "case"),
    [
        (SLEEP, "Your model is healthy", "sleepstudy_reml"),
        ((*SLEEP, "--method", "ML"), "Your model is healthy", "sleepstudy_ml"),
        (DYESTUFF2, "Your model is singular, and that is its correct optimum", "dyestuff2_reml"),
    ],
)
def test_a_verdict_is_printed_whatever_it_is(given, says, case):
    done = run(*given)
    assert (done.returncode, done.stderr.replace(f"{STILL}\n", "")) == (0, "")
    assert says in done.stdout
    asked = done.stdout.partition("The ladder\n")[2].partition("\n\n")[0].splitlines()[-1]
    assert f" {reference(case)['criterion']:.4f} " in asked


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((SLEEP[0], "Reaction ~ Day + (1 | Subject)"), "error: {}, formula: there is no column"),
        ((SLEEP[0], "Reaction ~"), "error: formula: "),
        (("no.csv", SLEEP[1]), "error: there is no file no.csv"),
        ((*SLEEP, "--subset", "Days = 1"), "error: {}, subset: `=` has no meaning"),
        ((*SLEEP, "--smallest-sd", "-1"), "error: smallest_sd: must be a number above 0"),
        ((*SLEEP, "--method", "MLE"), "invalid choice: 'MLE'"),
    ],
)
def test_a_mistake_is_told_in_a_line_and_by_the_exit_status(given, says):
    done = run(*given)
    assert (done.returncode, done.stdout) == (BAD_INPUT, "")
    assert says.format(given[0]) in done.stderr
    assert "Traceback" not in done.stderr


def test_it_takes_less_than_a_person_waits_for():
    run(*SLEEP)  # compiles, where nothing has been compiled yet
    before = used()
    assert run(*SLEEP).returncode == 0
    assert used() - before < PATIENCE


def used():
    """Processor seconds of all subprocesses that have ended; other processes do not count."""
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


def test_what_only_the_workflow_needs_is_not_imported():
    code = f"""
import sys, covedge
assert "numpy" not in sys.modules
covedge.look({DYESTUFF2[0]!r}, {DYESTUFF2[1]!r})
print(*sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    done = run(code=code)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
