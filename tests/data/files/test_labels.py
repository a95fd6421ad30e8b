"""Label maps become channels and come back; borders between instances."""

import itertools

import numpy as np
import pytest
from skimage.segmentation import find_boundaries

from keras_pix2pix.data import InstanceBoundaries, Labels

PALETTE = ((0, 0, 0), (255, 0, 0), (0, 128, 255))


def noise(*shape, high=256, seed=0):
    return np.random.default_rng(seed).integers(0, high, shape, dtype="uint8")


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
    assert format.palette_indices and Labels(3).palette_indices
    assert not Labels(palette=PALETTE).palette_indices


def test_labels_of_no_class_are_refused_by_name():
    with pytest.raises(
        ValueError, match=r"a\.png must have labels from 0 to 2, or 255.*2 other.*7"
    ):
        Labels(3, ignore=255).prepared(np.array([[[7], [8], [0]]], "uint8"), "a.png")
    with pytest.raises(ValueError, match=r"a\.png must have labels of the palette.*1, 2, 3.*JPEG"):
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
    greys = Labels(palette=range(1, 13))
    shown = greys.as_rgb(np.eye(12) * 2 - 1)
    assert min(np.abs(a.astype(int) - b).max() for a, b in itertools.combinations(shown, 2)) > 30


def test_values_beyond_8_bits_are_given_back():
    format = Labels(palette=(7, 300))
    stored = np.array([[[300], [7]]], "uint16")
    decoded = format.decode(format.encode(format.prepared(stored, "it")))
    assert decoded.dtype == np.uint16
    np.testing.assert_array_equal(decoded, stored)


# Borders


@pytest.mark.parametrize("channels", [1, 3])
def test_boundaries_are_where_a_neighbor_differs(channels):
    instances = noise(12, 15, 1, high=3, seed=2).repeat(2, axis=0).repeat(3, axis=1)
    expected = find_boundaries(instances[..., 0], connectivity=1, mode="thick")
    image = instances.repeat(channels, axis=-1)
    format = InstanceBoundaries()
    boundaries = format.encode(format.prepared(image, "it"))
    np.testing.assert_array_equal(boundaries[..., 0], np.where(expected, 1, -1))
    batch = format.encode(np.stack([image, image[::-1]]))
    np.testing.assert_array_equal(batch, np.stack([boundaries, boundaries[::-1]]))
    np.testing.assert_array_equal(format.as_rgb(boundaries)[..., 1], np.where(expected, 255, 0))


def test_one_instance_has_no_boundaries():
    assert (InstanceBoundaries().encode(np.full((3, 4, 1), 7)) == -1).all()
