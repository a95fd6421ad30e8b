"""What a report says first, for trainings whose course is known."""

import math

import pytest

from keras_pix2pix.callbacks.report.baselines import Baselines
from keras_pix2pix.callbacks.report.verdict import verdict


def history_of(name, values, **constant):
    return [{"epoch": i + 1, name: value, **constant} for i, value in enumerate(values)]


def headlines(*arguments, **options):
    return [finding.headline for finding in verdict(*arguments, **options)]


RISING = [i / 12 for i in range(12)]
LEVEL = [0.1, 0.4, 0.6, 0.7, 0.7, 0.69, 0.71, 0.7, 0.7, 0.71, 0.69, 0.7]
FALLING = [0.1, 0.4, 0.6, 0.7, 0.7, 0.69, 0.6, 0.6, 0.5, 0.5, 0.4, 0.4]


@pytest.mark.parametrize(
    ("values", "headline", "kind"),
    [
        (RISING, "Still improving at the end", "note"),
        (LEVEL, "Leveled off", "good"),
        (FALLING, "Worse since epoch 4", "bad"),
        (RISING[:5], "Too short to see a trend", "note"),
    ],
)
def test_the_trend_at_the_end(values, headline, kind):
    for name, sign in (("ssim", 1), ("perceptual", -1)):
        course = [sign * value for value in values]
        (found,) = verdict(history_of(f"val_{name}", course), name)
        assert (found.headline, found.kind) == (headline, kind)
    assert f"{-values[-1]:.4g}" in found.text or kind != "bad"


def accuracies(values):
    return [
        {"epoch": i + 1, "real_accuracy": value, "fake_accuracy": 0.999}
        for i, value in enumerate(values)
    ]


def test_the_discriminator_won_where_it_was_right_to_the_end():
    found = verdict(accuracies([0.7, 0.995, 0.8, 0.995, 0.999, 0.999]), None)
    assert [finding.headline for finding in found] == ["The discriminator won at epoch 4"]
    assert found[0].kind == "bad"
    assert headlines(accuracies([1.0, 1.0]), None) == ["The discriminator won at epoch 1"]


def test_a_discriminator_that_is_wrong_in_the_end_has_not_won():
    (found,) = verdict(accuracies([0.999, 0.999, 0.6]), None)
    assert found.headline == "The networks kept a balance"
    assert "60%" in found.text and found.kind == "note"


def test_the_kept_epoch_is_named_with_its_reason():
    history = history_of("val_psnr", [20.0, 30.5, 25.0])
    found = {finding.headline: finding.text for finding in verdict(history, "psnr", "best.keras")}
    assert found["best.keras is epoch 2"] == (
        "It has the highest PSNR of the held-out pairs: 30.5."
    )
    assert not any("best" in headline for headline in headlines(history, "psnr"))
    history = history_of("val_reconstruction_loss", [3.0, 2.0, 2.5])
    found = verdict(history, "reconstruction_loss", "a.keras")
    assert "lowest reconstruction loss" in found[1].text


@pytest.mark.parametrize(
    ("numbers", "headline"),
    [
        ((0.1, 0.2, 0.3), "Better than copying, and than the mean"),
        ((0.25, 0.2, 0.3), "Not better than the nearest training pair"),
        ((0.4, 0.5, 0.3), "Not better than the mean training picture"),
    ],
)
def test_the_model_is_compared_with_answers_that_need_no_learning(numbers, headline):
    (found,) = verdict([], None, baselines=Baselines(*numbers, "Wrong pixels"))
    assert found.headline == headline
    assert "Wrong pixels: " in found.text
    for number in numbers:
        assert f"{number:.1%}" in found.text


def test_bad_news_comes_first():
    history = history_of("val_ssim", [math.nan, *LEVEL[1:]], real_accuracy=0.5, fake_accuracy=0.5)
    found = verdict(history, "ssim", "best.keras", Baselines(0.1, 0.2, 0.3, "Wrong pixels"))
    assert [finding.kind for finding in found] == ["bad", "good", "good", "note", "note"]
    assert found[0].headline == "Not a number from epoch 1"
    assert "val ssim" in found[0].text
