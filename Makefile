# make help tells them all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run install dev check test bench bench-renewals money mutants reminders hostile audit shots lock clean

help:  ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

run: install  ## install, load the demo into an empty home, serve http://127.0.0.1:8501
	@$(BIN)/flowcard demo --if-empty
	@trap : INT; $(BIN)/flowcard serve

install: $(VENV)/.product  ## the product and what it needs, from the hashed lock file

dev: $(VENV)/.dev  ## the same, with what checks it

check: dev  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Many tests wait for a carrier that does not answer or a page that is drawn: four at a time keep two cores busy.
# Compiled modules are kept whatever the shell says: each of a thousand processes would compile the house anew.
test: export PYTHONDONTWRITEBYTECODE =
test: dev  ## everything
	$(BIN)/pytest -n 4 --no-loadscope-reorder

bench: dev  ## a fleet of 200,000 SIMs: every page's rerun over the websocket, beside one of 10,000
	$(BIN)/python tests/bench_pages.py

bench-renewals: dev  ## a batch of 100,000: items a second, and a page's reruns while it runs; docs/bench-renewals.md
	$(BIN)/python tests/bench_renewals.py

money: dev  ## the long campaign of faults and kills beside a naive engine: about half an hour; docs/money-report.md
	$(BIN)/python tests/money/campaign.py

reminders: dev  ## 400 days of a fleet's reminders against a mail server full of faults, and 200 kills of the sender; docs/reminders-report.md
	$(BIN)/python tests/reminders/simulation.py --report docs/reminders-report.md
	TESTS_MAIL=campaign $(BIN)/pytest -q tests/reminders tests/mail

hostile: dev  ## every hostile file through both doors, every page as six roles over naughty strings: about ten minutes; docs/hostile-report.md
	TESTS_HOSTILE=campaign $(BIN)/pytest -s -q tests/hostile

audit: dev  ## what is installed against the lock, licences and a dated export of advisories (ADVISORIES=all.zip); a bill of materials
	$(BIN)/python tests/audit_dependencies.py $(if $(ADVISORIES),--advisories $(ADVISORIES)) --sbom sbom.json

mutants: dev  ## which test kills which mutant; docs/mutants.md
	$(BIN)/python tests/money/mutants.py --report docs/mutants.md

shots: dev  ## the README's pictures, from a demo home in a real browser
	$(BIN)/python tests/take_screenshots.py

lock:  ## new lock files from pyproject.toml (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade pyproject.toml --extra build --extra dev -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml --extra build -c requirements-dev.lock -o requirements.lock

clean:  ## remove the environment and what tests left behind
	rm -rf $(VENV) tests/output .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.product: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.product requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
