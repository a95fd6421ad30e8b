"""Any height and width: padding by reflection, and the sizes that are refused."""

import keras
import numpy as np
import pytest
from checks import noise, numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_pix2pix.networks.padding import check_divisible, pad_to_multiple


def reflected(images, divisor):
    sides = [(0, -n % divisor) for n in images.shape[1:3]]
    return np.pad(images, [(0, 0), *sides, (0, 0)], mode="reflect")


@settings(max_examples=12, deadline=None)
@given(height=st.integers(1, 20), width=st.integers(1, 20), divisor=st.integers(1, 24))
def test_padding_is_numpys_reflection(height, width, divisor):
    images = noise(1, height, width, 2)
    padded = numpy(pad_to_multiple(images, divisor))
    np.testing.assert_array_equal(padded, reflected(images, divisor))


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 3)])
def test_the_smallest_images(size):
    images = noise(2, *size, 1)
    padded = numpy(pad_to_multiple(images, 8))
    assert padded.shape == (2, 8, 8, 1)
    np.testing.assert_array_equal(padded, reflected(images, 8))


def test_the_same_object_where_nothing_is_to_be_done():
    images = keras.ops.convert_to_tensor(noise(1, 8, 12, 1))
    assert pad_to_multiple(images, 4) is images
    assert pad_to_multiple(images, 1) is images


class Padded(keras.Model):
    def __init__(self, least=1):
        super().__init__()
        self.least = least

    def call(self, images):
        return pad_to_multiple(images, 4, self.least)


def test_a_compiled_model_takes_several_sizes():
    model = Padded()
    for height, width in ((5, 4), (6, 7), (8, 9)):
        images = noise(1, height, width, 1)
        np.testing.assert_array_equal(model.predict_on_batch(images), reflected(images, 4))


@pytest.mark.parametrize("least", [1, 8])
def test_a_symbolic_image_keeps_its_free_sides(least):
    assert tuple(Padded(least)(keras.Input((None, 6, 1))).shape) == (None, None, 8, 1)


def test_sizes_that_fit_pass():
    check_divisible(16, 32, 16, "Net")
    check_divisible(None, None, 16, "Net")
    check_divisible(8, None, 4, "Net", 8)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((24, 16), "Net takes .* 16 divides. Received: height 24; .* fit are 16 and 32"),
        ((16, 40), "Received: width 40; .* fit are 32 and 48"),
        ((None, 33), "Received: width 33; .* fit are 32 and 48"),
        ((7, 7), "Received: height 7; .* fit are 16"),
    ],
)
def test_sizes_that_do_not_fit(size, message):
    with pytest.raises(ValueError, match=message):
        check_divisible(*size, 16, "Net")


def test_sizes_below_the_least():
    with pytest.raises(ValueError, match=r"of at least 8\. Received: width 4"):
        check_divisible(8, 4, 4, "Net", 8)
