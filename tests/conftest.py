"""What every test can ask for."""

import os
import shutil

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
        missing = f"none of these programs is installed: {', '.join(names)}"
        if os.environ.get("COVEDGE_REQUIRE_ALL") == "1":
            pytest.fail(missing)
        pytest.skip(missing)

    return find
