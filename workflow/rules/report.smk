rule report:
    input:
        document=report_source("analysis.qmd"),
        dress=report_dress(),
        data="results/{analysis}/data.parquet",
        design="results/{analysis}/design.json",
        ladder="results/{analysis}/ladder.json",
        fits="results/{analysis}/fits",
        engines="results/{analysis}/engines",
        posterior="results/{analysis}/posterior",
        intervals="results/{analysis}/intervals",
        tests="results/{analysis}/tests.json",
        leave_out="results/{analysis}/leave_out.json",
        verdict="results/{analysis}/verdict.json",
        atlas=atlas_if_wanted,
    output:
        page=report(
            "reports/html/{analysis}.html",
            caption="../report/page.rst",
            category="Pages",
            labels={"analysis": "{analysis}"},
        ),
    log:
        "results/logs/report/{analysis}.log",
    benchmark:
        "results/benchmarks/report/{analysis}.tsv"
    wildcard_constraints:
        analysis=one_of(ANALYSES),
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("report"),
        analysis=analysis_config("report"),
        renderer=SETTINGS["report"]["renderer"],
        private=SETTINGS["report"]["private"],
    message:
        "Writing the page of {wildcards.analysis}"
    script:
        "../scripts/report.py"


rule plan_page:
    input:
        document=report_source("plan.qmd"),
        dress=report_dress(),
        atlas="results/{analysis}/atlas.json",
    output:
        page=report(
            "reports/html/{analysis}.html",
            caption="../report/plan.rst",
            category="Pages",
            labels={"analysis": "{analysis}"},
        ),
    log:
        "results/logs/plan_page/{analysis}.log",
    benchmark:
        "results/benchmarks/plan_page/{analysis}.tsv"
    wildcard_constraints:
        analysis=one_of(PLANS),
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("plan_page"),
        plan=analysis_config("plan_page"),
        renderer=SETTINGS["report"]["renderer"],
    message:
        "Writing the page of the plan {wildcards.analysis}"
    script:
        "../scripts/plan_page.py"


rule index:
    input:
        document=report_source("index.qmd"),
        dress=report_dress(),
        pages=expand("reports/html/{analysis}.html", analysis=[*ANALYSES, *PLANS]),
        designs=expand("results/{analysis}/design.json", analysis=ANALYSES),
        ladders=expand("results/{analysis}/ladder.json", analysis=ANALYSES),
        fits=expand("results/{analysis}/fits", analysis=ANALYSES),
        engines=expand("results/{analysis}/engines", analysis=ANALYSES),
        posteriors=expand("results/{analysis}/posterior", analysis=ANALYSES),
        intervals=expand("results/{analysis}/intervals", analysis=ANALYSES),
        tests=expand("results/{analysis}/tests.json", analysis=ANALYSES),
        leave_outs=expand("results/{analysis}/leave_out.json", analysis=ANALYSES),
        verdicts=expand("results/{analysis}/verdict.json", analysis=ANALYSES),
        atlases=expand("results/{analysis}/atlas.json", analysis=PLANS),
    output:
        page=report(
            "reports/html/index.html",
            caption="../report/index.rst",
            category="Pages",
            labels={"analysis": "all of them"},
        ),
    log:
        "results/logs/index.log",
    benchmark:
        "results/benchmarks/index.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("index"),
        analyses=SETTINGS["analyses"],
        plans=SETTINGS["plans"],
        renderer=SETTINGS["report"]["renderer"],
    message:
        "Writing the index of all analyses"
    script:
        "../scripts/index.py"
