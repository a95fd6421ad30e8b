"""Small, noisy, blurred and compressed pictures, against scikit-image and Pillow by hand."""

import io

import numpy as np
import pytest
import skimage.filters
import skimage.transform
from PIL import Image

from keras_pix2pix.data import Blur, JPEGArtifacts, Noise, PairDataset, Picture, Smaller

PHOTO = Picture(3, dtype="uint8")


def as_bytes(values):
    return np.rint(values * 255).clip(0, 255).astype("uint8")


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_pictures_are_shrunk_by_the_antialiased_filter(factor, photo, computed):
    unit = photo.astype("float32") / 255
    small = skimage.transform.resize(unit, (64 // factor, 96 // factor), anti_aliasing=True)
    large = skimage.transform.resize(as_bytes(small) / 255.0, (64, 96), order=3)
    found = computed(Smaller(factor), photo)
    assert np.abs(found.astype(int) - as_bytes(large)).max() <= 1
    assert np.abs(found.astype(int) - photo).mean() > 1


def test_a_checkerboard_becomes_gray(computed):
    board = np.indices((32, 32)).sum(axis=0) % 2 * 255
    image = np.repeat(board[..., None], 3, axis=-1).astype("uint8")
    assert np.abs(computed(Smaller(4), image).astype(int) - 127).max() < 20


def test_a_factor_must_divide_the_sides(photos, photo):
    with pytest.raises(ValueError, match=r"factor=8 must divide .* such as 48 x 48"):
        PairDataset.from_pictures(photos, Smaller(8), image_size=50)
    dataset = PairDataset(Smaller(8), [photo, photo[:60]], formats=(PHOTO, PHOTO))
    with pytest.raises(ValueError, match=r"picture 1: factor=8 must divide the height"):
        dataset.check()
    for factor in (1, 3, 16, 4.5):
        with pytest.raises(ValueError, match="factor must be one of 2, 4, 8"):
            Smaller(factor)


def test_small_pictures_are_enlarged_when_they_are_opened(photo, computed):
    condition = Smaller(4)
    format, _ = condition.formats(PHOTO, photo)
    small = condition.small(photo, PHOTO)
    assert small.shape == (16, 24, 3)
    np.testing.assert_array_equal(format.opened(small), computed(condition, photo))


def test_gaussian_noise_has_its_standard_deviation(rng):
    flat = np.full((200, 200, 3), 128, "uint8")
    noisy = Noise("gaussian", 0.1).compute(flat, rng, PHOTO) / 255.0
    assert abs(noisy.std() - 0.1) < 0.002 and abs(noisy.mean() - 128 / 255) < 0.002


def test_poisson_noise_has_the_variance_of_its_photons(rng):
    picture = Picture(1, value_range=(0, 10000), dtype="uint16")
    for share in (0.2, 0.6):
        flat = np.full((200, 200, 1), 10000 * share, "uint16")
        noisy = Noise("poisson", 50).compute(flat, rng, picture) / 10000
        # Of n photons, the variance is n.
        assert abs(noisy.mean() * 50 - 50 * share) < 0.2
        assert abs(noisy.var() * 50**2 - 50 * share) < 1


def test_salt_is_white_pixels(rng, photo):
    noisy = Noise("salt", 0.1).compute(photo, rng, PHOTO)
    changed = (noisy != photo).any(axis=-1)
    assert (noisy[changed] == 255).all()
    assert 0.07 < changed.mean() < 0.13


def test_blur_is_the_gaussian_filter(photo, computed):
    expected = skimage.filters.gaussian(photo / np.float32(255), 1.5, channel_axis=-1)
    found = computed(Blur(1.5), photo)
    assert np.abs(found.astype(int) - as_bytes(expected)).max() <= 1


def test_an_amount_is_drawn_for_each_picture(photo):
    sharpness = [
        np.abs(np.diff(Blur((0.5, 5.0)).compute(photo, np.random.default_rng(seed), PHOTO))).mean()
        for seed in range(8)
    ]
    assert len(set(sharpness)) == 8


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_what_a_file_gives_back(channels, photo, computed):
    image = photo[..., :channels]
    file = io.BytesIO()
    Image.fromarray(image.squeeze()).save(file, "JPEG", quality=15)
    with Image.open(file) as stored:
        expected = np.asarray(stored).reshape(image.shape)
    found = computed(JPEGArtifacts(15), image, Picture(channels, dtype="uint8"))
    np.testing.assert_array_equal(found, expected)


def test_jpeg_has_one_or_three_channels(computed):
    image = np.zeros((8, 8, 5), "uint8")
    with pytest.raises(ValueError, match="JPEG holds 1 or 3 channels"):
        computed(JPEGArtifacts(), image, Picture(5, dtype="uint8"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Noise("rain"), "kind must be one of"),
        (lambda: Noise(amount=2), "amount must be a number from 0 to 1"),
        (lambda: Noise("poisson", 0), "amount must be a number from 0.001"),
        (lambda: Blur(-1), "sigma must be a number from 0 to 64"),
        (lambda: JPEGArtifacts(0), "quality must be an int from 1 to 95"),
        (lambda: JPEGArtifacts((10, 20.5)), "quality must be an int"),
    ],
)
def test_wrong_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
