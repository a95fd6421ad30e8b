# The commands of the README. Each sets up what it needs in .venv first.
PYTHON ?= python3
BIN := .venv/bin
# The slowest first.
BACKENDS := jax tensorflow torch

export TF_CPP_MIN_LOG_LEVEL ?= 2
# XLA compiles for the CPU slowly; what was compiled once, at the quickest setting, is kept. The
# networks of the tests are so small that the threads of PyTorch would only wait for one another.
QUICK := JAX_COMPILATION_CACHE_DIR=$(CURDIR)/.venv/jax-cache \
	JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 \
	XLA_FLAGS=--xla_backend_optimization_level=0 OMP_NUM_THREADS=1
# What trains for long, compares backends, or starts programs and browsers.
NOT_FAST := $(addprefix tests/,test_backends.py test_docs.py test_examples.py test_package.py \
	test_parity.py test_resume.py callbacks/test_animation.py callbacks/test_html_report.py \
	callbacks/report/test_page.py cli/drawing cli/test_commands.py cli/test_commands_options.py \
	cli/training/test_training_folder.py \
	networks/discriminators/test_projected.py networks/efficientnet networks/test_data_format.py \
	recipes test_sample_model.py training/test_freezing.py training/test_pretraining.py \
	training/test_averaging.py cli/test_main.py callbacks/test_health.py)

.PHONY: example test $(BACKENDS:%=test-%) test-fast test-fuzz test-package bench-gpu \
	test-newest test-ecosystem test-cluster test-docs site mutate docs lint lock release clean

example: .venv/package
	$(BIN)/python examples/pascal_masks.py $(ARGS)

# Two at a time: each test uses one core. What a target prints comes when it ends.
ifneq ($(filter test docs,$(MAKECMDGOALS)),)
MAKEFLAGS += --jobs=2 --output-sync=target
endif
test: $(BACKENDS:%=test-%) test-package

# What is the same on every backend runs on torch alone, and the command line on the two quicker ones.
ONCE := $(addprefix --ignore=tests/,data/files data/loading data/pairing data/sets cli/options \
	data/test_bad_input.py) --ignore-glob='tests/data/conditions/test_[!h]*'
LEFT_OUT_tensorflow := $(ONCE)
LEFT_OUT_jax := $(ONCE) --ignore=tests/cli

# make test-jax ARGS="tests/test_fit.py -x" runs a part.
$(BACKENDS:%=test-%): test-%: .venv/dev
	$(QUICK) KERAS_BACKEND=$* $(BIN)/pytest --ignore=tests/test_package.py \
		--ignore=tests/test_docs.py $(or $(ARGS),$(LEFT_OUT_$*))

# One backend, without the tests that train for long or start a browser: for the inner loop.
test-fast: .venv/dev
	$(QUICK) KERAS_BACKEND=torch $(BIN)/pytest $(NOT_FAST:%=--ignore=%) \
		-m "not slow and not browser" $(ARGS)

# A step and a picture on a GPU, in gpu.md and gpu_pictures.md. Give .venv builds for the GPU before:
# .venv/bin/pip install "tensorflow[and-cuda]" "jax[cuda12]", and torch from PyPI.
bench-gpu: .venv/dev
	$(BIN)/python benchmarks/train_step.py --network paper lean --batch 1 16 --output gpu.md \
		--also plain+amp+channels_last+compiled torch+mixed jax+mixed tensorflow+mixed tensorflow+jit
	$(BIN)/python benchmarks/inference.py --network paper lean --batch 1 16 --output gpu_pictures.md

# The wheel in an environment of its own: once, whatever the backend.
test-package: .venv/dev
	$(BIN)/pytest tests/test_package.py

# 300 drawn folders and models each, other ones in every run. The seed is printed with the command;
# make test-fuzz ARGS=--hypothesis-seed=7 repeats a run, BACKEND=jax uses another backend.
test-fuzz: .venv/dev
	$(QUICK) KERAS_BACKEND=$(or $(BACKEND),torch) $(BIN)/pytest tests/fuzz \
		--hypothesis-profile=long --hypothesis-seed=$(shell date +%s) $(ARGS)

