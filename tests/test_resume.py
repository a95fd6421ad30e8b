"""Killed and started again: the same weights, optimizer state and losses, to the bit."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

# Shuffling, augmentation, conditions that are drawn for each picture and epoch, a cache, dropout, a
# falling learning rate, threads that read ahead, and epochs that end in the middle of a pass over
# the pairs.
SCRIPT = """
import os, signal, sys
import keras, numpy as np
import keras_pix2pix as kp

folder, kill = sys.argv[1], sys.argv[2] == "kill"
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    tf.config.experimental.enable_op_determinism()
keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
train = kp.data.PairDataset(
    kp.data.Noise(amount=(0.1, 0.4)),
    rng.integers(0, 256, (6, 20, 20, 3), dtype="uint8"),
    image_size=16,
    batch_size=2,
    augment=True,
    cache=True,
    workers=2,
)
model = kp.Pix2Pix(
    kp.UNetGenerator(depth=2, filters=4), kp.PatchDiscriminator(receptive_field=16, filters=4)
)
rates = [kp.ConstantThenLinear(2e-3, total_steps=4 * len(train)) for _ in range(2)]
model.compile(*(keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates))

class Kill(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if kill and (self.epoch, batch) == (3, 1):
            os.kill(os.getpid(), signal.SIGKILL)

model.fit(
    train,
    epochs=6,
    steps_per_epoch=2,
    verbose=0,
    callbacks=[
        keras.callbacks.CSVLogger(folder + "/losses.csv", append=True),
        keras.callbacks.BackupAndRestore(folder + "/backup"),
        Kill(),
    ],
)
state = model.variables + model.optimizer.variables
np.savez(folder + "/end.npz", *map(keras.ops.convert_to_numpy, state))
"""


def run(folder, kill=False):
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", SCRIPT, str(folder), "kill" if kill else "finish"]
    return subprocess.run(command, env=os.environ, capture_output=True, text=True)


@pytest.mark.slow
def test_a_killed_training_ends_like_an_uninterrupted_one(tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    finished = run(whole)
    assert finished.returncode == 0, finished.stderr
    assert run(broken, kill=True).returncode == -signal.SIGKILL
    assert not (broken / "end.npz").exists()
    assert len((broken / "losses.csv").read_text().splitlines()) == 4
    resumed = run(broken)
    assert resumed.returncode == 0, resumed.stderr
    assert (broken / "losses.csv").read_text() == (whole / "losses.csv").read_text()
    assert len((whole / "losses.csv").read_text().splitlines()) == 7
    with np.load(whole / "end.npz") as one, np.load(broken / "end.npz") as other:
        assert len(one.files) == len(other.files) > 20
        for name in one.files:
            np.testing.assert_array_equal(one[name], other[name])
