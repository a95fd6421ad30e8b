"""Fixed noise beside an image: the same everywhere, whatever the image."""

import keras
import numpy as np
import pytest
from checks import noise, numpy

import keras_pix2pix as kp
from keras_pix2pix.networks.noise import FixedNoise


def test_images_stay_and_the_noise_repeats_itself():
    images = noise(2, 11, 20, 3)
    joined = numpy(FixedNoise(8, 2)(images))
    assert joined.shape == (2, 11, 20, 5)
    np.testing.assert_array_equal(joined[..., :3], images)
    added = joined[..., 3:]
    np.testing.assert_array_equal(added[0], added[1])
    np.testing.assert_array_equal(added[:, :, :8], added[:, :, 8:16])
    np.testing.assert_array_equal(added[:, :3], added[:, 8:])


def test_it_is_drawn_from_a_normal_distribution_once():
    square = numpy(FixedNoise(64)(np.zeros((1, 64, 64, 1), "float32")))[0, ..., 1]
    np.testing.assert_array_equal(
        square, np.random.default_rng(0).standard_normal((64, 64), "float32")
    )
    keras.utils.set_random_seed(1)
    again = numpy(FixedNoise(64)(np.zeros((1, 64, 64, 1), "float32")))[0, ..., 1]
    np.testing.assert_array_equal(square, again)


def test_a_generator_with_it_tells_the_pixels_of_a_flat_condition_apart():
    flat = np.zeros((1, 64, 64, 3), "float32")
    inside = {}
    for channels in (0, 1):
        generator = kp.UNetGenerator(depth=2, filters=4, normalization=None, noise=channels)
        pictures = [numpy(generator(flat)) for _ in range(2)]
        np.testing.assert_array_equal(*pictures)
        inside[channels] = pictures[0][0, 24:40, 24:40].std()
    # What is left without it is rounding.
    assert inside[0] < 1e-6 < 1e-4 < inside[1]


def test_less_than_no_noise():
    with pytest.raises(ValueError, match=r"noise must be at least 0\. Received: noise=-1"):
        kp.UNetGenerator(depth=2, noise=-1)
