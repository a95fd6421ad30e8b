"""The table of losses, the best model, and stopping on a signal."""

import csv
import math
import os
import signal

import keras
import numpy as np
import pytest

from keras_pix2pix_cli.inputs import model_file
from keras_pix2pix_cli.training.training_callbacks import (
    BestModel,
    LossTable,
    StopOnSignal,
    TrainingStopped,
)


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def epoch(callbacks, number, **logs):
    """Let callbacks see an epoch."""
    for callback in callbacks:
        callback.on_epoch_begin(number)
    for callback in callbacks:
        callback.on_epoch_end(number, logs)


def test_every_epoch_is_a_row_of_numbers(tmp_path):
    table = LossTable(str(tmp_path / "new" / "losses.csv"))
    epoch([table], 0, val_loss=np.float32(4), loss=3)
    assert rows_of(table.path) == [{"epoch": "0", "loss": "3.0", "val_loss": "4.0"}]
    epoch([table], 1, loss=2.5, val_loss=1e-7)
    assert [row["epoch"] for row in rows_of(table.path)] == ["0", "1"]
    assert table.rows == [
        {"epoch": 0, "loss": 3.0, "val_loss": 4.0},
        {"epoch": 1, "loss": 2.5, "val_loss": 1e-7},
    ]
    assert {type(value) for row in table.rows for value in row.values()} == {int, float}
    # In the order of the alphabet, whatever the order of the logs.
    assert table.path.read_text().splitlines()[0] == "epoch,loss,val_loss"


def test_a_resumed_training_keeps_earlier_rows_and_replaces_what_it_trains_again(tmp_path):
    first = LossTable(tmp_path / "losses.csv")
    for number in range(3):
        epoch([first], number, loss=float(number), val_loss=0.0)
    again = LossTable(tmp_path / "losses.csv")
    assert again.rows == first.rows
    epoch([again], 2, loss=9.0, val_loss=0.0)
    epoch([again], 3, loss=8.0, val_loss=0.0)
    assert [row["epoch"] for row in rows_of(again.path)] == ["0", "1", "2", "3"]
    assert [row["loss"] for row in again.rows] == [0.0, 1.0, 9.0, 8.0]


def test_a_training_from_the_first_epoch_keeps_no_row(tmp_path):
    epoch([LossTable(tmp_path / "losses.csv")], 0, loss=1.0)
    table = LossTable(tmp_path / "losses.csv")
    epoch([table], 0, loss=2.0)
    assert [row["loss"] for row in rows_of(table.path)] == ["2.0"]


@pytest.fixture
def saved(monkeypatch):
    """The values of `val_loss` at which a model was saved."""
    values = []
    monkeypatch.setattr(model_file, "save", lambda model, path: values.append((model, path)))
    return values


def test_the_best_model_is_saved_after_each_better_epoch(tmp_path, saved):
    table = LossTable(tmp_path / "losses.csv")
    best = BestModel(tmp_path / "best.keras", table, "loss")
    best.set_model("the model")
    counts = []
    for number, loss in enumerate([5.0, 6.0, 5.0, 4.0, math.nan, 3.0, math.inf, 3.5]):
        epoch([best, table], number, val_loss=loss)
        counts.append(len(saved))
    assert counts == [1, 1, 1, 2, 2, 3, 3, 3]
    assert set(saved) == {("the model", tmp_path / "best.keras")}


def test_a_resumed_training_saves_only_what_is_better_than_before(tmp_path, saved):
    first = LossTable(tmp_path / "losses.csv")
    for number, loss in enumerate([5.0, 2.0, math.nan, 3.0]):
        epoch([first], number, val_loss=loss)
    table = LossTable(tmp_path / "losses.csv")
    best = BestModel(tmp_path / "best.keras", table, "loss")
    epoch([best, table], 4, val_loss=2.5)
    assert not saved
    epoch([best, table], 5, val_loss=1.5)
    assert len(saved) == 1


def test_a_first_epoch_without_a_finite_loss_is_not_saved(tmp_path, saved):
    table = LossTable(tmp_path / "losses.csv")
    epoch([BestModel(tmp_path / "best.keras", table, "loss"), table], 0, val_loss=math.nan)
    assert not saved


def test_more_of_some_measures_is_better(tmp_path, saved):
    table = LossTable(tmp_path / "losses.csv")
    best = BestModel(tmp_path / "best.keras", table, "ssim")
    best.set_model("the model")
    assert best.kept() == {}
    for number, (ssim, loss) in enumerate([(0.1, 1.0), (0.4, 9.0), (0.4, 0.5), (0.2, 0.1)]):
        epoch([best, table], number, val_ssim=ssim, val_loss=loss)
    assert len(saved) == 2
    assert best.kept() == {"best_epoch": 2, "best_val_ssim": 0.4}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_step(number, capsys):
    # A shell starts what runs in the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.getsignal(number)
    with StopOnSignal() as stop:
        assert signal.getsignal(number) == stop._handle
        stop.on_epoch_begin(0)
        stop.on_train_batch_end(0)
        os.kill(os.getpid(), number)
        assert "stopping after this step" in capsys.readouterr().err
        # A second signal has its usual effect.
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        with pytest.raises(TrainingStopped) as stopped:
            stop.on_train_batch_end(1)
        assert stopped.value.number == number
        with pytest.raises(TrainingStopped):
            stop.on_epoch_begin(1)
    assert signal.getsignal(number) is before


def test_handlers_come_back_without_a_signal():
    numbers = signal.SIGINT, signal.SIGTERM
    before = [signal.getsignal(number) for number in numbers]
    with StopOnSignal():
        pass
    assert [signal.getsignal(number) for number in numbers] == before


def test_stopping_is_an_interruption_that_no_error_handler_catches():
    assert not issubclass(TrainingStopped, Exception)
    assert issubclass(TrainingStopped, KeyboardInterrupt)
    assert isinstance(StopOnSignal(), keras.callbacks.Callback)
