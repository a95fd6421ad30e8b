"""What stored values mean, on the way to the model's range and back."""

import dataclasses
import json

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_pix2pix.data import InstanceBoundaries, Labels, Picture
from keras_pix2pix.data.files.conversion import TOLERANCE


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


def test_a_picture_is_registered_under_the_name_of_the_package():
    saved = keras.saving.serialize_keras_object(Picture())
    assert saved["registered_name"] == "keras_pix2pix>Picture"


def test_a_format_is_printed_with_what_was_set():
    assert repr(Picture()) == "Picture(interpolation='auto')"
    text = "Picture(channels=1, value_range=(0, 9), interpolation='nearest', dtype='uint8')"
    assert repr(Picture(1, (0, 9), "nearest", dtype="uint8")) == text


@pytest.mark.parametrize(
    "format, palette_indices, nearest, fill",
    [
        (Picture(), False, False, 0),
        (Picture(interpolation="nearest"), False, True, 0),
        (Picture(interpolation="bicubic"), False, False, 0),
        (Labels(3), True, True, 3),
        (Labels(palette=PALETTE), False, True, 3),
        (InstanceBoundaries(), True, True, 0),
    ],
    ids=repr,
)
def test_how_images_of_a_format_are_read_resized_and_bordered(
    format, palette_indices, nearest, fill
):
    assert (format.palette_indices, format.nearest) == (palette_indices, nearest)
    assert format.fill(np.dtype("uint8")) == fill


@pytest.mark.parametrize(
    "value_range, dtype, fill",
    [
        (None, "uint16", 0),
        (None, "bool", 0),
        (None, "float32", -1),
        ((200, 320), "uint16", 200),
        ((200.5, 320), "uint16", 201),
        ((200.5, 320), "float32", 200.5),
        ((-1024, 3071), "int16", -1024),
        ((-1024, 3071), "uint16", 0),
    ],
)
def test_pictures_are_filled_with_the_lowest_value_that_they_can_hold(value_range, dtype, fill):
    assert Picture(value_range=value_range).fill(np.dtype(dtype)) == fill


def test_a_picture_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Picture().channels = 3


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


@pytest.mark.parametrize(
    "dtype, value_range, stored",
    [
        (None, None, [0, 128, 255]),
        ("uint8", None, [0, 128, 255]),
        ("uint8", (10, 20), [10, 15, 20]),
        ("uint16", None, [0, 32768, 65535]),
        ("uint16", (0, 4095), [0, 2048, 4095]),
        ("int16", (-1000, 3000), [-1000, 1000, 3000]),
        ("int32", (-5, 5), [-5, 0, 5]),
        ("float32", None, [-1, 0, 1]),
        ("float32", (0, 1), [0, 0.5, 1]),
        ("float64", (-300, 500), [-300, 100, 500]),
    ],
)
def test_what_a_network_says_at_and_beyond_both_ends_is_in_range(dtype, value_range, stored):
    pixels = np.array([-1.0, 0.0, 1.0]).reshape(1, 3, 1)
    format = Picture(value_range=value_range, dtype=dtype)
    for factor in (1, 1.5, 100):
        decoded = format.decode(pixels * factor)
        assert decoded.dtype == (dtype or "uint8")
        assert decoded.ravel().tolist() == stored


@pytest.mark.parametrize(
    "dtype, values",
    [
        ("uint16", (5, 4096)),
        ("int16", (5, 4096)),
        ("int64", (-1, 5)),
        ("float32", (5, 4098)),
        ("float64", (-3, 5)),
    ],
)
def test_values_outside_the_range_are_refused_with_the_image_s_name(dtype, values):
    format = Picture(value_range=(0, 4095))
    outside = np.array(values, dtype).reshape(1, 2, 1)
    with pytest.raises(ValueError) as error:
        format.prepared(outside, "a.npy")
    assert str(error.value) == (
        "a.npy must have values from 0 to 4095, as value_range says. Received: values from "
        f"{values[0]} to {values[1]}"
    )
    # Resizing may have exceeded the range of what was prepared.
    assert np.abs(format.encode(outside)).max() == 1
    # The ends themselves are in range.
    ends = np.array([[[0], [4095]]]).astype(dtype)
    assert format.prepared(ends, "a.npy") is ends
    assert format.encode(ends).ravel().tolist() == [-1, 1]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_outside_every_range(value):
    image = np.array([[[0.0], [value]]])
    for format in (Picture(value_range=(0, 4095)), Picture()):
        with pytest.raises(ValueError, match=r"^a\.npy must"):
            format.prepared(image, "a.npy")


