"""Which epoch was kept, and why; and what else lies beside a model."""

import json
import math

import pytest

from keras_pix2pix_cli.options.training_options import MEASURES
from keras_pix2pix_cli.training import kept


def rows(*values, name="val_ssim"):
    return [{"epoch": epoch, name: value} for epoch, value in enumerate(values)]


def test_the_best_epoch_is_the_first_with_the_best_finite_value():
    assert kept.best_row(rows(0.1, math.nan, 0.4, math.inf, 0.4), "ssim")["epoch"] == 2
    losses = rows(5.0, 2.0, math.nan, 2.0, name="val_perceptual")
    assert kept.best_row(losses, "perceptual")["epoch"] == 1
    assert kept.best_row([], "ssim") is None
    assert kept.best_row(rows(math.nan), "ssim") is None


@pytest.mark.parametrize("measure", MEASURES)
def test_a_sentence_says_why(measure):
    text = kept.sentence(3, 8, measure)
    extreme = "highest" if measure in ("mean_iou", "ssim", "psnr") else "lowest"
    assert text == (
        f"best.keras is epoch 3 of 8, which has the {extreme} {measure} on the held-out pairs "
        f"(--monitor {measure})"
    )


def test_the_training_beside_a_model_is_found(tmp_path):
    assert kept.training_beside(tmp_path / "best.keras") == ([], [], "")
    (tmp_path / "losses.csv").write_text("epoch,loss,val_ssim\n0,4.0,0.25\n1,2.0,0.5\n2,1.0,0.25\n")
    (tmp_path / "settings.json").write_text(json.dumps({"monitor": "ssim"}))
    (tmp_path / "samples").mkdir()
    for step in (20, 100, 9):
        (tmp_path / "samples" / f"step_{step}.png").touch()
    history, pictures, text = kept.training_beside(tmp_path / "best.keras")
    assert history == [
        {"epoch": 1, "loss": 4.0, "val_ssim": 0.25},
        {"epoch": 2, "loss": 2.0, "val_ssim": 0.5},
        {"epoch": 3, "loss": 1.0, "val_ssim": 0.25},
    ]
    assert [path.stem for path in pictures] == ["step_9", "step_20", "step_100"]
    assert text == kept.sentence(2, 3, "ssim")
    assert kept.training_beside(tmp_path / "model.keras")[2] == (
        f"model.keras is the last epoch; {kept.sentence(2, 3, 'ssim')}"
    )
    # Of another model in this folder nothing is known.
    assert kept.training_beside(tmp_path / "other.keras")[2] == ""
