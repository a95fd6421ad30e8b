"""Saved models load on every backend: outputs are equal, and training goes on."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from checks import numpy
from keras import ops

BACKENDS = ("tensorflow", "jax", "torch")
ROOT = Path(__file__).resolve().parents[1]
FIXTURES = Path(__file__).parent / "fixtures"

# Trains for two steps, saves, and goes on for two more; what comes out is stored beside the model.
SAVE = """
import sys, keras, numpy as np
import keras_pix2pix as kp

folder, backend = sys.argv[1:]
keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
images = {name: rng.uniform(-1, 1, (2, 16, 16, 3)).astype("float32") for name in ("x", "y")}
generator = kp.UNetGenerator(depth=2, filters=4, dropout=0.0)
model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=16, filters=4))
rate = kp.ConstantThenLinear(1e-2, 8)
model.compile(
    keras.optimizers.Adam(rate, beta_1=0.5, use_ema=True),
    keras.optimizers.SGD(rate, momentum=0.9),
    adversarial_loss="hinge",
    generator_terms=[kp.losses.FeatureMatching(2.0)],
    discriminator_terms=[kp.losses.R1(5.0, every=2)],
    metrics=[kp.metrics.PSNR()],
    run_eagerly=True,
)
for _ in range(2):
    model.train_on_batch(*images.values())
model.save(f"{folder}/{backend}.keras")
saved = model.predict(images["x"], verbose=0)
for _ in range(2):
    logs = model.train_on_batch(*images.values(), return_dict=True)
after = model.predict(images["x"], verbose=0)
logs = {f"log_{name}": value for name, value in logs.items()}
np.savez(f"{folder}/{backend}.npz", saved=saved, after=after, **images, **logs)
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a model that each backend has saved in a process of its own."""
    folder = tmp_path_factory.mktemp("saved")
    for backend in BACKENDS:
        subprocess.run(
            [sys.executable, "-c", SAVE, folder, backend],
            env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )
    return folder


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_model_of_any_backend_loads_and_trains_on(saved, backend):
    expected = np.load(saved / f"{backend}.npz")
    model = keras.saving.load_model(saved / f"{backend}.keras")
    generated = model.predict(expected["x"], verbose=0)
    np.testing.assert_allclose(generated, expected["saved"], atol=1e-5)
    assert int(numpy(model.optimizer.iterations)) == 2
    for _ in range(2):
        logs = model.train_on_batch(expected["x"], expected["y"], return_dict=True)
    # The state of the optimizers came along: the steps are those of the first backend.
    assert {f"log_{name}" for name in logs} == {n for n in expected if n.startswith("log_")}
    for name, value in logs.items():
        assert float(value) == pytest.approx(float(expected[f"log_{name}"]), rel=1e-3, abs=1e-4)
    after = model.predict(expected["x"], verbose=0)
    np.testing.assert_allclose(after, expected["after"], atol=2e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_model_that_version_0_1_0_saved_loads_and_trains_on(backend, pairs):
    expected = np.load(FIXTURES / f"trained_on_{backend}.npz")
    model = keras.saving.load_model(FIXTURES / f"trained_on_{backend}.keras")
    generated = model.predict(expected["condition"], verbose=0)
    np.testing.assert_allclose(generated, expected["generated"], atol=1e-5)
    steps = int(numpy(model.optimizer.iterations))
    assert steps == 2
    # The slopes that Adam has gathered are there.
    assert all(np.abs(numpy(ops.convert_to_tensor(v))).max() > 0 for v in momenta(model))
    model.fit(*pairs, epochs=1, verbose=0)
    assert int(numpy(model.optimizer.iterations)) == steps + 1


def momenta(model):
    return [v for v in model.optimizer.generator.variables if "momentum" in v.path]
