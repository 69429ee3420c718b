# Two commands: `make demo` and `make test`. Everything they need is made here, in .venv.
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.made-from-the-lock

.PHONY: setup demo test bench lock clean

setup: $(SETUP)

$(SETUP): requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: --no-binary durable-rules -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $(SETUP)

demo: setup
	$(BIN)/policydesk demo $(ARGS)

test: setup
	@sh tests/prepare
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest $(ARGS)

bench: setup
	$(BIN)/python -m tests.benchmarks $(ARGS)

# After a change of dependencies; needs uv. No addresses are written.
lock:
	uv pip compile pyproject.toml --extra dev --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --quiet -o requirements.lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache
