"""Channels and value ranges of arrays."""

import numpy as np
import pytest

from keras_pix2pix.data.files.conversion import (
    TOLERANCE,
    from_model_range,
    to_model_range,
    with_channels,
)


def noise(*shape, dtype="uint8"):
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


# Channels

DTYPES = [("uint8", 255), ("uint16", 65535), ("uint32", 2**32 - 1), ("float32", 1), ("bool", True)]


def image(stored, dtype, opaque, alpha=None):
    """An image of 2 x 5 pixels: grey, equal colors, or colors; its last channel may be alpha."""
    rng = np.random.default_rng(0)
    grey = (rng.integers(0, 2, (2, 5, 1)) * opaque).astype(dtype)
    color = (rng.integers(0, 2, (2, 5, 3)) * opaque).astype(dtype)
    pixels = {"grey": grey, "equal colors": grey.repeat(3, axis=-1), "colors": color}[stored]
    if alpha is not None:
        pixels = np.concatenate([pixels, np.full((2, 5, 1), opaque, dtype)], axis=-1)
        pixels[1, 4, -1] = opaque if alpha == "opaque" else 0
    return pixels


@pytest.mark.parametrize("dtype, opaque", DTYPES)
@pytest.mark.parametrize("alpha", [None, "opaque"])
@pytest.mark.parametrize("stored", ["grey", "equal colors", "colors"])
@pytest.mark.parametrize("wanted", [1, 3])
def test_grey_and_colors_are_exchanged_where_nothing_is_lost(dtype, opaque, alpha, stored, wanted):
    array = image(stored, dtype, opaque, alpha)
    if stored == "colors" and wanted == 1:
        with pytest.raises(ValueError, match="it has 3 channels, and 1 channels are wanted"):
            with_channels(array, wanted, "it")
        return
    result = with_channels(array, wanted, "it")
    assert result.dtype == dtype
    expected = array[..., :3] if stored == "colors" else array[..., :1]
    np.testing.assert_array_equal(result, np.broadcast_to(expected, (2, 5, wanted)))


@pytest.mark.parametrize("dtype, opaque", DTYPES)
@pytest.mark.parametrize("stored", ["grey", "equal colors", "colors"])
@pytest.mark.parametrize("wanted", [1, 3])
def test_one_transparent_pixel_is_enough_to_keep_alpha(dtype, opaque, stored, wanted):
    array = image(stored, dtype, opaque, alpha="one transparent pixel")
    channels = array.shape[-1]
    ignored = f", ignore alpha with Picture({wanted}, alpha='drop')"
    if wanted != channels - 1:
        ignored = ""
    with pytest.raises(ValueError) as error:
        with_channels(array, wanted, "it")
    assert str(error.value) == (
        f"it has an alpha channel that is not opaque, and {wanted} channels are wanted. Convert "
        f"the image{ignored}, or use Picture({channels})."
    )
    assert with_channels(array, channels, "it") is array


def test_one_color_that_differs_is_enough_to_keep_three_channels():
    for channel in (1, 2):
        array = image("equal colors", "uint8", 255)
        array[1, 4, channel] ^= 1
        with pytest.raises(ValueError, match="it has 3 channels, and 1 channels are wanted"):
            with_channels(array, 1, "it")


@pytest.mark.parametrize("stored", [1, 2, 3, 4, 5])
def test_the_channels_that_are_there_are_given_as_they_are(stored):
    array = np.full((2, 3, stored), 255, "uint8")
    assert with_channels(array, stored, "it") is array


@pytest.mark.parametrize("stored, wanted", [(1, 2), (1, 4), (3, 2), (3, 4), (5, 3), (5, 4), (5, 1)])
def test_channels_are_never_invented(stored, wanted):
    with pytest.raises(ValueError) as error:
        with_channels(noise(2, 3, stored), wanted, "it")
    assert str(error.value) == (
        f"it has {stored} channels, and {wanted} channels are wanted. Convert the image, or use "
        f"Picture({stored})."
    )


# Values


def test_every_byte_survives_the_model_range():
    stored = np.arange(256, dtype="uint8")
    values = to_model_range(stored)
    assert values.dtype == np.float32
    assert values[0] == -1.0 and values[255] == 1.0
    np.testing.assert_allclose(values, np.arange(256) / 127.5 - 1, atol=1e-7)
    np.testing.assert_array_equal(from_model_range(values), stored)


def test_every_16_bit_value_stays_apart():
    values = to_model_range(np.arange(65536, dtype="uint16"))
    assert values[0] == -1.0 and values[-1] == 1.0
    assert (np.diff(values) > 0).all()


def test_wider_integers_and_bool_reach_both_ends():
    for dtype in ("uint32", "uint64"):
        ends = np.array([0, np.iinfo(dtype).max], dtype)
        np.testing.assert_array_equal(to_model_range(ends), [-1, 1])
    np.testing.assert_array_equal(to_model_range(np.array([False, True])), [-1, 1])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_in_range_pass_unchanged(dtype):
    images = np.linspace(-1, 1, 11).astype(dtype)
    values = to_model_range(images)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, images.astype("float32"))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_the_result_is_a_new_array(dtype):
    images = np.array([0, 1], dtype)
    values = to_model_range(images)
    values[:] = 0.5
    np.testing.assert_array_equal(images, [0, 1])


@pytest.mark.parametrize("sign", [-1, 1])
def test_floats_may_be_rounded_but_not_beyond_the_tolerance(sign):
    ends = np.array([0.0, sign * (1 + TOLERANCE)])
    np.testing.assert_array_equal(to_model_range(ends), ends.astype("float32"))
    beyond = np.array([0.0, sign * np.nextafter(1 + TOLERANCE, 2)])
    with pytest.raises(ValueError, match=r"^images must lie in \[-1, 1\] where they are floats"):
        to_model_range(beyond)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("value", [1.1, -1.1, 255.0, np.nan, np.inf, -np.inf])
def test_floats_out_of_range_are_refused(dtype, value):
    with pytest.raises(ValueError, match=r"these must lie in \[-1, 1\]"):
        to_model_range(np.array([0.0, value], dtype), "these")


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_no_values_at_all_are_in_range(dtype):
    assert to_model_range(np.zeros((0, 2), dtype)).shape == (0, 2)


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "complex64", "object"])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ValueError, match=f"these must be unsigned.*dtype {dtype}"):
        to_model_range(np.zeros(3, dtype), "these")


def test_from_model_range_rounds_and_clips():
    values = np.array([-1.5, -1.0, 0.0, 0.999, 1.0, 1.5], "float32")
    np.testing.assert_array_equal(from_model_range(values), [0, 0, 128, 255, 255, 255])


@pytest.mark.parametrize(
    "values, dtype",
    [([-1024, 3071], "int16"), ([0, 70_000], "int32"), ([270.5, 310], "float32")],
)
def test_values_of_another_range_are_told_where_to_name_it(values, dtype):
    with pytest.raises(ValueError, match=rf"dtype {dtype} with values from {values[0]:g} to") as e:
        to_model_range(np.array(values, dtype), "it")
    assert str(e.value).endswith("Name the range of all images: Picture(value_range=(low, high))")
    with pytest.raises(ValueError, match="nan"):
        to_model_range(np.array([np.nan, 2]), "it")
