"""What the rules share: the checked config, its slices, and hashes of the library."""

import os
import shutil
import sys
import time
from pathlib import Path
from types import SimpleNamespace

# Not workflow.source_path, which gives a copy of one file in a place that changes with each run.
HERE = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
SCRIPTS = (HERE / "../scripts").resolve()
REPORTS = Path(os.path.relpath(HERE / "../../reports"))
DRESS = (".css", ".html", ".js", ".lua", ".yml")
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))

from covedge.config import load_config, load_schema, plan_config, step_config
from covedge.digest import digest
from covedge.errors import ConfigError, CovedgeError
from covedge.log import user_errors
from covedge.orphans import mark_as_run
from covedge.run_time import Job, last_time, sentence
from covedge.runs import attend, claim
from covedge.whole import check_writable
from covedge.yaml_file import check_yaml

# Locks of this workflow's runs, beside Snakemake's, which cannot tell the dead from the living.
RUNS = ".snakemake/covedge"


def or_explain(read, *arguments):
    """What `read` returns; its errors without a traceback, one line each."""
    try:
        return read(*arguments)
    except ConfigError as error:
        raise WorkflowError("\n".join(["the config has errors:", *error.problems]))
    except CovedgeError as error:
        raise WorkflowError(str(error))


mark_as_run()
if workflow.is_main_process:
    or_explain(attend, RUNS)


for path in workflow.configfiles:  # given by --configfile
    or_explain(check_yaml, os.path.relpath(path))

if "analyses" not in config and "plans" not in config:
    or_explain(check_yaml, "config/config.yaml")

    configfile: "config/config.yaml"


SETTINGS = or_explain(
    load_config, config, load_schema(HERE / "../schemas/config.schema.yaml")
)
STARTED = time.time()
ANALYSES, PLANS = list(SETTINGS["analyses"]), list(SETTINGS["plans"])


# Replicates in one job of the bootstrap: far more than starting the job costs.
BATCH = 250
# Jobs that share the trials of a round of the atlas.
ATLAS_PARTS = 2


wildcard_constraints:
    analysis="[A-Za-z0-9_]+",
    first="[0-9]+",
    last="[0-9]+",
    round="[0-9]+",
    part="[0-9]+",
    parts="[0-9]+",


def library_digest(step):
    """Hash of the script of a step and of the library modules that it imports."""
    return digest(SCRIPTS / f"{step}.py", SCRIPTS)


def analysis_config(step):
    """The function of wildcards that gives what a step reads of its analysis' config."""

    def config_of(wildcards):
        if wildcards.analysis in PLANS:
            return plan_config(SETTINGS["plans"][wildcards.analysis])
        return step_config(SETTINGS["analyses"][wildcards.analysis], step)

    return config_of


def data_file(wildcards):
    """The data file of an analysis."""
    return SETTINGS["analyses"][wildcards.analysis]["data"]


def answer_files(wildcards):
    """The files of fits that the user of an analysis has already."""
    answers = SETTINGS["analyses"][wildcards.analysis]["answers"] or {}
    return [answers] if isinstance(answers, str) else list(answers.values())


def stan_threads(wildcards):
    """Chains of stan_lmer at a time, if it is asked; the other engines of R run alone."""
    asked = SETTINGS["analyses"][wildcards.analysis]["engines"]
    return sampler_threads(wildcards) if "rstanarm" in asked else 1


def bootstrap_batches(wildcards):
    """The folders with all replicates that the config asks for."""
    total = SETTINGS["analyses"][wildcards.analysis]["bootstrap"]["replicates"]
    return [
        f"results/{wildcards.analysis}/bootstrap/{start}-{min(start + BATCH - 1, total)}"
        for start in range(1, total + 1, BATCH)
    ]


def parts_of_round(analysis, number):
    """The folders with the outcomes of one round of the atlas."""
    return [
        f"results/{analysis}/atlas/{number}/{part}-of-{ATLAS_PARTS}"
        for part in range(ATLAS_PARTS)
    ]


