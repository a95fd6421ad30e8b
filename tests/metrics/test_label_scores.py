"""LabelScores, by their definitions."""

import json

import keras
import numpy as np
import pytest

import keras_pix2pix as kp


def one_hot(labels, classes):
    return (2.0 * np.eye(classes)[labels] - 1).astype("float32")


@pytest.fixture
def maps():
    """True labels and guessed ones, of three classes of which the last is never there."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (3, 6, 5))
    return truth, np.where(rng.random(truth.shape) < 0.3, 1 - truth, truth)


def expected_scores(truth, guess, counted):
    """By the definitions, class by class."""
    pairs = truth[counted], guess[counted]
    accuracies, overlaps = [], []
    for label in np.unique(pairs):
        of_class, guessed = pairs[0] == label, pairs[1] == label
        if of_class.any():
            accuracies.append((of_class & guessed).sum() / of_class.sum())
        overlaps.append((of_class & guessed).sum() / (of_class | guessed).sum())
    return {
        "pixel_accuracy": np.mean(pairs[0] == pairs[1]),
        "class_accuracy": np.mean(accuracies),
        "mean_iou": np.mean(overlaps),
    }


def test_label_scores_are_those_of_the_definitions(maps):
    truth, guess = maps
    target, generated = one_hot(truth, 3), 0.3 * one_hot(guess, 3)
    target[:, :2] = -1
    metric = kp.metrics.LabelScores(3)
    for i in range(3):
        metric.update_state(None, target[i : i + 1], generated[i : i + 1])
    counted = np.ones(truth.shape, bool)
    counted[:, :2] = False
    assert metric.result() == pytest.approx(expected_scores(truth, guess, counted))


def test_two_classes_in_one_channel(maps):
    truth, guess = maps
    metric = kp.metrics.LabelScores(2)
    metric.update_state(None, *(one_hot(labels, 2)[..., 1:] for labels in maps))
    assert metric.result() == pytest.approx(expected_scores(truth, guess, truth >= 0))


def test_a_segmenter_judges_pictures_by_the_labels_of_their_condition(maps):
    """A picture of as many greys as classes, which the segmenter tells apart."""
    truth, guess = maps
    edges = np.ones((*truth.shape, 1), "float32")
    condition = np.concatenate([one_hot(truth, 3), edges], axis=-1)
    picture = (guess[..., None] - 1).astype("float32")

    def segmenter(pictures):
        return -keras.ops.abs(pictures - np.array([-1, 0, 1], "float32"))

    metric = kp.metrics.LabelScores(3, segmenter)
    metric.update_state(condition, np.zeros_like(picture), picture)
    assert metric.result() == pytest.approx(expected_scores(truth, guess, truth >= 0))


def test_label_scores_of_nothing_are_nan_and_other_channels_are_refused():
    metric = kp.metrics.LabelScores(3)
    nothing = dict.fromkeys(("pixel_accuracy", "class_accuracy", "mean_iou"), float("nan"))
    assert metric.result() == pytest.approx(nothing, nan_ok=True)
    with pytest.raises(ValueError, match=r"each of 3 classes.*Received: 4 channels"):
        metric.update_state(None, *[np.zeros((1, 2, 2, 4), "float32")] * 2)


def test_a_segmenter_is_not_saved_with_the_model(tiny):
    model = tiny()
    scores = kp.metrics.LabelScores(3), kp.metrics.LabelScores(3, keras.Sequential())
    model.compile(metrics=["mae", *scores])
    config = json.dumps(model.get_compile_config())
    assert config.count('"class_name": "LabelScores"') == 1
    model.compile_from_config(json.loads(config))
    assert [metric.segmenter for metric in model.set_metrics] == [None]
