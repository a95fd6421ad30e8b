"""Edge drawings, against scikit-image called by hand."""

import numpy as np
import pytest
import skimage.color
import skimage.feature
import skimage.morphology
import skimage.segmentation

from keras_pix2pix.data import EdgeDrawing, Picture
from keras_pix2pix.data.conditions.edges import without_short


def test_canny_is_that_of_scikit_image(photo, computed):
    gray = skimage.color.rgb2gray(photo.astype("float32") / 255)
    lines = skimage.feature.canny(gray, 1.5, 0.05, 0.2)
    lines = skimage.morphology.remove_small_objects(lines, max_size=9, connectivity=2)
    drawing = computed(EdgeDrawing(smoothing=1.5, thresholds=(0.05, 0.2), shortest=10), photo)
    assert drawing.shape == (64, 96, 1) and drawing.dtype == "uint8"
    assert 50 < lines.sum() < 2000
    np.testing.assert_array_equal(drawing[..., 0], np.where(lines, 0, 255))


def test_the_default_draws_outlines_and_no_texture(rng, computed):
    # A gray disk on white, with noise as grass has it.
    y, x = np.mgrid[:96, :96]
    disk = np.hypot(y - 48, x - 48) < 30
    image = np.where(disk, 120, 230)[..., None] + rng.normal(0, 12, (96, 96, 3))
    lines = computed(EdgeDrawing(), image.clip(0, 255).astype("uint8"))[..., 0] == 0
    distance = np.abs(np.hypot(y - 48, x - 48) - 30)
    assert distance[lines].max() < 3
    assert lines.sum() > 2 * np.pi * 30 * 0.8


@pytest.mark.parametrize(("width", "inked"), [(1, 1), (2, 2), (3, 3), (5, 5), (8, 8)])
def test_lines_are_as_wide_as_asked_for(width, inked, computed):
    image = np.zeros((40, 64, 3), "uint8")
    image[:, 32], image[:, 33:] = 128, 255
    drawing = computed(EdgeDrawing(line_width=width), image)
    assert (drawing[20] == 0).sum() == inked


def test_short_lines_are_removed():
    lines = np.zeros((8, 8), bool)
    lines[0, :3] = True
    np.fill_diagonal(lines[3:, 3:], True)
    kept = without_short(lines, 4)
    assert not kept[0].any() and kept[3:, 3:].sum() == 5
    np.testing.assert_array_equal(without_short(lines, 0), lines)


def test_contours_are_the_borders_between_colors(computed):
    mask = np.zeros((6, 6, 3), "uint8")
    mask[2:4, 2:4] = (0, 0, 255)
    drawing = computed(EdgeDrawing("contours"), mask)[..., 0]
    numbers = (mask[..., 2] > 0).astype(int)
    expected = skimage.segmentation.find_boundaries(numbers, mode="inner")
    assert expected.sum() == 4
    np.testing.assert_array_equal(drawing == 0, expected)


def test_contours_of_floats_are_refused(computed):
    image = np.zeros((6, 6, 1), "float32")
    with pytest.raises(ValueError, match="between colors of integers"):
        computed(EdgeDrawing("contours"), image, Picture(1, dtype="float32"))


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_pictures_of_any_channels_have_edges(channels, computed):
    image = np.zeros((32, 32, channels), "uint8")
    image[:, 16:] = 255
    picture = Picture(channels, dtype="uint8")
    assert (computed(EdgeDrawing(), image, picture) == 0).any()


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "sobel"},
        {"line_width": 0},
        {"line_width": 1.5},
        {"smoothing": -1},
        {"thresholds": 0.5},
        {"thresholds": (0.5, 0.1)},
        {"shortest": -1},
    ],
    ids=str,
)
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ValueError, match=f"^{next(iter(settings))} must be"):
        EdgeDrawing(**settings)
