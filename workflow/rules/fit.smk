rule fit:
    input:
        data="results/{analysis}/data.parquet",
        design="results/{analysis}/design.json",
    output:
        gram="results/{analysis}/gram.npz",
        ladder="results/{analysis}/ladder.json",
        fits=directory("results/{analysis}/fits"),
    log:
        "results/logs/fit/{analysis}.log",
    benchmark:
        "results/benchmarks/fit/{analysis}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("fit"),
        analysis=analysis_config("fit"),
    message:
        "Fitting the ladder of {wildcards.analysis}"
    script:
        "../scripts/fit.py"
