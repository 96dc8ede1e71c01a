"""What is said where nothing can compile, and who waits for whom."""

import sys
import threading
import time

import pytest

from covedge.posteriors.compilation import NoCompiler, compiled, first_alone


@pytest.mark.parametrize("missing", ["nutpie", "numba"])
def test_without_a_sampler_or_a_compiler_a_line_says_what_to_do(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(NoCompiler, match=rf"{missing}.*make set-up.*enabled: false") as told:
        compiled(None, "a kind")
    assert len(told.value.problems) == 1


def test_the_first_of_a_kind_compiles_alone_and_later_ones_do_not_wait(tmp_path):
    """A second job waits while the first compiles; with the mark there nobody does."""
    times, mark = {}, tmp_path / "mark"

    def job(name, seconds):
        with first_alone(mark):
            times[name] = [time.monotonic()]
            time.sleep(seconds)
            times[name].append(time.monotonic())

    first = threading.Thread(target=job, args=("first", 0.5))
    first.start()
    while "first" not in times:
        time.sleep(0.01)
    job("second", 0.0)
    first.join()
    assert times["second"][0] >= times["first"][1]
    inside = threading.Event()

    def third():
        with first_alone(mark):
            inside.set()

    with first_alone(mark):
        waiting = threading.Thread(target=third)
        waiting.start()
        assert inside.wait(10)
    waiting.join()


def test_a_compilation_that_fails_leaves_no_mark(tmp_path):
    with pytest.raises(RuntimeError), first_alone(tmp_path / "mark"):
        raise RuntimeError("broken")
    assert not (tmp_path / "mark").exists()
