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


@pytest.fixture
def small_disk(require_program):
    """A function that mounts a file system of so many kilobytes at a folder, until the test ends.

    It returns a function that gives it another size. Mounting is for root: without that the test
    is skipped, or fails, as above.
    """
    mounted = []

    def mount(options, *what):
        command = [require_program("mount"), "-t", "tmpfs", "-o", options, *what]
        return subprocess.run(command, capture_output=True, text=True)

    def begin(folder, size):
        folder.mkdir(parents=True, exist_ok=True)
        done = mount(f"size={size}k", "tmpfs", folder)
        if done.returncode:
            skip_or_fail(f"no disk could be mounted: {done.stderr}")
        mounted.append(folder)
        return lambda larger: mount(f"remount,size={larger}k", folder).check_returncode()

    yield begin
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


def skip_or_fail(missing):
    """Skip the test; with COVEDGE_REQUIRE_ALL=1 let it fail."""
    if os.environ.get("COVEDGE_REQUIRE_ALL") == "1":
        pytest.fail(missing)
    pytest.skip(missing)
