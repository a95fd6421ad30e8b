# The commands of the README. Each sets up what it needs in .venv first.
PYTHON ?= python3
BIN := .venv/bin
BACKENDS := tensorflow jax torch

export TF_CPP_MIN_LOG_LEVEL ?= 2
# XLA compiles for the CPU slowly; what was compiled once, at the quickest setting, is kept.
QUICK_XLA := JAX_COMPILATION_CACHE_DIR=$(CURDIR)/.venv/jax-cache \
	JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 \
	XLA_FLAGS=--xla_backend_optimization_level=0

.PHONY: example test $(BACKENDS:%=test-%) test-package mutate docs lint clean

example: .venv/package
	$(BIN)/python examples/pascal_masks.py $(ARGS)

test: $(BACKENDS:%=test-%) test-package

# make test-jax ARGS="tests/test_fit.py -x" runs a part.
$(BACKENDS:%=test-%): test-%: .venv/dev
	$(QUICK_XLA) KERAS_BACKEND=$* $(BIN)/pytest --ignore=tests/test_package.py \
		--ignore=tests/test_docs.py $(ARGS)

# The wheel in an environment of its own: once, whatever the backend.
test-package: .venv/dev
	$(BIN)/pytest tests/test_package.py

# make mutate FILE=keras_pix2pix/training/schedules.py plants faults, and prints those that no test
# notices. TESTS="tests/test_fit.py" runs other tests than the mirroring ones, BACKEND=jax elsewhere.
mutate: .venv/dev
	KERAS_BACKEND=$(or $(BACKEND),torch) $(BIN)/python tools/mutate.py $(FILE) $(TESTS)

# The site, in docs/_build/html, with all its pictures drawn anew; then every block of code in it.
# One backend is enough: what the code calls is tested on all three.
docs: .venv/docs
	KERAS_BACKEND=tensorflow $(BIN)/sphinx-build -W --keep-going docs docs/_build/html
	KERAS_BACKEND=tensorflow $(BIN)/pytest tests/test_docs.py

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

.venv/package: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable .
	touch $@

.venv/dev: .venv/package
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $@

.venv/docs: .venv/dev
	$(BIN)/pip install --quiet --editable ".[dev,docs]"
	touch $@

clean:
	rm -rf .venv dist docs/_build docs/auto_gallery pascal_masks pascal_masks_ci
