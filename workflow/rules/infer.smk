rule ask_r:
    input:
        data="results/{analysis}/data.parquet",
        ladder="results/{analysis}/ladder.json",
        fits="results/{analysis}/fits",
    output:
        answers=directory("results/{analysis}/in_r"),
    log:
        "results/logs/ask_r/{analysis}.log",
    benchmark:
        "results/benchmarks/ask_r/{analysis}.tsv"
    conda:
        "../envs/r.yaml"
    threads: stan_threads
    params:
        library=library_digest("ask_r"),
        analysis=analysis_config("ask_r"),
        # With `engines: auto`, an R that is installed later makes the step run again.
        r_is_there=shutil.which("Rscript") is not None,
    message:
        "Asking R about {wildcards.analysis}"
    script:
        "../scripts/ask_r.py"


rule engines:
    input:
        data="results/{analysis}/data.parquet",
        gram="results/{analysis}/gram.npz",
        ladder="results/{analysis}/ladder.json",
        fits="results/{analysis}/fits",
        in_r="results/{analysis}/in_r",
        answers=answer_files,
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
        "Judging the answers of other packages about {wildcards.analysis}"
    script:
        "../scripts/engines.py"


rule bayes:
    input:
        data="results/{analysis}/data.parquet",
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
    threads: sampler_threads
    params:
        library=library_digest("bayes"),
        analysis=analysis_config("bayes"),
    message:
        "Sampling the posteriors of {wildcards.analysis}"
    script:
        "../scripts/bayes.py"


rule bootstrap:
    input:
        gram="results/{analysis}/gram.npz",
        ladder="results/{analysis}/ladder.json",
        fits="results/{analysis}/fits",
    output:
        draws=directory("results/{analysis}/bootstrap/{first}-{last}"),
    log:
        "results/logs/bootstrap/{analysis}.{first}-{last}.log",
    benchmark:
        "results/benchmarks/bootstrap/{analysis}.{first}-{last}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("bootstrap"),
        analysis=analysis_config("bootstrap"),
    message:
        "Simulating {wildcards.analysis}, replicates {wildcards.first} to {wildcards.last}"
    script:
        "../scripts/bootstrap.py"


rule compare:
    input:
        gram="results/{analysis}/gram.npz",
        ladder="results/{analysis}/ladder.json",
        fits="results/{analysis}/fits",
        bootstrap=bootstrap_batches,
    output:
        tests="results/{analysis}/tests.json",
    log:
        "results/logs/compare/{analysis}.log",
    benchmark:
        "results/benchmarks/compare/{analysis}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("compare"),
        analysis=analysis_config("compare"),
    message:
        "Comparing the models of {wildcards.analysis}"
    script:
        "../scripts/compare.py"


rule profiles:
    input:
        gram="results/{analysis}/gram.npz",
        ladder="results/{analysis}/ladder.json",
        fits="results/{analysis}/fits",
        tests="results/{analysis}/tests.json",
    output:
        profiles=directory("results/{analysis}/profiles"),
    log:
        "results/logs/profiles/{analysis}.log",
    benchmark:
        "results/benchmarks/profiles/{analysis}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("profiles"),
        analysis=analysis_config("profiles"),
    message:
        "Profiling the likelihood of {wildcards.analysis}"
    script:
        "../scripts/profiles.py"


rule infer:
    input:
        data="results/{analysis}/data.parquet",
        gram="results/{analysis}/gram.npz",
        ladder="results/{analysis}/ladder.json",
        fits="results/{analysis}/fits",
        profiles="results/{analysis}/profiles",
        bootstrap=bootstrap_batches,
    output:
        intervals=directory("results/{analysis}/intervals"),
        leave_out="results/{analysis}/leave_out.json",
    log:
        "results/logs/infer/{analysis}.log",
    benchmark:
        "results/benchmarks/infer/{analysis}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("infer"),
        analysis=analysis_config("infer"),
    message:
        "Intervals of {wildcards.analysis}, and what each group decides"
    script:
        "../scripts/infer.py"
