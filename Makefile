# Andecha: `make run` starts the town, `make test` proves it. `make help` lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup run test check soak bench docs lock clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: ## Install everything into this checkout (done first by run and test)
	@$(PYTHON) tools/setup.py

run: setup ## Start the town: database, demonstration, sede and worker, until Ctrl-C
	@$(BIN)/andecha run

test: setup check ## Check the code, then prove every claim
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

check: ## Lint, types, imports, templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint --quiet web/templates engine processes

soak: setup ## The same tests at full size
	@ANDECHA_SOAK=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

bench: setup ## Measure what the project claims
	@$(BIN)/andecha bench engine
	@$(BIN)/andecha bench feel
	@$(BIN)/andecha bench registry
	@$(BIN)/andecha bench filings
	@$(BIN)/andecha bench timers
	@$(BIN)/andecha bench deadlines

docs: setup ## Write docs/cli.md again and check the links of the documents
	@$(BIN)/python tools/make_docs.py

lock: ## Write the lock files again from pyproject.toml
	@$(BIN)/python -m uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header pyproject.toml --group dev -o requirements-dev.lock -q
	@$(BIN)/python -m uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header pyproject.toml -c requirements-dev.lock -o requirements.lock -q

clean: ## Remove what setup made (never the town's data in var/)
	@rm -rf $(VENV) node_modules web/static/vendor .mypy_cache .ruff_cache .pytest_cache
