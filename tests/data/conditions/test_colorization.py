"""Colorization: the reference's formulas, and the way back to stored colors."""

import numpy as np
import pytest
import skimage.color

from keras_pix2pix.data import Gray, Lightness, PairDataset, Picture
from keras_pix2pix.data.conditions.colorization import LabColors, LabLightness

PHOTO = Picture(3, dtype="uint8")


def test_lightness_and_colors_are_those_of_the_reference(photo, rng):
    lab = skimage.color.rgb2lab(photo)
    formats = Lightness().formats(PHOTO, photo)
    condition, target = Lightness().encoded(photo, rng, PHOTO, formats)
    np.testing.assert_allclose(condition[..., 0], lab[..., 0] / 50 - 1, atol=1e-5)
    np.testing.assert_allclose(target, lab[..., 1:] / 110, atol=1e-5)
    # What each format encodes alone is the same.
    np.testing.assert_array_equal(formats[0].encode(photo), condition)
    np.testing.assert_array_equal(formats[1].encode(photo), target)


def test_every_color_comes_back_exactly():
    steps = np.array([0, 1, 2, 63, 64, 127, 128, 200, 254, 255], "uint8")
    colors = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(10, 100, 3)
    lightness, ab = LabLightness(PHOTO), LabColors(PHOTO)
    whole = ab.completed(ab.encode(colors), lightness.encode(colors))
    np.testing.assert_array_equal(ab.decode(whole), colors)
    np.testing.assert_array_equal(ab.as_rgb(whole), colors)


def test_16_bits_come_back_exactly(rng):
    colors = rng.integers(0, 65536, (16, 16, 3), dtype="uint16")
    picture = Picture(3, dtype="uint16")
    ab = LabColors(picture)
    whole = ab.completed(ab.encode(colors), LabLightness(picture).encode(colors))
    # float32 has 24 bits for a value from 0 to 100.
    assert np.abs(ab.decode(whole).astype(int) - colors).max() <= 2


def test_generated_colors_outside_of_srgb_become_the_nearest():
    ab = LabColors(PHOTO)
    whole = ab.completed(np.ones((1, 1, 2), "float32") * 3, np.zeros((1, 1, 1), "float32"))
    assert ab.decode(whole).dtype == "uint8"
    assert whole.max() == 1


def test_the_gray_picture_that_is_written_has_the_same_lightness(photo, rng):
    written = Lightness().written(photo, rng, PHOTO)
    assert written.shape == (64, 96, 1) and written.dtype == "uint8"
    read = LabLightness(PHOTO).prepared(written, "a file")
    # 8 bits round L by 0.2 of 100.
    lightness = LabLightness(PHOTO).encode(photo)
    assert np.abs(LabLightness(PHOTO).encode(read) - lightness).max() < 0.006
    np.testing.assert_array_equal(LabLightness(PHOTO).as_rgb(lightness)[..., :1], written)


def test_gray_weighs_colors_as_scikit_image_does(photo, computed):
    expected = skimage.color.rgb2gray(photo)
    found = computed(Gray(), photo)
    assert found.shape == (64, 96, 1)
    assert np.abs(found[..., 0] / 255 - expected).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("condition", [Gray(), Lightness()], ids=str)
def test_pictures_of_one_channel_have_no_colors(condition, photos, photo):
    with pytest.raises(ValueError, match=r"picture 0: Colorization needs targets in colors"):
        PairDataset(condition, [photo[..., :1]])


@pytest.mark.parametrize("condition", [Gray(), Lightness()], ids=str)
def test_gray_pictures_are_suspicious_and_a_gray_folder_is_refused(condition, photo):
    gray = np.repeat(photo[..., :1], 3, axis=-1)
    formats = (PHOTO, PHOTO)
    mixed = PairDataset(condition, [photo, gray, photo[::-1]], formats=formats)
    (suspicion,) = [text for text in mixed.audit().suspicions if "colors" in text]
    assert suspicion.startswith("1 pairs are gray") and "picture 1" in suspicion
    with pytest.warns(UserWarning, match="1 pairs are gray"):
        mixed.check()
    folder = PairDataset(condition, [gray, gray[::-1].copy()], formats=formats)
    with pytest.raises(ValueError, match=r"of no use here: all .* are gray.*Use other pictures"):
        folder.check()


def test_the_preview_shows_the_target_in_its_colors(photo):
    dataset = PairDataset(Lightness(), [photo], formats=(PHOTO, PHOTO))
    page = np.asarray(dataset.preview(1))
    # Condition and target are beside each other.
    right = page[40 : 40 + 64, 4 + 100 : 4 + 100 + 96]
    np.testing.assert_array_equal(right, photo)
    left = page[40 : 40 + 64, 4 : 4 + 96]
    assert (left == left[..., :1]).all() and left.std() > 10
