rule engines:
    input:
        data="results/{analysis}/data.parquet",
        gram="results/{analysis}/gram.npz",
        ladder="results/{analysis}/ladder.json",
        fits="results/{analysis}/fits",
    output:
        engines=directory("results/{analysis}/engines"),
    log:
        "results/logs/engines/{analysis}.log",
    benchmark:
        "results/benchmarks/engines/{analysis}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("engines"),
        analysis=analysis_config("engines"),
    message:
        "Asking other packages about {wildcards.analysis}"
    script:
        "../scripts/engines.py"


rule bayes:
    input:
        gram="results/{analysis}/gram.npz",
        ladder="results/{analysis}/ladder.json",
        fits="results/{analysis}/fits",
    output:
        posterior=directory("results/{analysis}/posterior"),
    log:
        "results/logs/bayes/{analysis}.log",
    benchmark:
        "results/benchmarks/bayes/{analysis}.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    params:
        library=library_digest("bayes"),
        analysis=analysis_config("bayes"),
    message:
        "Sampling the posteriors of {wildcards.analysis}"
    script:
        "../scripts/bayes.py"
