"""Label maps become channels and come back; borders between instances."""

import dataclasses
import itertools
import json

import keras
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


@pytest.mark.parametrize("largest, dtype", [(255, "uint8"), (256, "uint16"), (65535, "uint16")])
def test_the_largest_value_decides_the_type_that_is_stored(largest, dtype):
    grey, color = Labels(palette=(0, largest)), Labels(palette=((0, 0, 0), (0, largest, 1)))
    assert grey.stored_dtype == color.stored_dtype == dtype
    decoded = grey.decode(np.array([[[-1.0, 1.0], [0.3, 0.2]]]))
    assert decoded.dtype == dtype and decoded.tolist() == [[[largest], [0]]]
    if largest < 1000:
        assert Labels(largest + 1).stored_dtype == dtype


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int64"])
def test_every_class_and_nothing_beyond_both_ends_is_taken(dtype):
    format = Labels(3)
    stored = np.array([[[0], [1], [2]]], dtype)
    prepared = format.prepared(stored, "it")
    assert prepared.dtype == "uint8" and prepared.tolist() == stored.tolist()
    for value in (3, 200) if dtype.startswith("u") else (3, 200, -1):
        with pytest.raises(ValueError, match=rf"^it must have labels from 0 to 2\. .*\[{value}\]"):
            format.prepared(np.array([[[0], [value]]], dtype), "it")


def test_black_and_white_are_two_classes():
    stored = np.array([[[True], [False]]])
    prepared = Labels(2).prepared(stored, "it")
    assert prepared.dtype == "uint8" and prepared.tolist() == [[[1], [0]]]


def test_colors_beside_those_of_the_palette_are_refused():
    for color in ((0, 0, 1), (254, 0, 0), (255, 0, 1), (255, 255, 255)):
        with pytest.raises(ValueError, match="it must have labels of the palette"):
            Labels(palette=PALETTE).prepared(np.array([[color]], "uint8"), "it")


def test_up_to_eight_different_values_are_told_in_their_order():
    image = np.array([*range(30, 20, -1), *range(21, 31)], "uint8").reshape(4, 5, 1)
    with pytest.raises(ValueError) as error:
        Labels(3, ignore=9).prepared(image, "it")
    assert str(error.value).startswith(
        "it must have labels from 0 to 2, or 9 for no class. Received: 20 other pixels of 10 "
        "values, such as [[21], [22], [23], [24], [25], [26], [27], [28]]. If they are classes, "
        "use Labels(31). If"
    )


def test_a_palette_may_be_any_sequence_and_is_kept_as_tuples():
    expected = ((0, 0, 0), (255, 0, 0), (0, 128, 255))
    for palette in (list(map(list, expected)), np.array(expected), expected):
        assert Labels(palette=palette).palette == expected
    assert (
        Labels(palette=range(3)).palette == Labels(palette=[0, 1, 2]).palette == ((0,), (1,), (2,))
    )


def test_labels_of_no_class_are_refused_by_name():
    with pytest.raises(
        ValueError, match=r"a\.png must have labels from 0 to 2, or 255.*2 other.*7"
    ):
        Labels(3, ignore=255).prepared(np.array([[[7], [8], [0]]], "uint8"), "a.png")
    with pytest.raises(ValueError, match=r"a\.png must have labels of the palette.*1, 2, 3.*JPEG"):
        Labels(palette=PALETTE).prepared(np.array([[[1, 2, 3]]], "uint8"), "a.png")
    with pytest.raises(ValueError, match=r"a\.png must hold integers.*float32"):
        Labels(3).prepared(np.zeros((2, 2, 1), "float32"), "a.png")
    with pytest.raises(ValueError, match=r"a\.png is a label map in colors.*find_palette"):
        Labels(3).prepared(noise(2, 2, 3), "a.png")
    with pytest.raises(ValueError, match=r"a\.png has 2 channels|a\.png has an alpha"):
        Labels(3).prepared(noise(2, 2, 2), "a.png")


