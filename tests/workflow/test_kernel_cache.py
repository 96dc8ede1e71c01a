"""A change of the compiled kernel takes effect, though numba keeps what it compiled on disk."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "workflow" / "scripts" / "covedge"
# log|A| of A = 4, by `solve_root`, which calls `cholesky`.
CALL = """
import numpy as np
from covedge.kernel import solve_root
S = np.array([[4.0, 0.0], [0.0, 1.0]])
print(solve_root(S, 1, np.zeros((1, 1)), 0.0, np.empty(1), np.empty((1, 1)))[0])
"""


def test_a_changed_helper_reaches_its_cached_callers(tmp_path):
    package = tmp_path / "covedge"
    package.mkdir()
    for name in ("__init__.py", "kernel.py"):
        shutil.copy(LIBRARY / name, package / name)
    env = os.environ | {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}

    def run():
        done = subprocess.run(
            [sys.executable, "-c", CALL], env=env, cwd=tmp_path, capture_output=True, check=True
        )
        return float(done.stdout)

    first = run()
    assert first == pytest.approx(1.3862943611198906)
    assert list((tmp_path / "cache").rglob("*.nbi"))
    kernel = package / "kernel.py"
    text = kernel.read_text(encoding="utf-8")
    changed = text.replace("logdet += np.log(pivot)", "logdet += 2.0 * np.log(pivot)", 1)
    assert changed != text
    kernel.write_text(changed, encoding="utf-8")
    assert run() == pytest.approx(2 * first)


def test_all_that_is_compiled_into_the_cache_is_in_one_file():
    # numba does not see a change of a helper in another file.
    cached = [p.name for p in LIBRARY.rglob("*.py") if "@njit(cache=True" in p.read_text("utf-8")]
    assert cached == ["kernel.py"]
