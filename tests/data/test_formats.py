"""What stored values mean, on the way to the model's range and back."""

import json

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.segmentation import find_boundaries

from keras_pix2pix.data import Edges, Labels, Picture


def noise(*shape, low=0, high=256, dtype="uint8", seed=0):
    return np.random.default_rng(seed).integers(low, high, shape).astype(dtype)


PALETTE = ((0, 0, 0), (255, 0, 0), (0, 128, 255))
FORMATS = [
    Picture(),
    Picture(3, (0, 4095), "nearest", (1, 2, 3), "uint16"),
    Picture(1, alpha="drop"),
    Labels(21, ignore=255),
    Labels(palette=PALETTE, ignore=(9, 9, 9)),
    Edges(),
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
        ({"interpolation": "bilinear"}, "interpolation must be of 'auto', 'nearest', 'bicubic'"),
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


# Label maps


def one_hot(index, classes):
    return np.where(np.arange(classes) == index, 1, -1)


def test_indices_become_a_channel_a_class():
    stored = np.array([[[0], [2], [255]]], "uint8")
    format = Labels(3, ignore=255)
    pixels = format.encode(format.prepared(stored, "it"))
    assert pixels.dtype == np.float32 and format.channels == 3
    np.testing.assert_array_equal(pixels, [[one_hot(0, 3), one_hot(2, 3), [-1, -1, -1]]])


@pytest.mark.parametrize(
    "classes, dtype", [(2, "uint8"), (255, "uint8"), (256, "uint16"), (700, "uint16")]
)
def test_any_number_of_classes_survives(classes, dtype):
    stored = np.arange(classes).reshape(1, -1, 1).astype("uint16")
    format = Labels(classes)
    prepared = format.prepared(stored, "it")
    assert prepared.dtype == dtype
    np.testing.assert_array_equal(format.decode(format.encode(prepared)), stored)


@pytest.mark.parametrize("shape", [(6, 7), (2, 6, 7)])
def test_colors_become_classes_and_come_back(shape):
    format = Labels(palette=PALETTE, ignore=(9, 9, 9))
    index = noise(*shape, high=4)
    stored = np.array([*PALETTE, (9, 9, 9)], "uint8")[index]
    pixels = format.encode(format.prepared(stored, "it"))
    assert pixels.shape == (*shape, 3)
    np.testing.assert_array_equal((pixels == 1).any(axis=-1), index < 3)
    known = index < 3
    np.testing.assert_array_equal(format.decode(pixels)[known], stored[known])


def test_grey_values_may_be_the_palette():
    format = Labels(palette=[0, 128, 255])
    stored = np.array([[[128], [0], [255]]], "uint8")
    assert format.prepared(stored, "it").ravel().tolist() == [1, 0, 2]
    # A grey map that is stored in three equal colors is the same map.
    assert format.prepared(stored.repeat(3, axis=-1), "it").ravel().tolist() == [1, 0, 2]
    np.testing.assert_array_equal(
        format.decode(format.encode(format.prepared(stored, "it"))), stored
    )
    assert format.indices and Labels(3).indices and not Labels(palette=PALETTE).indices


def test_labels_of_no_class_are_refused_by_name():
    with pytest.raises(
        ValueError, match=r"a\.png must have labels from 0 to 2, or 255.*2 other.*7"
    ):
        Labels(3, ignore=255).prepared(np.array([[[7], [8], [0]]], "uint8"), "a.png")
    with pytest.raises(ValueError, match=r"a\.png must have labels a color.*\[1, 2, 3\].*JPEG"):
        Labels(palette=PALETTE).prepared(np.array([[[1, 2, 3]]], "uint8"), "a.png")
    with pytest.raises(ValueError, match=r"a\.png must hold integers.*float32"):
        Labels(3).prepared(np.zeros((2, 2, 1), "float32"), "a.png")
    with pytest.raises(ValueError, match=r"a\.png has 3 channels, and 1 channels are wanted"):
        Labels(3).prepared(noise(2, 2, 3), "a.png")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, "at least 2 classes. Received: classes=None"),
        ({"classes": 1}, "at least 2 classes"),
        ({"palette": [(0, 0, 0), (0, 0, 0)]}, "2 different colors.*1 of them different"),
        ({"classes": 3, "palette": PALETTE[:2]}, "3 different colors"),
        ({"palette": [(0, 0), (1, 1)]}, "grey values or RGB"),
        ({"palette": [0, (1, 1, 1)]}, "grey values or RGB"),
    ],
)
def test_label_maps_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Labels(**arguments)


def test_labels_are_shown_in_their_colors_or_in_different_ones():
    stored = np.array([[[0], [1], [2], [255]]], "uint8")
    format = Labels(3, ignore=255)
    shown = format.as_rgb(format.encode(format.prepared(stored, "it")))
    assert shown.shape == (1, 4, 3) and shown.dtype == np.uint8
    assert (shown[0, 3] == 0).all()
    assert len({tuple(color) for color in shown[0]}) == 4
    format = Labels(palette=PALETTE)
    colors = np.array([PALETTE], "uint8")
    np.testing.assert_array_equal(
        format.as_rgb(format.encode(format.prepared(colors, "it"))), colors
    )


# Borders


@pytest.mark.parametrize("channels", [1, 3])
def test_edges_are_where_a_neighbor_differs(channels):
    instances = noise(12, 15, 1, high=3, seed=2).repeat(2, axis=0).repeat(3, axis=1)
    expected = find_boundaries(instances[..., 0], connectivity=1, mode="thick")
    image = instances.repeat(channels, axis=-1)
    edges = Edges().encode(Edges().prepared(image, "it"))
    np.testing.assert_array_equal(edges[..., 0], np.where(expected, 1, -1))
    batch = Edges().encode(np.stack([image, image[::-1]]))
    np.testing.assert_array_equal(batch, np.stack([edges, edges[::-1]]))
    np.testing.assert_array_equal(Edges().as_rgb(edges)[..., 1], np.where(expected, 255, 0))


def test_one_instance_has_no_edges():
    assert (Edges().encode(np.full((3, 4, 1), 7)) == -1).all()
