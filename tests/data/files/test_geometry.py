"""Resizing, framing, mirroring and turning."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from keras_pix2pix.data.files.conversion import to_model_range
from keras_pix2pix.data.files.geometry import (
    as_size,
    crop_and_resize,
    match_proportions,
    mirror,
    rotate_and_zoom,
)

DTYPES = ["uint8", "uint16", "int16", "float32", "float64"]
sides = st.integers(1, 50)


@pytest.mark.parametrize(
    ("size", "expected"),
    [(8, (8, 8)), ((8, 4), (8, 4)), ([8, 4], (8, 4)), (np.array([1, 2]), (1, 2)), (1, (1, 1))],
)
def test_a_size_is_one_side_of_a_square_or_height_and_width(size, expected):
    assert as_size(size) == expected


@pytest.mark.parametrize(
    "size", [0, -1, (8, 0), (8, 8, 3), (8,), (), "64x64", "64", None, (8, "8"), True]
)
def test_a_size_without_pixels_or_of_other_sides_is_refused(size):
    with pytest.raises(ValueError, match=r"\(height, width\), of at least 1 pixel\. Received: "):
        as_size(size)


def noise(*shape, dtype="uint8"):
    return (np.random.default_rng(0).uniform(0, 250, shape)).astype(dtype)


def gentle(height, width, channels=3):
    """A picture that has nothing finer than eight pixels."""
    coarse = np.random.default_rng(1).uniform(0, 255, (height // 8 + 1, width // 8 + 1, channels))
    zoomed = ndimage.zoom(coarse, (8, 8, 1), order=3, mode="nearest")[:height, :width]
    return np.clip(zoomed, 0, 255).astype("uint8")


def whole(image):
    return (0, 0, image.shape[1], image.shape[0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_dtype_is_kept_and_its_range_not_left(dtype, channels):
    image = noise(20, 30, channels, dtype=dtype)
    image[:10] = image.min()
    for how in (True, False):
        result = crop_and_resize(image, (33, 17), whole(image), nearest=how)
        assert result.shape == (33, 17, channels) and result.dtype == dtype
        if dtype != "uint8":
            assert image.min() <= result.min() and result.max() <= image.max()


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
def test_deep_integers_follow_bytes(dtype):
    image = gentle(40, 60)
    deep = image.astype(dtype) * 100
    expected = crop_and_resize(image, (25, 31), whole(image), False)
    found = crop_and_resize(deep, (25, 31), whole(image), False)
    assert np.abs(found / 100 - expected).max() <= 1.5
    # Finer than bytes can say.
    assert (found % 100).any()


@pytest.mark.parametrize("nearest", [True, False])
def test_a_box_of_whole_pixels_is_a_view(nearest):
    image = noise(12, 16, 3)
    cut = crop_and_resize(image, (5, 7), (3 + 1e-9, 2, 10, 7 - 1e-9), nearest)
    assert cut.base is image
    np.testing.assert_array_equal(cut, image[2:7, 3:10])


@settings(deadline=None)
@given(sides, sides, sides, sides)
def test_a_frame_has_the_proportions_wanted(height, width, wanted_height, wanted_width):
    image = np.arange(1, height * width + 1).reshape(height, width, 1)
    size = (wanted_height, wanted_width)
    assert match_proportions(image, size, "fit", 0) is image
    cropped, padded = (match_proportions(image, size, how, 0) for how in ("crop", "pad"))
    for frame in (cropped, padded):
        # To within half a pixel of either side.
        found = frame.shape[0] * size[1] - frame.shape[1] * size[0]
        assert abs(found) <= max(size) or 1 in frame.shape
    assert cropped.shape[0] == height or cropped.shape[1] == width
    assert np.isin(cropped, image).all() and len(np.unique(cropped)) == cropped.size
    np.testing.assert_array_equal(np.sort(padded[padded > 0]), image.ravel())
    middle = [(full - part) // 2 for full, part in zip(image.shape, cropped.shape)]
    assert cropped[0, 0, 0] == image[middle[0], middle[1], 0]


def test_a_border_has_the_value_wanted_on_both_sides():
    padded = match_proportions(np.ones((2, 4, 1)), (8, 8), "pad", 7)
    assert padded[..., 0].tolist() == [[7] * 4, [1] * 4, [1] * 4, [7] * 4]
    assert match_proportions(np.ones((4, 1, 1)), (4, 4), "pad", 7)[0, :, 0].tolist() == [7, 1, 7, 7]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_mirror_is_a_copy_backwards(dtype, channels):
    image = noise(5, 7, channels, dtype=dtype)
    result = mirror(image[:, 1:])
    np.testing.assert_array_equal(result, image[:, :0:-1])
    assert result.flags.c_contiguous and result.base is None


@pytest.mark.parametrize("nearest", [True, False])
@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_quarter_turns_are_exact(nearest, channels, quarters):
    image = noise(16, 16, channels)
    result = rotate_and_zoom(image, (16, 16), whole(image), 90.0 * quarters, 1.0, nearest)
    assert result.dtype == np.uint8
    # Pillow rounds down where the angle is not quite a quarter.
    difference = np.abs(result.astype(int) - np.rot90(image, quarters))
    assert difference.max() <= (0 if nearest else 1)


@pytest.mark.parametrize("nearest", [True, False])
def test_turning_and_zooming_is_scipy_s(nearest):
    image = gentle(64, 80)
    angle, zoom, box = 20.0, 1.3, (10, 4, 58, 52)
    result = rotate_and_zoom(image, (48, 48), box, angle, zoom, nearest)
    radians = np.radians(angle)
    # Rows and columns, counterclockwise, about the middle of the box.
    matrix = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
    matrix /= zoom
    middle = np.array([27.5, 33.5])
    offset = middle - matrix @ np.array([23.5, 23.5])
    for channel in range(3):
        expected = ndimage.affine_transform(
            image[..., channel].astype(float),
            matrix,
            offset,
            (48, 48),
            order=0 if nearest else 3,
            mode="reflect",
        )
        difference = np.abs(result[..., channel] - expected)
        assert np.percentile(difference, 99) <= 5 and difference.mean() < 1.5


def test_both_ways_of_turning_stay_aligned():
    image = gentle(60, 70)
    pair = [
        rotate_and_zoom(image, (40, 50), (9, 8, 59, 48), -33.0, 0.9, nearest)
        for nearest in (True, False)
    ]
    near, smooth = (image.astype(int) for image in pair)
    # Half a pixel to any side would be a larger difference than rounding to pixels makes.
    between = [np.abs(near[:-1, :-1] - smooth[:-1, :-1]).mean()]
    for shifted in (smooth[1:, :-1], smooth[:-1, 1:]):
        between.append(np.abs(near[:-1, :-1] - shifted).mean())
    assert between[0] < 0.6 * min(between[1:])


@pytest.mark.parametrize("nearest", [True, False])
def test_what_lies_outside_is_mirrored(nearest):
    image = np.tile(np.arange(8, dtype="uint8")[None, :, None] * 10, (8, 1, 1))
    result = rotate_and_zoom(image, (8, 8), (0, 0, 8, 8), 0.0, 0.5, nearest)[4, :, 0]
    inside = result[2:6]
    assert (np.diff(inside.astype(int)) > 0).all()
    assert abs(int(result[1]) - int(result[2])) <= 10 and result[0] > result[1]
    image[:] = 7
    assert (rotate_and_zoom(image, (30, 30), (0, 0, 8, 8), 45.0, 0.1, nearest) == 7).all()


@settings(deadline=None, max_examples=30)
@given(sides, sides, st.floats(-180, 180), st.floats(0.2, 5), st.booleans())
def test_any_turn_has_its_size_and_the_image_s_values(height, width, angle, zoom, nearest):
    image = noise(20, 30, 1)
    result = rotate_and_zoom(image, (height, width), (4, 5, 20, 15), angle, zoom, nearest)
    assert result.shape == (height, width, 1)
    assert np.isin(result, image).all() or not nearest


def test_bicubic_is_pillow_s_for_a_frame():
    image = gentle(30, 40)
    expected = Image.fromarray(image).resize((21, 17), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(crop_and_resize(image, (17, 21), whole(image), False), expected)


def random_bytes(*shape, dtype="uint8"):
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def enlarged(height, width, channels):
    coarse = Image.fromarray(random_bytes(height // 4, width // 4, channels).squeeze())
    return np.atleast_3d(np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)))


def test_bicubic_is_pillow_s():
    array = enlarged(40, 60, 3)
    expected = Image.fromarray(array).resize((31, 23), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(crop_and_resize(array, (23, 31), (0, 0, 60, 40), False), expected)


def test_a_box_of_whole_pixels_is_cut_exactly():
    for array in (
        random_bytes(9, 12, 3),
        random_bytes(9, 12, 4),
        random_bytes(9, 12, 1) / np.float32(255),
    ):
        for nearest in (True, False):
            cut = crop_and_resize(array, (4, 7), (2, 3, 9, 7), nearest)
            assert cut.dtype == array.dtype
            np.testing.assert_allclose(cut, array[3:7, 2:9], atol=1e-6)


def test_bicubic_of_floats_follows_that_of_bytes_and_stays_in_their_range():
    array = enlarged(40, 60, 3)
    box = (3.4, 2.1, 51.3, 36.6)
    floats = crop_and_resize(to_model_range(array), (64, 64), box, False)
    assert floats.dtype == np.float32
    assert np.abs(floats).max() <= 1
    expected = to_model_range(crop_and_resize(array, (64, 64), box, False))
    np.testing.assert_allclose(floats, expected, atol=2 * 2 / 255)


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_channels_are_resized_independently(channels):
    array = np.concatenate([enlarged(24, 24, 1)] * channels, axis=-1)
    array[..., -1] = 0
    result = crop_and_resize(array, (33, 17), (1.5, 0, 22, 24), False)
    alone = crop_and_resize(array[..., :1], (33, 17), (1.5, 0, 22, 24), False)
    assert result.shape == (33, 17, channels) and result.dtype == np.uint8
    np.testing.assert_array_equal(result[..., :-1], np.repeat(alone, channels - 1, axis=-1))
    assert not result[..., -1].any()


@settings(deadline=None)
@given(sides, sides, sides, sides, st.sampled_from(["uint8", "uint16", "uint32", "float32"]))
def test_nearest_keeps_values(height, width, new_height, new_width, dtype):
    array = (np.arange(height * width).reshape(height, width, 1) * 1001).astype(dtype)
    box = (0.3 * width, 0.2 * height, width, 0.9 * height)
    result = crop_and_resize(array, (new_height, new_width), box, True)
    assert result.shape == (new_height, new_width, 1)
    assert result.dtype == array.dtype
    assert np.isin(result, array).all()


@settings(deadline=None)
@given(sides, sides, st.integers(1, 40))
def test_nearest_takes_the_pixel_below_the_center(height, new_height, below):
    rows = np.arange(height, dtype="uint8")[:, None, None]
    top, bottom = 0.0, height * below / 40
    result = crop_and_resize(rows, (new_height, 1), (0, top, 1, bottom), True).ravel().astype(float)
    centers = top + (np.arange(new_height) + 0.5) * (bottom - top) / new_height
    assert (np.abs(result + 0.5 - centers) <= 0.5 + 1e-9).all()


@pytest.mark.parametrize("size", [(8, 8), (24, 20)])
def test_what_is_resized_from_nan_is_nan_and_nothing_else(size):
    image = np.linspace(0, 1, 256, dtype="float32").reshape(16, 16, 1)
    whole = crop_and_resize(image, size, (0, 0, 16, 16), nearest=False)
    image[:4, :4] = np.nan
    resized = crop_and_resize(image, size, (0, 0, 16, 16), nearest=False)
    hole = np.isnan(resized[..., 0])
    rows, columns = size[0] // 2 + 2, size[1] // 2 + 2
    assert hole[: size[0] // 4, : size[1] // 4].all()
    assert not hole[rows:].any() and not hole[:, columns:].any()
    np.testing.assert_allclose(resized[~hole], whole[~hole], atol=1e-6)
