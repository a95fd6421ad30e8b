"""The numbers of a training: where they come from, and which epoch was the best."""

import math

import keras
import pytest

from keras_pix2pix.callbacks.report.history import (
    MEASURES,
    best_epoch,
    history_of_page,
    history_of_table,
    measure_of,
)
from keras_pix2pix_cli import training_options


def test_a_table_of_keras_is_read_and_counts_epochs_from_one(tmp_path):
    log = keras.callbacks.CSVLogger(tmp_path / "losses.csv")
    log.set_model(keras.Model())
    log.on_train_begin()
    for epoch in range(2):
        log.on_epoch_end(epoch, {"loss": 4.0 - epoch, "val_ssim": math.nan})
    log.on_train_end()
    first, second = history_of_table(tmp_path / "losses.csv")
    assert (first["epoch"], first["loss"]) == (1, 4.0)
    assert (second["epoch"], second["loss"]) == (2, 3.0)
    assert math.isnan(second["val_ssim"])


@pytest.mark.parametrize("content", ["", "loss\n3\n", "epoch,loss\n0,much\n", "epoch,loss\n0\n"])
def test_a_table_of_something_else_is_no_history(tmp_path, content):
    (tmp_path / "losses.csv").write_text(content)
    assert history_of_table(tmp_path / "losses.csv") == []


def test_without_a_table_there_is_no_history(tmp_path):
    assert history_of_table(tmp_path / "losses.csv") == []


def test_a_page_of_something_else_has_no_history(tmp_path):
    (tmp_path / "page.html").write_bytes(b"<html>\xff</html>")
    assert history_of_page(tmp_path / "page.html") == []


def test_the_best_epoch_is_the_first_of_the_best_that_are_finite():
    values = [0.5, math.nan, 0.75, 0.75, 0.25]
    history = [
        {"epoch": number + 1, "val_ssim": value, "val_loss": value}
        for number, value in enumerate(values)
    ]
    assert best_epoch(history, "ssim") == (3, 0.75)
    assert best_epoch(history, "loss") == (5, 0.25)
    assert best_epoch(history, "psnr") is None


def test_pictures_are_judged_by_the_best_judge_of_the_held_out_pairs():
    assert measure_of([{"epoch": 1, "val_loss": 1.0, "val_psnr": 2.0, "ssim": 3.0}]) == "psnr"
    assert measure_of([{"epoch": 1, "loss": 1.0}]) is None


def test_the_command_line_offers_the_same_measures():
    assert MEASURES == training_options.MEASURES
