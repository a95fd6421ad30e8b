"""Two processes of JAX on this machine, against one with the same batches."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() != "jax", reason="keras.distribution"),
]
PROGRAM = Path(__file__).with_name("jax_processes_program.py")


def run(folder, count):
    """Run the program in so many processes, and return the folder of its files."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), *map(str, (folder, rank, count, port))],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(count)
    ]
    try:
        for process in started:
            printed, _ = process.communicate(timeout=600)
            assert process.returncode == 0, printed
    finally:
        for process in started:
            process.kill()
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return run(tmp_path_factory.mktemp("alone"), 1)


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    return run(tmp_path_factory.mktemp("together"), 2)


def test_two_processes_train_like_one(alone, together):
    with np.load(alone / "whole0.npz") as one, np.load(together / "whole0.npz") as two:
        assert len(one.files) == len(two.files) > 20
        for key in one.files:
            # Stored pictures are rounded.
            tolerance = 1 if one[key].dtype == "uint8" else 1e-6
            np.testing.assert_allclose(
                one[key].astype(float), two[key], rtol=1e-6, atol=tolerance, err_msg=key
            )
    numbers = [
        json.loads((folder / f"whole{rank}.json").read_text())
        for folder, rank in ((alone, 0), (together, 0), (together, 1))
    ]
    assert numbers[1] == numbers[2]
    # Both went on from the first process's backup, the only one.
    assert numbers[0]["epochs"] == numbers[1]["epochs"] == [2]
    assert numbers[0]["rate"] == numbers[1]["rate"]
    assert "val_psnr" in numbers[0]["history"]
    for name, values in numbers[0]["history"].items():
        np.testing.assert_allclose(values, numbers[1]["history"][name], rtol=1e-5)


def test_files_are_those_of_the_first_process(together):
    kept = {path.name for path in together.iterdir()}
    assert {"backup0", "epoch0.keras", "grids0", "model.keras"} <= kept
    assert not {"backup1", "epoch1.keras", "grids1"} & kept
    loaded = keras.saving.load_model(together / "model.keras").get_weights()
    with np.load(together / "whole0.npz") as trained:
        for number, weight in enumerate(loaded):
            np.testing.assert_array_equal(weight, trained[f"arr_{number}"])


def test_what_is_refused_is_refused_by_all(together):
    first = json.loads((together / "errors0.json").read_text())
    assert "call model.save(path), which saves without them" in first["direct"]
    for rank in range(2):
        found = json.loads((together / f"errors{rank}.json").read_text())
        assert "2 processes share the batches of a PairDataset" in found["no_pairs"]
        assert "process 0 in the number of pairs: 10 instead of 8" in found["other_count"]
        assert "batch_size=3. Use 2 or a multiple" in found["batch_size"]
        assert "has joined 2 processes, and each would train a model" in found["no_distribution"]
        assert "ModelParallel divides weights among the devices of one" in found["model_parallel"]


def test_a_process_that_ends_is_an_error_of_the_others(together):
    assert "one of them has ended, or does something else" in (together / "ended.txt").read_text()
