"""Two replicas of TensorFlow and two devices of JAX in one process, against one device."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.slow
on_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="MirroredStrategy")
on_jax = pytest.mark.skipif(BACKEND != "jax", reason="keras.distribution")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the program of the backend has written, in a process in which it makes two devices."""
    folder = tmp_path_factory.mktemp("devices")
    program = Path(__file__).with_name(f"{BACKEND}_program.py")
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    done = subprocess.run(
        [sys.executable, str(program), str(folder)],
        env={**os.environ, "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


def numbers(folder, name):
    return json.loads((folder / f"{name}.json").read_text())


def check_equal(folder, name, other="two"):
    """One device and two have the same weights, pictures and numbers."""
    with np.load(folder / f"{name}_one.npz") as one, np.load(folder / f"{name}_{other}.npz") as two:
        assert len(one.files) == len(two.files) > 10
        for key in one.files:
            # Stored pictures are rounded.
            tolerance = 1 if one[key].dtype == "uint8" else 1e-6
            np.testing.assert_allclose(
                one[key].astype(float), two[key], rtol=0, atol=tolerance, err_msg=key
            )
    histories = [numbers(folder, f"{name}_{count}").get("history", {}) for count in ("one", other)]
    assert set(histories[0]) == set(histories[1])
    for key in histories[0]:
        np.testing.assert_allclose(histories[0][key], histories[1][key], rtol=1e-5)


@on_tensorflow
@pytest.mark.parametrize("name", ["whole", "clipped"])
def test_two_replicas_train_like_one(folder, name):
    check_equal(folder, name)


@on_tensorflow
def test_what_replicas_cannot_train_is_refused(folder):
    errors = numbers(folder, "errors")
    assert "cannot train batch normalization" in errors["batch_norm"]
    # The mean over the replicas would be in range.
    assert "values up to 3" in errors["out_of_range"] or "values up to 4" in errors["out_of_range"]
    assert "MultiWorkerMirroredStrategy" in errors["several_workers"]
    assert "torchrun" in errors["several_workers"]
    assert "KERAS_BACKEND=jax" in errors["several_workers"]


@on_jax
def test_two_devices_train_like_one(folder):
    check_equal(folder, "whole")
    assert "'batch': 2" in numbers(folder, "errors")["on"]


@on_jax
def test_a_model_that_two_devices_share_trains_like_one(folder):
    check_equal(folder, "whole", "model")
    assert "'model'" in numbers(folder, "whole_model")["kernel"]
    assert "'model'" not in numbers(folder, "whole_one")["kernel"]


@on_jax
def test_batches_that_devices_do_not_divide(folder):
    found = numbers(folder, "errors")
    (message,) = found["left_out"]
    assert message.startswith("2 processes or devices share 5 pairs: each epoch leaves out 1")
    assert found["epochs"] == [0]
    assert "batch_size=3. Use 2 or a multiple" in found["batch_size"]
    for error in found["indivisible"]:
        assert error.startswith("2 devices share each batch, and do not divide one of this data")
    # Nothing was lost: the model could be saved.
    assert (folder / "after.keras").stat().st_size > 10_000


@pytest.mark.skipif(BACKEND == "torch", reason="torch.distributed has its own tests")
def test_processes_of_torchrun_are_refused(monkeypatch, tiny, pairs):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    model = tiny()
    model.compile()
    with pytest.raises(ValueError, match=f"with KERAS_BACKEND={BACKEND} each would train"):
        model.fit(*pairs)
