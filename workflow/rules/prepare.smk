rule prepare:
    input:
        table=data_file,
    output:
        data="results/{analysis}/data.parquet",
        design="results/{analysis}/design.json",
    log:
        "results/logs/prepare/{analysis}.log",
    benchmark:
        "results/benchmarks/prepare/{analysis}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("prepare"),
        analysis=analysis_config("prepare"),
    message:
        "Preparing the data of {wildcards.analysis}"
    script:
        "../scripts/prepare.py"
