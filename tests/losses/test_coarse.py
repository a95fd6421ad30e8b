"""L1 of averages, for every size."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from checks import check_config, noise
from keras import ops

from keras_pix2pix.losses import CoarseL1


def expected(target, generated, factor):
    difference = target - generated
    return np.mean(
        [
            np.abs(difference[:, row : row + factor, column : column + factor].mean(axis=(1, 2)))
            for row in range(0, difference.shape[1], factor)
            for column in range(0, difference.shape[2], factor)
        ]
    )


def batch_of(target, generated, weights=None):
    tensors = map(ops.convert_to_tensor, (target, generated))
    return SimpleNamespace(**dict(zip(("target", "generated"), tensors)), weights=weights)


@pytest.mark.parametrize("size", [(16, 16), (13, 6), (3, 2), (1, 9)])
@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize("run_eagerly", [True, False])
def test_it_is_the_difference_of_averages(tiny, size, factor, run_eagerly):
    rng = np.random.default_rng(0)
    condition, target = rng.uniform(-1, 1, (2, 2, *size, 3)).astype("float32")
    model = tiny(dropout=0.0)
    term = CoarseL1(factor=factor)
    options = {"adversarial_loss": None, "run_eagerly": run_eagerly}
    model.compile(keras.optimizers.SGD(0.0), generator_terms=[term], **options)
    generated = model.predict(condition, verbose=0)
    logs = model.train_on_batch(condition, target, return_dict=True)
    value = expected(target, generated, factor)
    assert logs["coarse_l1"] == pytest.approx(value, rel=1e-4)
    assert logs["loss"] == pytest.approx(100 * logs["reconstruction_loss"] + 10 * value, rel=1e-4)


def test_a_shift_within_a_square_costs_nothing():
    target = np.zeros((1, 8, 8, 1), "float32")
    shifted = target.copy()
    target[:, 1, 1], shifted[:, 2, 3] = 1, 1

    pair = batch_of(target, shifted)
    assert float(CoarseL1(factor=4)(pair)) == pytest.approx(0, abs=1e-7)
    assert float(CoarseL1(factor=2)(pair)) > 0.01


def test_its_config_makes_it_again():
    check_config(CoarseL1(3.0, factor=8, name="coarse"))
    assert type(CoarseL1(factor=2.0).get_config()["factor"]) is int


def test_channels_are_last_whatever_keras_says():
    target, generated = (noise(1, 6, 5, 3, seed=seed) for seed in (0, 1))
    pair = batch_of(target, generated)
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        value = float(CoarseL1(factor=2)(pair))
    finally:
        keras.config.set_image_data_format(before)
    assert value == pytest.approx(expected(target, generated, 2), rel=1e-5)


@pytest.mark.parametrize("factor", [1, 0, -2, 2.5])
def test_no_square(factor):
    with pytest.raises(ValueError, match="factor must be an int of at least 2"):
        CoarseL1(factor=factor)


@pytest.mark.parametrize("shape", [(2, 13, 6, 1), (2, 1, 1, 1)])
def test_sample_weights_weigh_the_differences_of_the_pixels(shape):
    target, generated = (noise(2, 13, 6, 3, seed=seed) for seed in (0, 1))
    weights = np.abs(noise(*shape, seed=2))
    pair = batch_of(target, generated, ops.convert_to_tensor(weights))
    value = float(CoarseL1(factor=4)(pair))
    assert value == pytest.approx(expected(weights * target, weights * generated, 4), rel=1e-5)
