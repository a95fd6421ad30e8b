"""What a report says about a model."""

import keras
import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix.callbacks import report_contents
from keras_pix2pix.callbacks.report_contents import best_and_worst, settings


@keras.saving.register_keras_serializable(package="tests")
def mean_squared(target, generated):
    """A term of a user's own."""
    return keras.ops.mean(keras.ops.square(target - generated))


@pytest.fixture(scope="module")
def made(tiny, pairs):
    model = tiny()
    model.compile(
        discriminator_optimizer="sgd",
        adversarial_loss="lsgan",
        reconstruction_weight=7.0,
        update="simultaneous",
        ema=0.5,
    )
    return model, kp.data.PairDataset(*pairs, batch_size=3)


def test_settings_say_what_was_trained_and_how(made):
    model, data = made
    rows = settings(model, data)
    assert rows["generator"].startswith("UNetGenerator, ") and "depth=2" in rows["generator"]
    assert f"{model.generator.count_params():,} parameters" in rows["generator"]
    assert rows["discriminator"].startswith("PatchDiscriminator, ")
    assert "receptive_field=16" in rows["discriminator"]
    assert "name=" not in rows["generator"]
    assert rows["adversarial loss"] == "lsgan"
    assert rows["reconstruction loss"] == "mae"
    assert rows["reconstruction weight"] == "7.0"
    assert rows["update"] == "simultaneous"
    assert rows["ema"] == "0.5"
    assert rows["generator optimizer"].startswith("Adam, ")
    assert "beta_1=0.5" in rows["generator optimizer"]
    assert rows["discriminator optimizer"].startswith("SGD, ")
    assert rows["held-out pairs"].startswith("PairDataset(8 pairs")
    assert f"{keras.backend.backend()} " in rows["software"]
    assert f"keras {keras.__version__}" in rows["software"] and "keras-pix2pix" in rows["software"]


def test_settings_name_the_terms_of_both_networks(tiny, pairs):
    model = tiny()
    model.compile(
        adversarial_loss=None,
        generator_terms=[kp.losses.FeatureMatching(5.0), mean_squared],
    )
    rows = settings(model, [pairs])
    assert rows["adversarial loss"] == "none"
    assert rows["generator terms"] == (
        "feature_matching (FeatureMatching, weight=5.0); mean_squared (PairTerm, weight=1.0)"
    )
    assert rows["discriminator terms"] == "none"
    assert rows["held-out pairs"] == "1 batches"


def test_best_and_worst_are_those_of_all_pairs(made):
    """Titles give the distances: the smallest from below, the largest from above."""
    model, data = made
    conditions, targets = (np.concatenate(side) for side in zip(*data))
    generated = model.predict(conditions, verbose=0)
    distances = sorted(np.abs(generated - targets).mean((1, 2, 3)))
    (best, best_sheet), (worst, worst_sheet) = best_and_worst(model, data, 2)
    assert best.startswith("best: ") and worst.startswith("worst: ")
    assert best_sheet.size == worst_sheet.size
    titles = []

    def drawn(formats, *images, title):
        titles.append([float(number) for number in title.split(",")])
        measured = np.abs(images[2] - images[1]).mean((1, 2, 3))
        np.testing.assert_allclose(titles[-1], measured, atol=6e-4)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report_contents, "draw_pairs", drawn)
        best_and_worst(model, data, 2)
    np.testing.assert_allclose(titles[0], distances[:2], atol=6e-4)
    np.testing.assert_allclose(titles[1], distances[:-3:-1], atol=6e-4)


def test_best_and_worst_leave_out_what_no_one_knows(made, monkeypatch):
    model, data = made
    conditions, targets = (np.concatenate(side) for side in zip(*data))
    weights = np.zeros((*targets.shape[:3], 1), "float32")
    weights[0, :4] = 1
    titles = []
    monkeypatch.setattr(
        report_contents, "draw_pairs", lambda formats, *images, title: titles.append(title)
    )
    best_and_worst(model, [(conditions, targets, weights)], len(targets))
    assert [float(number) > 0 for number in titles[1].split(",")] == [True] + [False] * (
        len(targets) - 1
    )
