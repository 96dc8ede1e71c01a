# The short cuts of a newcomer. `snakemake --cores 4` inside .venv is the interface itself.
SHELL := /bin/sh
.DEFAULT_GOAL := all

CORES ?= 4
# A config of one's own may lie anywhere: paths start in its folder, and results and pages go there.
CONFIG ?=
OWN = $(if $(CONFIG), --directory "$$(dirname "$(CONFIG)")" --configfile "$(CONFIG)")
READY := .venv/.set-up
IN_VENV := PATH="$(CURDIR)/.venv/bin:$$PATH"
# Jobs may keep their bytecode: each is a process of its own and would compile it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: all gallery verify set-up test test-all bench bench-causes coverage calibration lint lock clean help

all: $(READY) ## Set up and run the workflow, which writes reports/html (CORES=4, CONFIG=my/study.yaml); plain `make` does this
	$(IN_VENV) python tools/clear_lock.py $(if $(CONFIG),"$$(dirname "$(CONFIG)")")
	$(IN_VENV) snakemake --cores $(CORES) --rerun-incomplete$(OWN)

gallery: $(READY) ## Write the gallery, pages about real data, into gallery/reports/html (CORES=4)
	$(IN_VENV) python tools/clear_lock.py gallery
	$(IN_VENV) snakemake --cores $(CORES) --rerun-incomplete --directory gallery --configfile config/gallery.yaml

verify: $(READY) ## Compare the results with those of another run (OTHER=its folder): exact, but for posterior draws
	$(if $(OTHER),,$(error say which run to compare with: make verify OTHER=its-folder))
	$(IN_VENV) python tools/verify.py "$(OTHER)" --tolerance $(or $(TOLERANCE),0)

set-up: $(READY) ## Set up only: .venv from requirements.lock, with a private uv in .tools if needed

$(READY): requirements.lock pyproject.toml tools/set_up.sh
	@sh tools/set_up.sh

test: $(READY) ## Run the tests, but for the slow ones
	$(IN_VENV) pytest -q -n 2 -m "not slow"

test-all: $(READY) ## Run every test; with COVEDGE_REQUIRE_ALL=1 a missing program is a failure
	$(IN_VENV) pytest -q -n 2

bench: $(READY) ## Time covedge beside lme4, nlme, statsmodels, mixedlm and rstanarm, in half an hour (QUICK=1: four minutes)
	@sh tools/set_up_bench.sh
	$(IN_VENV) python benchmarks/run.py $(if $(QUICK),--quick)

bench-causes: $(READY) ## Diagnose data whose cause is known, in some forty minutes: docs/causes.md, docs/recommendation.md
	$(IN_VENV) PYTHONPATH=benchmarks OPENBLAS_NUM_THREADS=1 python -m known_causes.run
	$(IN_VENV) OPENBLAS_NUM_THREADS=1 python benchmarks/structures.py

coverage: $(READY) ## Count how often the intervals hold the truth, in some twenty minutes: docs/coverage.md
	$(IN_VENV) OPENBLAS_NUM_THREADS=1 python benchmarks/interval_coverage.py

calibration: $(READY) ## Check the Bayesian sampler on simulated data and from other seeds, in some fifteen minutes: docs/calibration.md
	$(IN_VENV) OPENBLAS_NUM_THREADS=1 python benchmarks/posterior_robustness.py
	$(IN_VENV) OPENBLAS_NUM_THREADS=1 python benchmarks/calibration.py

lint: $(READY) ## Check the form of the code: ruff, snakefmt, snakemake --lint
	$(IN_VENV) ruff check .
	$(IN_VENV) ruff format --check .
	$(IN_VENV) snakefmt --check Snakefile workflow
	$(IN_VENV) snakemake --lint

lock: ## Make requirements.lock anew from pyproject.toml (LOCK=--upgrade for the newest versions)
	@sh tools/lock.sh $(LOCK)

clean: ## Remove all that is generated: results, pages, caches, .venv and .tools
	rm -rf results reports/html gallery .snakemake .venv benchmarks/.venv .tools .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F "|" '{ printf "make %-12s %s\n", $$1, $$2 }'