@pytest.mark.parametrize("end, beyond", [(1, 2), (-1, -2)])
def test_floats_may_be_rounded_at_the_ends_of_their_range_and_integers_not(end, beyond):
    format = Picture(value_range=(-10, 10))
    rounded = np.array([[[10.0 * end * (1 + 0.9 * TOLERANCE)]]])
    assert format.encode(format.prepared(rounded, "it")).ravel().tolist() == [end]
    with pytest.raises(ValueError, match=r"^it must have values from -10 to 10"):
        format.prepared(np.array([[[10.0 * end * (1 + 1.1 * TOLERANCE)]]]), "it")
    wide = Picture(value_range=(-10_000, 10_000))
    with pytest.raises(ValueError, match=r"^it must have values from"):
        wide.prepared(np.array([[[10_001 * end]]]), "it")
    rounded = wide.prepared(np.array([[[10_001.0 * end]]]), "it")
    assert wide.encode(rounded).ravel().tolist() == [end]


def test_floats_without_a_range_are_checked_before_resizing_could_hide_them():
    with pytest.raises(ValueError, match=r"^a\.npy must lie in \[-1, 1\]"):
        Picture().prepared(np.array([[[0.0], [1.5]]]), "a.npy")
    images = np.array([[[0.0], [1.0]]])
    assert Picture().prepared(images, "a.npy") is images
    with pytest.raises(ValueError, match=r"^images must lie in"):
        Picture().encode(np.array([2.0]))


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
    half = np.array([[[200, 100, 0, 51]]], "uint8")
    # A fifth of the color and four fifths of the background, rounded to the nearest.
    assert Picture(alpha=(1, 2, 3)).prepared(half, "it").ravel().tolist() == [41, 22, 2]
    assert Picture(alpha=0).prepared(half, "it").ravel().tolist() == [40, 20, 0]
    floats = half / 255
    laid = Picture(alpha=1).prepared(floats, "it")
    np.testing.assert_allclose(laid, floats[..., :3] / 5 + 0.8)


@pytest.mark.parametrize("dtype", ["int16", "bool"])
def test_alpha_of_other_types_is_kept_or_dropped_and_not_laid_on_a_color(dtype):
    image = np.ones((1, 1, 4), dtype)
    format = {"value_range": (-5, 5)}
    with pytest.raises(ValueError, match=f"it has an alpha channel of dtype {dtype}; drop or keep"):
        Picture(alpha=0, **format).prepared(image, "it")
    if dtype == "int16":
        assert Picture(alpha="drop", **format).prepared(image, "it").shape == (1, 1, 3)
        assert Picture(alpha="keep", **format).prepared(image, "it").shape == (1, 1, 4)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {"interpolation": "bilinear"},
            "must be one of 'auto', 'nearest', 'bicubic'",
        ),
        *[
            ({"value_range": values}, r"must be \(low, high\), two numbers.*Received: ")
            for values in (
                *((1, 1), (0, 1, 2), (2, 1), 3, "ab", ("1", "2"), (0, np.inf), (np.nan, 1)),
                *(("99%", "1%"), ("1%", 99), ("a%", "99%"), ("1%", "101%"), ("1%",)),
            )
        ],
        ({"alpha": "white"}, "alpha must be 'keep', 'drop', a color or None. Received: 'white'"),
    ],
)
def test_unknown_settings_of_a_picture_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Picture(**arguments)


@pytest.mark.parametrize(
    "channels, shown",
    [(1, [0, 0, 0]), (2, [0, 0, 0]), (3, [0, 1, 2]), (4, [0, 1, 2]), (5, [0, 1, 2])],
)
def test_pictures_are_shown_grey_or_in_their_first_colors(channels, shown):
    pixels = Picture().encode(noise(5, 4, 6, channels))
    colors = noise(5, 4, 6, channels)[..., shown]
    np.testing.assert_array_equal(Picture().as_rgb(pixels), colors)
    np.testing.assert_array_equal(Picture().as_rgb(pixels.tolist()), colors)


def test_percentiles_are_those_of_each_image():
    format = Picture(1, value_range=("10%", "90%"))
    image = np.arange(101, dtype="uint16").reshape(1, 101, 1)
    for factor in (1, 40):
        prepared = format.prepared(factor * image, "it")
        assert prepared.dtype == "float32"
        np.testing.assert_allclose(
            prepared[0, [0, 10, 50, 90, 100], 0], [-1, -1, 0, 1, 1], atol=1e-6
        )
        np.testing.assert_array_equal(format.encode(prepared), prepared)
    assert format.fill(prepared.dtype) == -1
    decoded = format.decode(np.array([[[-0.5]]]))
    assert decoded.dtype == "float32" and decoded.tolist() == [[[-0.5]]]
    assert format.limits is None
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(format))
    assert again == format


@keras.saving.register_keras_serializable("tests")
def around_the_median(image):
    middle = float(np.median(image))
    return middle - 10, middle + 10