@pytest.mark.parametrize(
    "classes, values, advice",
    [
        (2, [0, 255], "use Labels(palette=[0, 255])"),
        (3, [0, 128, 255], "use Labels(palette=[0, 128, 255])"),
        (3, [0, 1, 255], "use Labels(3, ignore=255)"),
        (21, [0, 15, 255], "use Labels(21, ignore=255)"),
        (4, [0, 1, 2, 3, 6], "use Labels(7)"),
        (4, [0, 1, 2, 6, 255], "use Labels(7, ignore=255)"),
    ],
)
def test_what_to_do_about_values_that_are_no_class(classes, values, advice):
    image = np.array(values, "uint8").reshape(1, -1, 1)
    with pytest.raises(ValueError) as error:
        Labels(classes).prepared(image, "it")
    assert advice in str(error.value)
    # What is advised works.
    eval(advice.removeprefix("use "), {"Labels": Labels}).prepared(image, "it")


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
    np.testing.assert_array_equal(
        format.as_rgb(format.encode(np.array([[[2]]])).tolist()), [[PALETTE[2]]]
    )
    greys = Labels(palette=range(1, 13))
    shown = greys.as_rgb(np.eye(12) * 2 - 1)
    assert min(np.abs(a.astype(int) - b).max() for a, b in itertools.combinations(shown, 2)) > 30


@pytest.mark.parametrize("greys", [(0, 16, 255), (255, 0, 239), (100, 116)])
def test_grey_values_that_differ_enough_are_shown_as_they_are(greys):
    format = Labels(palette=greys)
    shown = format.as_rgb(np.eye(len(greys)) * 2 - 1)
    assert shown.tolist() == [[grey] * 3 for grey in greys]


@pytest.mark.parametrize("greys", [(0, 15, 255), (255, 0, 240), (0, 256), (40, 300, 80)])
def test_grey_values_that_look_alike_or_are_too_bright_are_shown_in_colors(greys):
    shown = Labels(palette=greys).as_rgb(np.eye(len(greys)) * 2 - 1)
    assert shown.shape == (len(greys), 3) and shown.dtype == "uint8"
    # They are colors, not grey.
    assert (shown.max(axis=-1) - shown.min(axis=-1) > 50).all()


def test_a_pixel_is_of_no_class_only_if_all_channels_are_at_the_end():
    format = Labels(palette=PALETTE)
    pixels = np.array([[-1, -1, -1], [-1, -0.999, -1], [-1, 1, -1]])
    assert format.as_rgb(pixels).tolist() == [[0, 0, 0], list(PALETTE[1]), list(PALETTE[1])]


def test_values_beyond_8_bits_are_given_back():
    format = Labels(palette=(7, 300))
    stored = np.array([[[300], [7]]], "uint16")
    decoded = format.decode(format.encode(format.prepared(stored, "it")))
    assert decoded.dtype == np.uint16
    np.testing.assert_array_equal(decoded, stored)


# Boundaries


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
    shown = np.where(expected, 255, 0)[..., None].repeat(3, axis=-1)
    np.testing.assert_array_equal(format.as_rgb(boundaries), shown)
    np.testing.assert_array_equal(format.as_rgb(boundaries.tolist()), shown)
    assert boundaries.dtype == "float32" and boundaries.shape[-1] == format.channels


def test_one_instance_has_no_boundaries():
    assert (InstanceBoundaries().encode(np.full((3, 4, 1), 7)) == -1).all()


# How they are saved


@pytest.mark.parametrize(
    "format, text",
    [
        (Labels(3, ignore=0), "Labels(classes=3, ignore=0)"),
        (Labels(palette=(1, 2)), "Labels(classes=2, palette=((1,), (2,)))"),
        (InstanceBoundaries(), "InstanceBoundaries()"),
    ],
)
def test_a_format_is_printed_with_what_was_set_and_comes_back_from_json(format, text):
    assert repr(format) == text
    saved = json.loads(json.dumps(keras.saving.serialize_keras_object(format)))
    assert saved["registered_name"] == f"keras_pix2pix>{type(format).__name__}"
    loaded = keras.saving.deserialize_keras_object(saved)
    assert type(loaded) is type(format)
    assert loaded == format and hash(loaded) == hash(format)


def test_boundaries_that_were_saved_as_edges_are_loaded():
    saved = {
        "module": "keras_pix2pix.data.labels",
        "class_name": "Edges",
        "config": {},
        "registered_name": "keras_pix2pix>Edges",
    }
    assert keras.saving.deserialize_keras_object(saved) == InstanceBoundaries()


@pytest.mark.parametrize("format", [Labels(2), InstanceBoundaries()])
def test_a_format_cannot_be_changed(format):
    with pytest.raises(dataclasses.FrozenInstanceError):
        format.classes = 3
