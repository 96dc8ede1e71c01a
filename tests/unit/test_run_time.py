"""How long a run takes is told from what was measured, and lies between sensible bounds."""

import pytest

from covedge.run_time import BESIDE, SECONDS, Job, estimate, last_time, sentence

BENCHMARK = (
    "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
    "183.7906\t0:03:03\t759.13\t2710.55\t701.91\t717.04\t0.00\t2.21\t44.9\t82.58\n"
)


def all_steps(analysis, before=None):
    return [Job(step, analysis, before) for step in SECONDS if "atlas" not in step]


def test_bounds_are_in_order():
    assert all(0 < low <= likely <= high for low, likely, high in SECONDS.values())


def test_more_cores_help_until_the_chain_of_an_analysis_is_all_there_is():
    jobs = all_steps("a") + all_steps("b")
    work = sum(job.seconds[1] for job in all_steps("a"))
    chain = sum(job.seconds[1] for job in all_steps("a") if job.step not in BESIDE)
    assert estimate(jobs, 1)[1] == 2 * work
    assert estimate(jobs, 2)[1] == work
    assert estimate(jobs, 64)[1] == chain


def test_what_ran_before_is_taken_as_it_was():
    low, likely, high = estimate([Job("fit", "a", 100.0)], 4)
    assert (low, likely, high) == pytest.approx((70.0, 100.0, 150.0))


@pytest.mark.parametrize(
    ("jobs", "says"),
    [
        (all_steps("a"), "about 70 seconds on 2 cores (40 seconds to 6 minutes, by other data; "),
        (all_steps("a", 60.0), "by the last time for 12 of 12 jobs)"),
        ([Job("fit", "a", 60.0), Job("bayes", "a")], "by the last time for 1 of 2 jobs; many rows"),
        ([Job("all", "")], ""),
    ],
)
def test_what_is_told(jobs, says):
    told = sentence(jobs, 2)
    assert says in told
    assert bool(told) == bool(says)


def test_benchmark_files_are_read_as_snakemake_writes_them(tmp_path):
    path = tmp_path / "bayes.tsv"
    path.write_text(BENCHMARK, encoding="utf-8")
    assert last_time(path) == 183.7906
    for broken in ("", "s\n", "s\tx\nNA\t1\n"):
        path.write_text(broken, encoding="utf-8")
        assert last_time(path) is None
    assert last_time(tmp_path / "none.tsv") is None
