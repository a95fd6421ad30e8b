"""Which epoch was kept, and why."""

import json
import math

import pytest

from keras_pix2pix.callbacks.report.history import best_epoch
from keras_pix2pix_cli.training import kept


def rows(*values, name="val_ssim"):
    return [{"epoch": epoch, name: value} for epoch, value in enumerate(values)]


def test_the_best_epoch_is_the_first_with_the_best_finite_value():
    assert best_epoch(rows(0.1, math.nan, 0.4, math.inf, 0.4), "ssim")[0] == 2
    losses = rows(5.0, 2.0, math.nan, 2.0, name="val_perceptual")
    assert best_epoch(losses, "perceptual")[0] == 1
    assert best_epoch([], "ssim") is None
    assert best_epoch(rows(math.nan), "ssim") is None


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("mean_iou", "highest mean IoU"),
        ("perceptual", "lowest perceptual distance"),
        ("ssim", "highest SSIM"),
        ("psnr", "highest PSNR"),
        ("reconstruction_loss", "lowest reconstruction loss"),
        ("loss", "lowest loss"),
    ],
)
def test_a_sentence_says_why(measure, words):
    assert kept.sentence(3, 8, measure) == (
        f"best.keras is epoch 3 of 8, which has the {words} on the held-out pairs "
        f"(--monitor {measure})"
    )


def test_a_model_beside_a_table_is_known(tmp_path):
    assert kept.of_model(tmp_path / "best.keras") == ""
    (tmp_path / "losses.csv").write_text("epoch,loss,val_ssim\n0,4.0,0.25\n1,2.0,0.5\n2,1.0,0.25\n")
    (tmp_path / "settings.json").write_text(json.dumps({"monitor": "ssim"}))
    text = kept.sentence(2, 3, "ssim")
    assert kept.of_model(tmp_path / "best.keras") == text
    assert kept.of_model(tmp_path / "model.keras") == f"model.keras is the last epoch; {text}"
    # Of another model in this folder nothing is known.
    assert kept.of_model(tmp_path / "other.keras") == ""
