"""Facts about one image, for the audit of a set."""

import io

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data.files.image_facts import ImageFacts, image_facts


def noise(*shape, high=256, dtype="uint8"):
    return np.random.default_rng(0).integers(0, high, shape).astype(dtype)


def label_map(values):
    """A map of squares of these values."""
    index = np.random.default_rng(0).integers(0, len(values), (6, 8)).repeat(8, 0).repeat(8, 1)
    return np.array(values, "uint8")[index][..., None]


def as_jpeg(image):
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0]).save(buffer, "JPEG", quality=60)
    return np.asarray(Image.open(buffer))[..., None]


def test_the_facts_of_an_image():
    image = np.array([[[1, 2]], [[3, 0]], [[1, 2]]], "uint16")
    facts = image_facts(image)
    expected = ImageFacts((3, 1), 2, "uint16", 0.0, 3.0, 3.0, False, False, True, False, False, b"")
    assert facts[:-1] == expected[:-1]
    assert type(facts.low) is type(facts.high) is type(facts.high_below_full) is float


@pytest.mark.parametrize(
    "values, no_class, plain",
    [([5, 5], None, True), ([5, 6], None, False), ([5, 6], 6, True), ([6, 6], 6, True)],
)
def test_an_image_of_one_value_is_plain_whatever_has_no_class(values, no_class, plain):
    assert image_facts(np.array(values, "uint8").reshape(1, 2, 1), no_class).plain is plain


def test_the_largest_value_of_all_may_hide_that_the_others_are_small():
    assert image_facts(label_map([0, 1, 6, 255])).high_below_full == 6
    assert image_facts(label_map([255])).high_below_full == 0
    assert image_facts(noise(8, 8, 1)).high_below_full == noise(8, 8, 1).max()


def test_three_equal_channels_are_grey():
    grey = noise(40, 40, 1).repeat(3, axis=-1)
    assert image_facts(grey).grey and not image_facts(grey[..., :1]).grey
    grey[5, 5, 1] ^= 1
    assert not image_facts(grey).grey


@pytest.mark.parametrize("colors, few", [(32, True), (33, False)])
def test_a_label_map_has_at_most_32_colors(colors, few):
    image = (np.arange(64).reshape(8, 8, 1) % colors).astype("uint8")
    assert image_facts(image).few_colors is few


def test_equal_images_have_equal_digests_however_they_lie_in_memory():
    image = noise(6, 8, 3)
    copies = image.copy(), np.asfortranarray(image), image[:, :, ::-1].copy()[:, :, ::-1]
    assert {image_facts(copy).digest for copy in copies} == {image_facts(image).digest}
    other = image.copy()
    other[5, 7, 2] ^= 1
    assert image_facts(other).digest != image_facts(image).digest


@pytest.mark.parametrize(
    "value, count, blurred",
    [
        # 97 of 100 pixels must lie near four peaks ...
        (110, 30, True),
        (110, 31, False),
        # ... which means within 16 values.
        (36, 200, True),
        (37, 200, False),
        (4, 200, True),
        (3, 200, False),
    ],
)
def test_nearly_all_values_must_lie_near_four_peaks(value, count, blurred):
    peaks = [np.full(250, peak) for peak in (20, 80, 140, 200)]
    for values in peaks:
        values[:17] += np.arange(-8, 9)
    values = np.concatenate(peaks)
    values[20 : 20 + count] = value
    image = values.astype("uint8").reshape(25, 40, 1)
    assert image_facts(image).blurred_label_map is blurred


COLORS = np.array([(0, 0, 170), (0, 85, 255), (255, 170, 0), (170, 255, 85), (255, 0, 0)], "uint8")


def color_map(seed=0, side=96):
    """A map of rectangles of five colors."""
    rng = np.random.default_rng(seed)
    index = np.zeros((side, side), int)
    for color in range(20):
        top, left, height, width = rng.integers(8, side // 2, 4)
        index[top : top + height, left : left + width] = color % 5
    return COLORS[index]


def smooth(image, kind):
    image = Image.fromarray(image)
    if kind == "antialiased":
        return np.asarray(image.resize((61, 61), Image.Resampling.LANCZOS))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=kind)
    return np.asarray(Image.open(buffer))


@pytest.mark.parametrize("kind", [75, 90, "antialiased"])
def test_flat_colors_are_recognized_behind_blurred_edges(kind):
    facts = image_facts(smooth(color_map(), kind))
    assert not facts.few_colors
    assert facts.flat_colors and facts.blurred_label_map


def test_a_photo_before_a_white_wall_is_no_label_map():
    wall = np.full((96, 96, 3), 255, "uint8")
    coarse = Image.fromarray(noise(8, 8, 3))
    wall[24:72, 24:72] = np.asarray(coarse.resize((48, 48), Image.Resampling.BICUBIC))
    assert not image_facts(smooth(wall, 90)).flat_colors
    assert not image_facts(smooth(np.asarray(coarse.resize((96, 96), 3)), 75)).flat_colors
