"""What a training prints: a line an epoch, and how long it takes."""

import io
import types

import pytest

from keras_pix2pix_cli.training import progress
from keras_pix2pix_cli.training.progress import TrainingProgress
from keras_pix2pix_cli.training.training_callbacks import BestModel, LossTable

GAN = {
    "generator_loss": 0.7,
    "discriminator_loss": 0.65432,
    "reconstruction_loss": 0.21234,
    "contrast": 0.9,
    "val_reconstruction_loss": 0.25,
    "val_psnr": 12.0,
    "val_ssim": 0.5,
    "val_loss": 30.0,
}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A function that lets the callback see a training, and returns what it printed.

    A step takes so many seconds, the first one of a run ten times as many, a validation 2 seconds.
    """

    def run(logs, epochs, steps, seconds, measure="ssim", initial_epoch=0, stream=None):
        clock = types.SimpleNamespace(now=100.0)
        monkeypatch.setattr(progress.time, "monotonic", lambda: clock.now)
        table = LossTable(tmp_path / "losses.csv")
        best = BestModel(tmp_path / "best.keras", table, measure)
        stream = io.StringIO() if stream is None else stream
        callback = TrainingProgress(epochs, best, stream)
        callback.set_params({"steps": steps})
        first = True
        for epoch, row in enumerate(logs, initial_epoch):
            callback.on_epoch_begin(epoch)
            table.on_epoch_begin(epoch)
            for batch in range(steps):
                clock.now += seconds * (10 if first else 1)
                first = False
                callback.on_train_batch_end(batch)
            clock.now += 2
            table.on_epoch_end(epoch, row)
            callback.on_epoch_end(epoch, row)
        return stream.getvalue()

    return run


def test_an_epoch_is_one_short_line_with_what_matters(trained):
    rows = [GAN, {**GAN, "val_ssim": 0.4}, {**GAN, "val_ssim": 0.6}]
    printed = trained(rows, epochs=3, steps=11, seconds=0.1).splitlines()
    losses = "generator 0.7, discriminator 0.654, reconstruction 0.212; held out: reconstruction "
    assert printed == [
        f"epoch 1/3: {losses}0.25, ssim 0.5 (best); 3 s, 6 s left",
        f"epoch 2/3: {losses}0.25, ssim 0.4; 3 s, 3 s left",
        f"epoch 3/3: {losses}0.25, ssim 0.6 (best); 3 s",
    ]
    assert max(map(len, printed)) < 140


def test_label_maps_have_other_numbers(trained):
    row = {"loss": 1.5, "reconstruction_loss": 0.1, "val_loss": 1.25, "val_mean_iou": 0.5}
    printed = trained([row], epochs=1, steps=2, seconds=1, measure="mean_iou")
    assert printed == "epoch 1/1: loss 1.5; held out: loss 1.25, mean_iou 0.5 (best); 3 s\n"


def test_a_measure_that_is_a_loss_is_told_once(trained):
    printed = trained([GAN], epochs=1, steps=2, seconds=1, measure="reconstruction_loss")
    assert printed.count("reconstruction 0.25") == 1


def test_a_long_training_says_in_its_first_steps_how_long_it_takes(trained):
    first, *rest = trained([GAN], epochs=200, steps=400, seconds=2).splitlines()
    # 80,000 steps of 2 seconds, of which the first has compiled.
    assert (
        first == "about 1 day 20 h for 200 epochs (measured over 3 steps, without the validation)"
    )
    assert "fewer --epochs" in rest[0] and "Ctrl-C keeps" in rest[0]
    # With the validation.
    assert rest[1].endswith("13 min, 1 day 20 h left")


def test_one_epoch_is_not_several(trained):
    printed = trained([GAN], epochs=1, steps=400, seconds=2)
    assert printed.startswith("about 13 min for 1 epoch (measured")


def test_a_short_training_need_not_say_so(trained):
    printed = trained([GAN], epochs=2, steps=8, seconds=2).splitlines()
    assert len(printed) == 1
    medium = trained([GAN], epochs=60, steps=8, seconds=2).splitlines()
    assert medium[0].startswith("about 16 min for 60 epochs") and len(medium) == 2


def test_a_resumed_training_tells_the_time_of_what_is_left(trained):
    printed = trained([GAN], epochs=60, steps=8, seconds=2, initial_epoch=50).splitlines()
    assert printed[0].startswith("about 3 min for 10 epochs")
    assert printed[1].startswith("epoch 51/60")


def test_a_terminal_shows_the_running_step_in_one_line(trained):
    printed = trained([GAN], epochs=2, steps=6, seconds=1, stream=Terminal())
    shown = [part.strip() for part in printed.replace("\n", "\r").split("\r") if part.strip()]
    assert shown[:3] == [
        "epoch 1/2, step 4/6, 8 s left",
        "epoch 1/2, step 5/6, 7 s left",
        "epoch 1/2, step 6/6, 6 s left",
    ]
    assert shown[3].startswith("epoch 1/2: generator")
    assert printed.count("\n") == 1
