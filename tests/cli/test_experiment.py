"""A training in a folder: stopped, gone on with, finished, and never begun over by accident."""

import csv
import os
import signal

import keras
import numpy as np
import pytest

from keras_pix2pix.callbacks.health import GANHealth
from keras_pix2pix_cli import experiment
from keras_pix2pix_cli.__main__ import main

OPTIONS = [
    "--image-size=16x16",
    "--depth=2",
    "--filters=4",
    "--receptive-field=16",
    "--batch-size=2",
    "--steps-per-epoch=3",
    "--epochs=3",
    "--learning-rate=0.002",
]


class Interrupt(GANHealth):
    """Stands in for a user who presses Ctrl-C during a step of the second epoch."""

    number = signal.SIGINT

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if (self.epoch, batch) == (1, 1):
            os.kill(os.getpid(), self.number)


def train(output, *more):
    return main(["train", "--output", str(output), *OPTIONS, *more])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    output = tmp_path_factory.mktemp("finished") / "new"
    assert train(output) == 0
    return output


def rows(output):
    with open(output / "losses.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_a_finished_training_leaves_all_that_it_promises(finished):
    wanted = {"settings.json", *experiment.FILES} - {"backup"}
    assert {path.name for path in finished.iterdir()} == wanted
    assert len(list((finished / "samples").iterdir())) == 3
    losses = [float(row["val_loss"]) for row in rows(finished)]
    assert len(losses) == 3
    best = keras.saving.load_model(finished / "best.keras")
    assert int(best.optimizer.iterations) == 3 * (1 + int(np.argmin(losses)))
    last = keras.saving.load_model(finished / "model.keras")
    assert int(last.optimizer.iterations) == 9
    # The rate has fallen to where the last step but none of the next ones trains.
    assert float(last.optimizer.generator.learning_rate) < 1e-9


def test_a_finished_training_is_not_begun_again_unless_it_is_said(finished, capsys):
    assert train(finished) == 1
    assert "finished training" in capsys.readouterr().err


def test_a_model_that_could_not_be_saved_is_saved_by_the_same_command(
    finished, tmp_path, monkeypatch
):
    def fail(model, path):
        if path.name == "model.keras":
            raise OSError(28, "No space left on device")
        save(model, path)

    save = experiment.save
    with monkeypatch.context() as full:
        full.setattr(experiment, "save", fail)
        assert train(tmp_path / "out") == 1
    assert train(tmp_path / "out") == 0
    one, other = (
        keras.saving.load_model(folder / "model.keras") for folder in (finished, tmp_path / "out")
    )
    assert int(other.optimizer.iterations) == 9
    for pair in zip(one.generator.get_weights(), other.generator.get_weights(), strict=True):
        np.testing.assert_allclose(*pair, atol=1e-5)
    assert len(rows(tmp_path / "out")) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_and_started_again_it_ends_as_if_it_had_not_been(
    finished, tmp_path, monkeypatch, capsys, number
):
    monkeypatch.setattr(Interrupt, "number", number)
    with monkeypatch.context() as interrupted:
        interrupted.setattr(experiment.callbacks, "GANHealth", Interrupt)
        before = signal.getsignal(signal.SIGINT)
        assert train(tmp_path / "out") == 128 + number
        assert signal.getsignal(signal.SIGINT) is before
    told = capsys.readouterr().err
    assert "The same command goes on" in told
    # The step under way is in the model, and the epoch is not counted.
    model = keras.saving.load_model(tmp_path / "out" / "model.keras")
    assert int(model.optimizer.iterations) == 5
    assert len(rows(tmp_path / "out")) == 1

    assert train(tmp_path / "out") == 0
    assert not (tmp_path / "out" / "backup").exists()
    whole, gone_on = rows(finished), rows(tmp_path / "out")
    assert [row["epoch"] for row in gone_on] == ["0", "1", "2"]
    for one, other in zip(whole, gone_on, strict=True):
        for name in ("loss", "discriminator_loss", "val_loss", "val_psnr"):
            assert float(one[name]) == pytest.approx(float(other[name]), rel=1e-4), name


def test_a_training_goes_on_with_its_own_settings_only(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(experiment.callbacks, "GANHealth", Interrupt)
    assert train(tmp_path / "out") == 130
    capsys.readouterr()
    assert train(tmp_path / "out", "--batch-size=1", "--dropout=0.2") == 1
    told = capsys.readouterr().err
    assert "--batch-size 2" in told and "--dropout None" in told
    assert "--filters" not in told


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it")
    for overwrite in (False, True):
        with pytest.raises(ValueError, match="holds other files"):
            experiment.begin(tmp_path, {}, overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_overwriting_removes_what_a_training_has_written_and_nothing_else(tmp_path):
    experiment.begin(tmp_path / "out", {"epochs": 1})
    (tmp_path / "out" / "samples").mkdir()
    (tmp_path / "out" / "model.keras").write_text("old")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    experiment.begin(tmp_path / "out", {"epochs": 2}, overwrite=True)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"settings.json", "notes.txt"}


def test_a_model_that_cannot_be_written_leaves_the_old_one(tiny, tmp_path, monkeypatch):
    (tmp_path / "model.keras").write_text("old")
    model = tiny()

    def fail(path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model, "save", fail)
    with pytest.raises(OSError, match="No space"):
        experiment.save(model, tmp_path / "model.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert (tmp_path / "model.keras").read_text() == "old"