def earlier_atlas_parts(wildcards):
    """The outcomes that the choice of a round's designs depends on."""
    rounds = range(int(wildcards.round))
    return [p for number in rounds for p in parts_of_round(wildcards.analysis, number)]


def atlas_rounds(analysis):
    """The numbers of the rounds that the config asks for."""
    if analysis in PLANS:
        return range(SETTINGS["plans"][analysis]["rounds"])
    return range(SETTINGS["analyses"][analysis]["atlas"]["rounds"])


def atlas_sources(wildcards):
    """The results that an atlas is about; of a plan there are none."""
    if wildcards.analysis in PLANS:
        return {}
    names = {
        "data": "data.parquet",
        "gram": "gram.npz",
        "ladder": "ladder.json",
        "fits": "fits",
    }
    return {k: f"results/{wildcards.analysis}/{name}" for k, name in names.items()}


def one_of(names):
    """A wildcard's constraint: one of these, of which there may be none."""
    return "|".join(names) or "(?!)"


def atlas_plans(wildcards):
    """The plans of all rounds."""
    return [
        f"results/{wildcards.analysis}/atlas/{number}/plan.json"
        for number in atlas_rounds(wildcards.analysis)
    ]


def atlas_parts(wildcards):
    """The outcomes of all rounds."""
    return [
        part
        for number in atlas_rounds(wildcards.analysis)
        for part in parts_of_round(wildcards.analysis, number)
    ]


def atlas_if_wanted(wildcards):
    """The atlas of an analysis, if its config asks for one."""
    wanted = SETTINGS["analyses"][wildcards.analysis]["atlas"]["enabled"]
    return f"results/{wildcards.analysis}/atlas.json" if wanted else []


def sampler_threads(wildcards):
    """Chains that an analysis samples at a time: all of four, or what several analyses leave."""
    on_cluster = workflow.remote_exec or workflow.resource_settings.cores is None
    if on_cluster:  # each job has cores of its own
        return 4
    return min(max(workflow.cores // len(ANALYSES), 1), 4)


def report_source(name):
    """A document of the pages."""
    return str(REPORTS / name)


def report_dress():
    """What the documents are dressed in: templates, styles, filters."""
    return sorted(str(path) for path in REPORTS.iterdir() if path.suffix in DRESS)


# All that the steps write, and not the pages alone: where a run was killed and the edit that it was
# for undone, the pages are there and up to date, and the results beside them are not.
RESULTS = """
    data.parquet design.json gram.npz ladder.json fits in_r engines posterior tests.json
    profiles intervals leave_out.json verdict.json
""".split()


def all_results():
    """Every file and folder of the steps."""
    found = expand("results/{analysis}/{name}", analysis=ANALYSES, name=RESULTS)
    for analysis in [*ANALYSES, *PLANS]:
        wildcards = SimpleNamespace(analysis=analysis)
        found += bootstrap_batches(wildcards) if analysis in ANALYSES else []
        if analysis in PLANS or atlas_if_wanted(wildcards):
            found += [
                f"results/{analysis}/atlas.{kind}" for kind in ("json", "parquet")
            ]
            found += [*atlas_plans(wildcards), *atlas_parts(wildcards)]
    return found


def job_to_come(job):
    """A job of the DAG as the estimate of the run's time wants it."""
    analysis = getattr(job.wildcards, "analysis", "")
    return Job(job.rule.name, analysis, last_time(job.benchmark))


onstart:
    if workflow.is_main_process:
        or_explain(claim, RUNS)
        for folder in ("results", "reports/html"):
            or_explain(check_writable, folder)
    if workflow.is_main_process and not workflow.remote_exec:
        told = sentence(
            [job_to_come(job) for job in workflow.dag.needrun_jobs()],
            min(workflow.resource_settings.cores or os.cpu_count(), os.cpu_count()),
        )
        print(told, file=sys.stderr)


onerror:
    # Snakemake's own account is long; what the user can mend comes last.
    for path in sorted(Path("results/logs").rglob("*.log")):
        if path.stat().st_mtime >= STARTED:
            for problem in user_errors(path):
                print(f"error: {problem}", file=sys.stderr)
