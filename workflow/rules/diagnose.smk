rule diagnose:
    input:
        data="results/{analysis}/data.parquet",
        design="results/{analysis}/design.json",
        gram="results/{analysis}/gram.npz",
        ladder="results/{analysis}/ladder.json",
        fits="results/{analysis}/fits",
        engines="results/{analysis}/engines",
        tests="results/{analysis}/tests.json",
        leave_out="results/{analysis}/leave_out.json",
    output:
        verdict=report(
            "results/{analysis}/verdict.json",
            caption="../report/verdict.rst",
            category="Verdicts",
            labels={"analysis": "{analysis}"},
        ),
    log:
        "results/logs/diagnose/{analysis}.log",
    benchmark:
        "results/benchmarks/diagnose/{analysis}.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    params:
        library=library_digest("diagnose"),
        analysis=analysis_config("diagnose"),
    message:
        "Diagnosing {wildcards.analysis}"
    script:
        "../scripts/diagnose.py"
