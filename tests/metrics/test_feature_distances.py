"""FeatureDistances: the distances of the features, by their formulas."""

import keras
import numpy as np
import pytest
from checks import check_config, pictures

import keras_pix2pix as kp
from keras_pix2pix.metrics.set_distances import frechet_distance, kernel_distance
from keras_pix2pix.networks.efficientnet import feature_maps

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
    nothing = dict.fromkeys(NAMES, float("nan"))
    assert metric.result() == pytest.approx(nothing, nan_ok=True)
    metric.update_state(target[:2], target[:2], target[:2])
    again = metric.result()
    # The kernel distance has no bias, so it is below 0 for sets that are the same.
    assert again.pop(NAMES[2]) < 0
    assert again == pytest.approx(dict.fromkeys(NAMES[:2], 0), abs=1e-3)
    for variable, value in zip(metric.variables, state):
        variable.assign(value)
    assert metric.result() == before


def test_fine_patterns_of_large_pictures_are_averaged_not_skipped():
    """Of a chessboard and its inverse, a third of the size, averaging leaves grey in both."""
    board = np.indices((672, 672)).sum(axis=0) % 2 * 2.0 - 1
    board = board.astype("float32")[None, ..., None].repeat(3, axis=-1)
    metric = kp.metrics.FeatureDistances(images=1)
    metric.update_state(board, board, -board)
    similar = metric.result()[NAMES[0]]
    metric.reset_state()
    metric.update_state(board, np.ones_like(board), -np.ones_like(board))
    assert similar < 0.25 * metric.result()[NAMES[0]]


def test_grey_is_repeated():
    metric = kp.metrics.FeatureDistances(images=2)
    target, generated = pictures(32, 40)
    grey, other = target[..., :1], generated[..., :1]
    results = []
    for pair in ((grey, other), (grey.repeat(3, -1), other.repeat(3, -1))):
        metric.reset_state()
        metric.update_state(pair[0], *pair)
        results.append(metric.result())
    assert results[0] == pytest.approx(results[1])
    assert results[0][NAMES[0]] > 0.01


def test_config():
    metric = kp.metrics.FeatureDistances(images=7, name="mine")
    check_config(metric)
    assert metric.get_config()["images"] == 7
    assert {name.split("_")[0] for name in metric.result()} == {"mine"}


def test_feature_distances_need_colors_or_grey(distances):
    metric, *_ = distances
    with pytest.raises(ValueError, match=r"1 or 3 channels\. Received: 4 channels"):
        metric.update_state(*[np.zeros((1, 8, 8, 4), "float32")] * 3)
