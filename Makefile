# HuiLing: every target builds its own virtual environment first.
VENV := .venv
PY := $(VENV)/bin/python
NEEDS_MORE := engines or servers or procfile or postgres or browser
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help install demo demo-short demo-serve run test lint bench ear ear-small onset lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

install: ## everything of the lock anew, into .venv
	rm -f $(VENV)/.installed
	$(MAKE) $(VENV)/.installed

$(VENV)/.installed: requirements.lock
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

test: SHELL := /bin/bash
test: $(VENV)/.installed ## all tests; those that need more than Python are skipped with the reason
	mkdir -p var
	set -o pipefail; $(PY) -m pytest -n 2 | tee var/pytest-hermetic.txt
	set -o pipefail; $(PY) -m pytest -n 2 --dist loadfile -m "$(NEEDS_MORE)" | tee var/pytest-real.txt

lint: $(VENV)/.installed ## ruff, mypy --strict, import contracts
	ruff check . && ruff format --check .
	mypy
	lint-imports

run: $(VENV)/.installed ## the processes of the Procfile
	flask --app app store migrate
	honcho start valkey web media worker beat

demo: $(VENV)/.installed ## a campaign against the simulated phone company, with a report
	$(PY) -m simulator.demo

demo-short: $(VENV)/.installed ## the same with seven borrowers
	$(PY) -m simulator.demo --short

demo-serve: $(VENV)/.installed ## the report on http://127.0.0.1:8000
	$(PY) -m http.server 8000 --bind 127.0.0.1 --directory var/demo/report

bench: $(VENV)/.installed ## the quick benchmarks
	$(PY) -m benchmarks.understanding
	$(PY) -m benchmarks.reply_latency
	$(PY) -m benchmarks.barge_in

$(VENV)/.training: $(VENV)/.installed requirements-training.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-training.lock
	touch $@

# One thread for numpy, or the process that draws lines spins; memory kept in large pages saves a fifth of each step.
TRAIN := OMP_NUM_THREADS=1 GLIBC_TUNABLES=glibc.malloc.hugetlb=1 MALLOC_MMAP_THRESHOLD_=8000000000 \
	MALLOC_TRIM_THRESHOLD_=16000000000 $(PY) -m speech.training

# What is needed, how long it takes and where it lands: docs/training.md. Both go on where they stopped; neither ships.
ear: $(VENV)/.training ## the Mandarin ear from nothing, into the cache (about six core-hours)
	flask --app app speech setup
	$(TRAIN) --said tests/understanding/corpus.tsv

onset: $(VENV)/.training ## the network that tells who takes the floor, into var/onset.npz
	flask --app app speech setup
	$(TRAIN) prepare speak
	$(TRAIN).onset --out var/onset.npz

ear-small: $(VENV)/.training ## the ear in a few minutes and in small, trained anew, then the training's own tests
	flask --app app speech setup
	$(TRAIN) --small --anew
	$(PY) -m pytest -n 2 tests/speech/training

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url pyproject.toml

lock: ## requirements*.lock from pyproject.toml (needs uv); the second keeps the pins of the first
	$(LOCK) --extra simulator --extra postgres --extra s3 --extra dev -o requirements.lock
	cp requirements.lock requirements-training.lock
	$(LOCK) --all-extras -o requirements-training.lock

clean: ## remove .venv and var
	rm -rf $(VENV) var
