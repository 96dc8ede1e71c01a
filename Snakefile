"""Why a mixed model comes out singular: from data and formula to a report."""

from snakemake.utils import min_version

min_version("9.0")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/infer.smk"
include: "workflow/rules/atlas.smk"
include: "workflow/rules/diagnose.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        "reports/html/index.html",
        expand("reports/html/{analysis}.html", analysis=[*ANALYSES, *PLANS]),
        all_results(),