# All tests with the newest versions that pyproject.toml allows, in an environment of their own.
test-newest:
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/pip install --quiet --upgrade --editable ".[dev,docs]"
	$(MAKE) test BIN=.venv-newest/bin

# The examples with MLflow, Weights & Biases and Optuna, which are too heavy for .venv, each once and
# offline, in an environment of their own, where their runs are stored as well. The callback of
# Weights & Biases imports TensorFlow.
test-ecosystem:
	$(PYTHON) -m venv .venv-ecosystem
	.venv-ecosystem/bin/pip install --quiet --upgrade --editable ".[tensorflow]" \
		mlflow optuna wandb
	cd .venv-ecosystem && for example in track_mlflow track_wandb tune; do \
		KERAS_BACKEND=tensorflow WANDB_MODE=offline \
			bin/python ../examples/$$example.py --steps 20 --image-size 32 || exit 1; \
	done

# Training on Ray, where one worker is lost on the way, a sweep of Ray Tune, and pairs as Hugging
# Face's datasets and WebDataset store them, in an environment of their own.
test-cluster:
	$(PYTHON) -m venv .venv-cluster
	.venv-cluster/bin/pip install --quiet --upgrade --editable ".[torch]" "ray[train,tune]" \
		datasets webdataset pytest hypothesis
	KERAS_BACKEND=torch .venv-cluster/bin/pytest tests/data/loading/test_libraries.py
	KERAS_BACKEND=torch .venv-cluster/bin/python examples/ray_train.py --lose-a-worker \
		--steps 3 --image-size 32 --storage $(CURDIR)/.venv-cluster/runs
	KERAS_BACKEND=torch .venv-cluster/bin/python examples/ray_tune.py \
		--steps 3 --image-size 32 --storage $(CURDIR)/.venv-cluster/runs

# make mutate FILE=keras_pix2pix/training/schedules.py plants faults, and prints those that no test
# notices. TESTS="tests/test_fit.py" runs other tests than the mirroring ones, BACKEND=jax elsewhere.
mutate: .venv/dev
	KERAS_BACKEND=$(or $(BACKEND),torch) $(BIN)/python tools/mutate.py $(FILE) $(TESTS)

# The site, in docs/_build/html, with all its pictures drawn anew; then every block of code in it.
# One backend is enough: what the code calls is tested on all three.
docs: site test-docs

site: .venv/dev
	KERAS_BACKEND=tensorflow $(BIN)/sphinx-build -W --keep-going docs docs/_build/html

test-docs: .venv/dev
	KERAS_BACKEND=tensorflow $(BIN)/pytest tests/test_docs.py

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# requirements-dev.txt says which version of everything .venv has. It changes where pyproject.toml
# asks for it; make lock ARGS=--upgrade takes the newest versions. What torch needs for CUDA is left
# to torch, since its builds differ.
lock: .venv/dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --extra docs \
		--no-header --no-annotate --no-emit-index-url --output-file requirements-dev.txt \
		$(ARGS) pyproject.toml
	sed -i -E '/^(cuda|nvidia|triton)/d' requirements-dev.txt

# sdist and wheel in dist/, checked; then the steps that are left for a person.
release: .venv/dev
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(BIN)/python tools/release_steps.py

# What a user has: the package with a backend, in the newest versions.
.venv/package: pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --editable ".[tensorflow]"
	touch $@

# What the tests, the linters and the site need, in the versions that they are known to work with.
.venv/dev: pyproject.toml requirements-dev.txt
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --requirement requirements-dev.txt --editable .
	touch $@

clean:
	rm -rf .venv .venv-cluster .venv-ecosystem .venv-newest dist docs/_build docs/auto_gallery pascal_masks pascal_masks_ci
