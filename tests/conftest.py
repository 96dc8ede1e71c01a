"""What every test can ask for."""

import os
import shutil
import subprocess

import pytest


@pytest.fixture(scope="session")
def require_program():
    """A function that gives the path of a program, and skips the test where there is none.

    With COVEDGE_REQUIRE_ALL=1, as in CI, a missing program is a failure: else a test could be
    skipped everywhere without anybody noticing.
    """

    def find(*names):
        for name in names:
            if path := shutil.which(name):
                return path
        skip_or_fail(f"none of these programs is installed: {', '.join(names)}")

    return find


@pytest.fixture(scope="session")
def require_r_packages(require_program):
    """A function that gives the path of Rscript; without it or the packages, as above."""

    def find(*names):
        rscript = require_program("Rscript")
        for name in names:
            script = f'quit(status = !requireNamespace("{name}", quietly = TRUE))'
            if subprocess.run([rscript, "-e", script]).returncode:
                skip_or_fail(f"R is there, and its package {name} is not")
        return rscript

    return find


@pytest.fixture(scope="session")
def require_root():
    """Skips the test for other users, as above."""
    if os.geteuid() != 0:
        skip_or_fail("only root can start what this test needs")


def skip_or_fail(missing):
    """Skip the test; with COVEDGE_REQUIRE_ALL=1 let it fail."""
    if os.environ.get("COVEDGE_REQUIRE_ALL") == "1":
        pytest.fail(missing)
    pytest.skip(missing)
