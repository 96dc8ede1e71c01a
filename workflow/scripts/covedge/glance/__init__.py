"""A verdict at once, without Snakemake: in a terminal or in a notebook."""
