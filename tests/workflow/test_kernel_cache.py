"""A change of the compiled kernel takes effect, though numba keeps what it compiled on disk."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "workflow" / "scripts" / "covedge"
# log|A| of A = 4, by `solve_root`, which calls `cholesky` of another file.
CALL = """
import numpy as np
from covedge.kernel.criterion import solve_root
S = np.array([[4.0, 0.0], [0.0, 1.0]])
print(solve_root(S, 1, np.zeros((1, 1)), 0.0, np.empty(1), np.empty((1, 1)))[0])
"""


@pytest.mark.parametrize("named", [True, False], ids=["NUMBA_CACHE_DIR", "beside the code"])
def test_a_changed_helper_reaches_its_cached_callers(tmp_path, named):
    package = tmp_path / "covedge"
    package.mkdir()
    shutil.copy(LIBRARY / "__init__.py", package / "__init__.py")
    shutil.copytree(
        LIBRARY / "kernel", package / "kernel", ignore=shutil.ignore_patterns("__pycache__")
    )
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    env.pop("NUMBA_CACHE_DIR", None)
    if named:
        env["NUMBA_CACHE_DIR"] = str(tmp_path / "cache")

    def run():
        done = subprocess.run(
            [sys.executable, "-c", CALL], env=env, cwd=tmp_path, capture_output=True, check=True
        )
        return float(done.stdout)

    first = run()
    assert first == pytest.approx(1.3862943611198906)
    place = tmp_path / "cache" if named else package / "kernel" / "__pycache__"
    assert [path.name for path in place.rglob("*.nbi") if path.name.startswith("criterion")]
    helper = package / "kernel" / "linalg.py"
    text = helper.read_text(encoding="utf-8")
    changed = text.replace("logdet += np.log(pivot)", "logdet += 2.0 * np.log(pivot)", 1)
    assert changed != text
    helper.write_text(changed, encoding="utf-8")
    assert run() == pytest.approx(2 * first)


def test_nothing_is_cached_outside_the_folder_that_knows_of_every_file():
    found = [
        path.relative_to(LIBRARY).as_posix()
        for path in LIBRARY.rglob("*.py")
        if "njit(cache=True" in path.read_text("utf-8")
    ]
    assert found == ["kernel/compiled.py"]
