"""Channels and value ranges of arrays."""

import numpy as np
import pytest

from keras_pix2pix.data.files.conversion import from_model_range, to_model_range, with_channels


def noise(*shape, dtype="uint8"):
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


@pytest.mark.parametrize(
    "dtype, opaque", [("uint8", 255), ("uint16", 65535), ("float32", 1.0), ("bool", True)]
)
def test_alpha_of_any_dtype_is_dropped_where_it_is_opaque(dtype, opaque):
    array = np.zeros((2, 3, 4), dtype)
    array[..., 3] = opaque
    assert with_channels(array, 3, "it").shape == (2, 3, 3)
    array[0, 0, 3] = 0
    with pytest.raises(ValueError, match="it has an alpha channel that is not opaque"):
        with_channels(array, 3, "it")


@pytest.mark.parametrize("stored, wanted", [(3, 4), (1, 4), (3, 2)])
def test_channels_are_never_invented(stored, wanted):
    with pytest.raises(ValueError, match=f"{stored} channels, and {wanted} channels are wanted"):
        with_channels(noise(2, 3, stored), wanted, "it")


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


def test_the_input_is_not_written_to():
    images = np.arange(4, dtype="uint8")
    to_model_range(images)
    np.testing.assert_array_equal(images, [0, 1, 2, 3])


@pytest.mark.parametrize("value", [1.1, -1.1, 255.0, np.nan, np.inf, -np.inf])
def test_floats_out_of_range_are_refused(value):
    with pytest.raises(ValueError, match=r"these must lie in \[-1, 1\]"):
        to_model_range(np.array([0.0, value]), "these")


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "complex64", "object"])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ValueError, match=f"these must be unsigned.*dtype {dtype}"):
        to_model_range(np.zeros(3, dtype), "these")


def test_from_model_range_rounds_and_clips():
    values = np.array([-1.5, -1.0, 0.0, 0.999, 1.0, 1.5], "float32")
    np.testing.assert_array_equal(from_model_range(values), [0, 0, 128, 255, 255, 255])
