"""Two processes of torch.distributed on this machine, against one with the same batches."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.training import backend
from keras_pix2pix.training.devices.processes import Processes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() != "torch", reason="torch.distributed"),
]
ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(__file__).with_name("torch_program.py")
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
EQUAL = "equal", "adam", "indivisible", "harder"
ERRORS = {
    "no_pairs": "2 processes share the batches of a PairDataset.* Received: ndarray",
    "batch_size": "that of all 2 processes or devices.* batch_size=3. Use 2 or a multiple",
    "unequal": "must train on equally many pairs. Received: 7 pairs, shuffle=False",
    "shard": "leave out shard.* Received: shard=\\(0, 2\\)",
    "batch_norm": "processes or devices cannot train batch normalization \\(normalization",
    "other_count": "Process 1 of 2 differs from process 0 in the number of pairs: 10 instead of 8",
    "other_seed": "differs from process 0 in the seed of the pairs: 1 instead of 0",
    "other_images": "differs from process 0 in the mean of the first conditions: 0.5",
    "other_validation": "in the number of validation pairs: 8 instead of none",
    "other_losses": "argument generator_terms.0.config.weight of compile: 2.0 instead of 1.0",
    "other_average": "in the argument ema of compile: 0.9 instead of None",
    "too_few": "Each of 2 processes or devices needs a pair.* Received: 1 pairs",
    "missing_files": "masks/41.png is not there",
    "one_changed": "do not have the same weights and learning rates.*`every_process = True`",
    "lost": "Conditions and targets must lie in \\[-1, 1\\].* values up to [34]",
}


def start(folder, scenarios, *arguments, processes=TORCHRUN, restarts=0):
    """Run scenarios, and return the finished program."""
    options = [f"--max-restarts={restarts}"] if restarts else []
    command = [sys.executable, *processes, *options, str(PROGRAM), str(folder)]
    return subprocess.run(
        [*command, ",".join(scenarios), *arguments],
        env={**os.environ, "OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def numbers(folder, name, rank=0):
    return json.loads((folder / f"{name}{rank}.json").read_text())


def difference(one, other):
    """The largest difference of a number of two states."""
    with np.load(one) as first, np.load(other) as second:
        assert first.files == second.files
        assert first.files
        return max(np.abs(first[name] - second[name]).max() for name in first.files)


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    folder = tmp_path_factory.mktemp("together")
    others = "overlapped", "one_left_out", "noise", "stopping", "resumed"
    done = start(folder, [*EQUAL, *others, *ERRORS])
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    done = start(folder, EQUAL, processes=[])
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", EQUAL)
def test_two_processes_train_like_one(together, alone, name):
    ranks = [together / f"{name}{rank}.npz" for rank in range(2)]
    assert difference(*ranks) == 0
    assert difference(ranks[0], alone / f"{name}0.npz") < (1e-5 if name == "adam" else 1e-6)


def test_gradients_are_sent_while_others_are_computed(together):
    events = numbers(together, "overlapped")["events"]
    before = events.index("last")
    assert 2 <= before < len(events) - 1
    assert events == numbers(together, "overlapped", 1)["events"]


def test_numbers_and_decisions_are_those_of_one_process(together, alone):
    one, both = numbers(alone, "equal"), numbers(together, "equal")
    assert numbers(together, "equal", 1)["rates"] == both["rates"] == one["rates"]
    assert one["rates"][0] > one["rates"][-1]
    assert numbers(together, "equal", 1)["history"] == both["history"]
    assert {"val_psnr", "generator_gradient_norm"} <= set(one["history"])
    # The contrast is a ratio of means over the batch.
    for name in set(one["history"]) - {"contrast"}:
        np.testing.assert_allclose(both["history"][name], one["history"][name], rtol=1e-5)


def test_what_an_epoch_leaves_out_is_said_once(together):
    said = [numbers(together, "one_left_out", rank)["said"] for rank in range(2)]
    (message,) = said[0]
    assert message == (
        "2 processes or devices share 5 pairs: each epoch leaves out 1 of them, other ones each "
        "time."
    )
    assert said[1] == []
    assert numbers(together, "one_left_out")["steps"] == 2


def test_noise_differs_and_the_numbers_do_not(together):
    first, second = (numbers(together, "noise", rank) for rank in range(2))
    for mine, other in zip(first["states"], second["states"], strict=True):
        assert all(one[0] != two[0] for one, two in zip(mine, other, strict=True))
        # So the second process's noise follows from a backup of the first one.
        assert [one[1] for one in mine] == [two[1] for two in other]
    assert first["states"][0] != first["states"][-1]
    assert first["after"] == second["after"]
    assert first["history"] == second["history"]
    assert difference(*(together / f"noise{rank}.npz" for rank in range(2))) == 0


def test_one_stops_all_and_others_write_nothing(together):
    first, second = (numbers(together, "stopping", rank) for rank in range(2))
    assert first["steps"] == second["steps"] == 3
    assert first["epochs"] == second["epochs"] == [0, 1]
    assert (first["writer"], second["writer"]) == (3, 0)


@pytest.mark.parametrize("name", ERRORS)
def test_what_is_refused_is_refused_by_all(together, name):
    for rank in range(2):
        assert re.search(ERRORS[name], str(numbers(together, name, rank)["error"]))


def test_a_process_that_raises_ends_all(tmp_path):
    done = start(tmp_path, ["raising"])
    assert done.returncode == 1
    assert 'KeyError: "a fault of the user\'s"' in done.stderr
    first = tmp_path / "raising0.json"
    # torchrun may be quicker than the error of the other one.
    assert not first.exists() or "one of them has ended" in numbers(tmp_path, "raising")["error"]


def test_a_callback_of_one_process_that_waits_for_others_ends_all(tmp_path):
    done = start(tmp_path, ["waiting"])
    assert "every_process = True" in done.stderr + str(
        [file.read_text() for file in tmp_path.glob("*.json")]
    )


def test_a_killed_process_is_started_again_and_goes_on(together, tmp_path):
    done = start(tmp_path, ["resumed"], "kill", restarts=1)
    assert done.returncode == 0, done.stderr
    assert "(exitcode: 9)" in done.stderr
    assert numbers(together, "resumed")["epochs"] == [0, 1, 2]
    assert numbers(tmp_path, "resumed")["epochs"] == [1, 2]
    # The second process has no backup of its own.
    assert not (tmp_path / "backup1").exists()
    for rank in range(2):
        assert difference(together / "resumed0.npz", tmp_path / f"resumed{rank}.npz") == 0


def test_processes_that_do_not_know_one_another_are_refused(monkeypatch, tiny, pairs):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    model = tiny()
    model.compile()
    with pytest.raises(ValueError, match=r"started 2 processes.*init_process_group"):
        model.fit(*pairs)


def test_a_distribution_of_keras_is_refused(tiny, pairs):
    model = tiny()
    model.compile()
    devices = keras.distribution.DeviceMesh((1,), ["data"], ["cpu:0"])
    refused = pytest.raises(ValueError, match=r"nothing with KERAS_BACKEND=torch.*torchrun")
    with keras.distribution.DataParallel(device_mesh=devices).scope(), refused:
        model.fit(*pairs)


def test_two_processes_on_one_gpu_are_refused(monkeypatch, tiny, pairs):
    from keras_pix2pix.training.devices.agreement import check_equal

    class Both(Processes):
        count = 2

        def gather(self, value):
            return [value, value]

        def device(self, model):
            return "GPU-1"

    model = tiny()
    model.compile()
    data = kp.data.PairDataset(*pairs)
    with pytest.raises(ValueError, match=r"2 processes train on 1 GPUs.*set_device"):
        check_equal(Both(), model, data, pairs, {})


def test_one_process_is_alone(tiny):
    assert backend.processes(tiny()).count == 1


def test_the_command_line_trains_in_processes_of_torchrun_and_stops_together(tmp_path):
    rng = np.random.default_rng(0)
    data, output = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    for number in range(12):
        image = rng.integers(0, 256, (32, 64, 3), dtype="uint8")
        Image.fromarray(image).save(data / f"{number}.png")
    options = ["--recipe", "paper", "--depth", "2", "--filters", "4", "--receptive-field", "16"]
    command = [sys.executable, *TORCHRUN, "-m", "keras_pix2pix_cli", "train", "--data", str(data)]
    command += ["--output", str(output), *options, "--image-size", "32", "--batch-size", "2"]
    process = subprocess.Popen(
        [*command, "--epochs", "100000", "--held-out", "0.2"],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 200
    while process.poll() is None and time.monotonic() < end:
        if (output / "losses.csv").exists():
            break
        time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    printed, errors = process.communicate(timeout=100)
    assert errors.count("The training was stopped. Its current model is") == 1, errors
    assert printed.count("pairs to train on") == 1
    assert keras.saving.load_model(output / "model.keras").compiled
    assert (output / "backup").is_dir()
