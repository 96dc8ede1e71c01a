rule plan_atlas:
    input:
        unpack(atlas_sources),
        earlier=earlier_atlas_parts,
    output:
        plan="results/{analysis}/atlas/{round}/plan.json",
    log:
        "results/logs/plan_atlas/{analysis}.{round}.log",
    benchmark:
        "results/benchmarks/plan_atlas/{analysis}.{round}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("plan_atlas"),
        analysis=analysis_config("plan_atlas"),
    message:
        "Choosing designs for round {wildcards.round} of the atlas of {wildcards.analysis}"
    script:
        "../scripts/plan_atlas.py"


rule try_atlas:
    input:
        unpack(atlas_sources),
        plan="results/{analysis}/atlas/{round}/plan.json",
    output:
        outcomes=directory("results/{analysis}/atlas/{round}/{part}-of-{parts}"),
    log:
        "results/logs/try_atlas/{analysis}.{round}.{part}-of-{parts}.log",
    benchmark:
        "results/benchmarks/try_atlas/{analysis}.{round}.{part}-of-{parts}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("try_atlas"),
        analysis=analysis_config("try_atlas"),
    message:
        "Trying designs for the atlas of {wildcards.analysis}, round {wildcards.round}"
    script:
        "../scripts/try_atlas.py"


rule atlas:
    input:
        unpack(atlas_sources),
        plans=atlas_plans,
        parts=atlas_parts,
    output:
        table="results/{analysis}/atlas.parquet",
        atlas="results/{analysis}/atlas.json",
    log:
        "results/logs/atlas/{analysis}.log",
    benchmark:
        "results/benchmarks/atlas/{analysis}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    params:
        library=library_digest("atlas"),
        analysis=analysis_config("atlas"),
    message:
        "Drawing the atlas of {wildcards.analysis}"
    script:
        "../scripts/atlas.py"
