"""What stored values mean, on the way to the model's range and back."""

import json

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_pix2pix.data import InstanceBoundaries, Labels, Picture


def noise(*shape, low=0, high=256, dtype="uint8", seed=0):
    return np.random.default_rng(seed).integers(low, high, shape).astype(dtype)


PALETTE = ((0, 0, 0), (255, 0, 0), (0, 128, 255))
FORMATS = [
    Picture(),
    Picture(3, (0, 4095), "nearest", (1, 2, 3), "uint16"),
    Picture(1, alpha="drop"),
    Labels(21, ignore=255),
    Labels(palette=PALETTE, ignore=(9, 9, 9)),
    InstanceBoundaries(),
]


@pytest.mark.parametrize("format", FORMATS, ids=repr)
def test_a_format_comes_back_from_its_config(format):
    text = json.dumps(keras.saving.serialize_keras_object(format))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert type(again) is type(format)
    assert again.get_config() == format.get_config()


# Pictures


@pytest.mark.parametrize(
    "dtype, value_range, low, high",
    [
        ("uint8", None, 0, 255),
        ("uint16", None, 0, 65535),
        ("uint16", (0, 4095), 0, 4095),
        ("int16", (-1024, 3071), -1024, 3071),
        ("uint8", (10, 20), 10, 20),
    ],
)
def test_every_stored_value_survives_the_model_s_range(dtype, value_range, low, high):
    stored = np.arange(low, high + 1).astype(dtype).reshape(1, -1, 1)
    format = Picture(value_range=value_range, dtype=dtype)
    pixels = format.encode(stored)
    assert pixels.dtype == np.float32
    assert (pixels.min(), pixels.max()) == (-1, 1)
    assert (np.diff(pixels.ravel()) > 0).all()
    decoded = format.decode(pixels)
    assert decoded.dtype == dtype
    np.testing.assert_array_equal(decoded, stored)


@settings(deadline=None)
@given(st.floats(-1e6, 1e6, width=32), st.floats(0.125, 1e6, width=32), st.integers(0, 1000))
def test_floats_survive_their_range(low, extent, seed):
    value_range = (low, low + extent)
    stored = np.random.default_rng(seed).uniform(*value_range, (4, 4, 1))
    format = Picture(value_range=value_range, dtype="float64")
    decoded = format.decode(format.encode(stored))
    np.testing.assert_allclose(decoded, stored, atol=1e-6 * extent)


def test_what_a_network_says_beyond_its_range_is_cut():
    pixels = np.array([[[-2.0], [0.0], [1.5]]])
    assert Picture(dtype="uint8").decode(pixels).ravel().tolist() == [0, 128, 255]
    assert Picture(value_range=(0, 4095), dtype="uint16").decode(pixels).max() == 4095
    assert Picture(dtype="float32").decode(pixels).ravel().tolist() == [-1, 0, 1]


@pytest.mark.parametrize("value", [-1, 4096, np.nan, np.inf])
def test_values_outside_the_range_are_refused_with_the_image_s_name(value):
    image = np.array([[[0], [value]]])
    with pytest.raises(ValueError, match=r"a\.npy must have values from 0 to 4095.*Received"):
        Picture(value_range=(0, 4095)).prepared(image, "a.npy")


def test_signed_integers_need_a_range():
    with pytest.raises(ValueError, match=r"a\.npy must be unsigned integers.*dtype int16"):
        Picture().prepared(noise(2, 2, 1, dtype="int16"), "a.npy")


@pytest.mark.parametrize("dtype, opaque", [("uint8", 255), ("uint16", 65535), ("float32", 1.0)])
@pytest.mark.parametrize("colors", [1, 3])
def test_alpha_is_kept_dropped_or_laid_on_a_color(dtype, opaque, colors):
    image = np.zeros((1, 3, colors + 1), dtype)
    image[..., :-1] = opaque / 5
    image[0, :, -1] = [0, opaque * 0.4, opaque]
    np.testing.assert_array_equal(Picture(alpha="keep").prepared(image, "it"), image)
    np.testing.assert_array_equal(Picture(alpha="drop").prepared(image, "it"), image[..., :-1])
    laid = Picture(alpha=opaque).prepared(image, "it")
    assert laid.dtype == dtype and laid.shape == (1, 3, colors)
    np.testing.assert_allclose(laid[0, :, 0] / opaque, [1, 0.68, 0.2], atol=0.003)
    with pytest.raises(ValueError, match="it has an alpha channel that is not opaque"):
        Picture(colors).prepared(image, "it")


def test_a_color_to_lie_on_has_a_value_a_channel():
    clear = np.zeros((1, 1, 4), "uint8")
    laid = Picture(3, alpha=(1, 2, 3)).prepared(clear, "it")
    assert laid.ravel().tolist() == [1, 2, 3]
    assert Picture(alpha=(1, 2, 3)).prepared(clear[..., :3], "it").shape[-1] == 3


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {"interpolation": "bilinear"},
            "must be one of 'auto', 'nearest', 'bicubic'",
        ),
        ({"value_range": (1, 1)}, r"must be \(low, high\)"),
        ({"alpha": "white"}, "alpha must be 'keep', 'drop', a color or None. Received: 'white'"),
    ],
)
def test_unknown_settings_of_a_picture_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Picture(**arguments)


@pytest.mark.parametrize("channels, shown", [(1, [0, 0, 0]), (2, [0, 0, 0]), (4, [0, 1, 2])])
def test_pictures_are_shown_grey_or_in_their_first_colors(channels, shown):
    pixels = Picture().encode(noise(5, 4, 6, channels))
    np.testing.assert_array_equal(Picture().as_rgb(pixels), noise(5, 4, 6, channels)[..., shown])
