# Everything one does with this project. It needs make and Python 3.11 or later, and puts all else
# into .venv. `make` alone lists the targets.

UV_VERSION := 0.13.9
VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(VENV)/bin/uv
SYNCED := $(VENV)/.synced

# The environment is ours alone: no other one that happens to be active, no downloaded Python.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME
export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help install run test test-two check format bench soak test-browser audit prove clean
.DELETE_ON_ERROR:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

install: $(SYNCED) ## Put Python packages and the `gamification` command into .venv

run: $(SYNCED) ## Start the demo: a server with an example program and example activity
	@$(VENV)/bin/gamification demo

test: $(SYNCED) ## Run the tests (all but the browser's, the audit and the long proofs)
	@$(PYTHON) -m pytest

test-two: $(SYNCED) ## Test the API on two servers that share PostgreSQL and Valkey
	@$(PYTHON) -m pytest --servers 2 tests/api

check: $(SYNCED) ## Look for faults without running: format, lint, types, layers, schema
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m pyright
	@$(VENV)/bin/lint-imports --no-logo
	@$(VENV)/bin/gamification schema --check

format: $(SYNCED) ## Bring the code into the house's form
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

bench: $(SYNCED) ## Measure
	@$(PYTHON) -m benchmarks

soak: $(SYNCED) ## Load a server for five minutes on each database: does it leak, lose or repeat?
	@$(PYTHON) -m benchmarks soak

test-browser: $(SYNCED) ## Test the demo's page in headless Chromium
	@chromium="$${CHROMIUM:-$$(command -v chromium || command -v chromium-browser \
		|| command -v google-chrome-stable || command -v google-chrome)}"; \
	if [ -z "$$chromium" ]; then \
		echo "The browser tests need Chromium, and there is none on the PATH." >&2; \
		echo "Debian, Ubuntu: apt-get install chromium    Fedora: dnf install chromium" >&2; \
		echo "Elsewhere: set CHROMIUM to the path of a Chromium or Chrome." >&2; \
		exit 1; \
	fi; \
	CHROMIUM="$$chromium" $(PYTHON) -m pytest tests/browser

audit: $(SYNCED) ## Audit GraphQL over HTTP with the specification's own suite (needs Node)
	@if ! command -v npm >/dev/null; then \
		echo "The audit suite needs Node.js and npm, and there is no npm on the PATH." >&2; \
		echo "Debian, Ubuntu: apt-get install nodejs npm    Elsewhere: https://nodejs.org" >&2; \
		exit 1; \
	fi
	@npm ci --prefix tests/audit --no-audit --no-fund --loglevel=error >/dev/null
	@$(PYTHON) -m pytest tests/audit

prove: $(SYNCED) ## Prove the laws on real activity of a forum and a shop (long)
	@$(PYTHON) -m pytest --timeout=3000 tests/proofs

clean: ## Remove .venv and every cache
	rm -rf $(VENV) tests/audit/node_modules benchmarks/peers/node_modules .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------------- the environment

$(SYNCED): pyproject.toml uv.lock | $(UV)
	@echo "Installing what uv.lock names into $(VENV) ..."
	@$(UV) sync --frozen --quiet --compile-bytecode
	@touch $@

# Takes the first Python that is new enough: the one called python3 if it is.
$(UV):
	@found=; for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			found=$$python; break; \
		fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "This project needs Python 3.11 or later; python3 here is:" \
			"$$(python3 --version 2>&1 || echo missing)" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$($$found --version) ..."; \
	$$found -m venv $(VENV) || { \
		echo "Python's venv module is missing a part. Debian, Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; \
	}
	@$(PYTHON) -m pip install --quiet --no-input uv==$(UV_VERSION)