def test_a_range_given_by_a_function_is_saved_by_its_name():
    format = Picture(1, value_range=around_the_median)
    image = np.array([0, 95, 100, 105, 200], "int16").reshape(1, 5, 1)
    prepared = format.prepared(image, "it")
    np.testing.assert_allclose(prepared.ravel(), [-1, -0.5, 0, 0.5, 1], atol=1e-6)
    np.testing.assert_array_equal(format.encode(prepared), prepared)
    assert format.decode(prepared).dtype == "float32" and format.limits is None
    config = keras.saving.serialize_keras_object(format)
    assert json.loads(json.dumps(config))["config"]["value_range"] == {
        "function": "tests>around_the_median"
    }
    assert keras.saving.deserialize_keras_object(config) == format


def test_a_function_that_is_not_registered_is_refused_at_once_and_when_loaded(monkeypatch):
    with pytest.raises(ValueError, match=r"register_keras_serializable\(\) above it.*lambda"):
        Picture(value_range=lambda image: (0, 1))
    config = keras.saving.serialize_keras_object(Picture(value_range=around_the_median))
    monkeypatch.delitem(keras.saving.get_custom_objects(), "tests>around_the_median")
    with pytest.raises(ValueError, match=r"'tests>around_the_median', which is not registered"):
        keras.saving.deserialize_keras_object(config)


@keras.saving.register_keras_serializable("tests")
def first_two(image):
    return tuple(image.ravel()[:2])


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ([3, 1, 2], r"value_range of a\.npy must be.*first_two returned"),
        ([3], r"value_range of a\.npy must be"),
        ([0, np.inf], "must be finite"),
    ],
)
def test_what_a_function_must_return(image, words):
    with pytest.raises(ValueError, match=words):
        Picture(value_range=first_two).prepared(np.array(image, "float32")[None, :, None], "a.npy")
    # An image of one value has no range.
    flat = Picture(value_range=first_two).prepared(np.full((1, 3, 1), 7, "int16"), "a.npy")
    assert flat.ravel().tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    "values, expected", [([5, 5, 5], [-1, -1, -1]), ([0] * 9 + [7], [-1] * 9 + [1])]
)
def test_where_percentiles_are_equal_the_ends_are_taken(values, expected):
    format = Picture(value_range=("20%", "80%"))
    prepared = format.prepared(np.array(values, "int16")[None, :, None], "it")
    assert prepared.ravel().tolist() == expected
    with pytest.raises(ValueError, match=r"a\.npy must be finite"):
        format.prepared(np.array([[[np.nan]]]), "a.npy")


HOLES = {
    "integers": (-9999, "int16", (-10, 30)),
    "floats": (float("nan"), "float32", (-10.0, 30.0)),
    "the lowest float": (float(np.finfo("float32").min), "float32", (-10, 30)),
    "inside of the range": (0, "uint8", (0, 255)),
    "percentiles": (-9999, "int32", ("10%", "90%")),
}


@pytest.mark.parametrize("case", HOLES)
def test_pixels_without_data_get_the_low_end_and_do_not_count(case):
    nodata, dtype, value_range = HOLES[case]
    format = Picture(1, value_range=value_range, nodata=nodata)
    image = np.arange(1, 26).reshape(5, 5, 1).astype(dtype)
    whole = dataclasses.replace(format, nodata=None)
    known = whole.encode(whole.prepared(image[1:], "image"), "image")
    image[0] = nodata
    prepared = format.prepared(image, "image")
    encoded = format.encode(prepared, "image")
    assert encoded.dtype == "float32"
    assert (encoded[0] == -1).all()
    np.testing.assert_array_equal(encoded[1:], known)
    counted = format.counted(prepared)
    assert counted.shape == (5, 5, 1) and not counted[0].any() and counted[1:].all()
    assert whole.counted(image) is None
    nothing = format.prepared(np.full_like(image, nodata), "image")
    assert (format.encode(nothing) == -1).all() and not format.counted(nothing).any()


def test_a_pixel_without_data_in_one_channel_does_not_count():
    format = Picture(3, value_range=(0, 9), nodata=np.nan)
    image = np.full((2, 2, 3), 4.0)
    image[0, 1, 2] = np.nan
    np.testing.assert_array_equal(
        format.counted(format.prepared(image, "image"))[..., 0], [[True, False], [True, True]]
    )


def test_other_values_than_nodata_are_checked():
    format = Picture(1, value_range=(0, 9), nodata=-1)
    for value in (10.0, -2.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="image must have values from 0 to 9"):
            format.prepared(np.array([[[-1.0], [value]]]), "image")
    format = Picture(1, value_range=("1%", "99%"), nodata=-1)
    with pytest.raises(ValueError, match="image must be finite"):
        format.prepared(np.array([[[-1.0], [np.nan]]]), "image")


def test_nodata_needs_a_range():
    with pytest.raises(ValueError, match=r"nodata needs value_range.*nodata=-9999"):
        Picture(1, nodata=-9999)


@pytest.mark.parametrize("nodata", [-9999, float("nan")])
def test_nodata_comes_back_from_a_file(nodata):
    format = Picture(1, value_range=(0, 9), nodata=nodata)
    text = json.dumps(keras.saving.serialize_keras_object(format))
    assert keras.saving.deserialize_keras_object(json.loads(text)) == format
