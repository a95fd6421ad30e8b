"""Tiles: the picture that the whole image would give, without seams."""

import numpy as np
import pytest
from checks import noise, randomize
from hypothesis import given, settings
from hypothesis import strategies as st

import keras_pix2pix as kp
from keras_pix2pix.inference.tiles import windows


def floats(generator):
    """A model of random weights whose pictures are floats, which nothing has rounded."""
    randomize(generator)
    for variable in generator.trainable_variables:
        if "kernel" in variable.path:
            variable.assign(0.3 * variable)
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=1, filters=2))
    model.formats = (kp.data.Picture(3),), kp.data.Picture(3, dtype="float32")
    return model


@pytest.fixture(scope="module")
def plain():
    """Without normalization, a pixel's influence ends after some pixels."""
    return floats(kp.UNetGenerator(depth=2, filters=2, normalization=None))


def scene(height, width):
    """Bright and dark, smooth and rough parts, so that no tile is like the whole."""
    image = 0.4 * noise(height, width, 3)
    image += np.linspace(-0.6, 0.6, width)[:, None]
    image[: height // 2, : width // 2] *= 0.1
    return image.clip(-1, 1).astype("float32")


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(1, 80), st.data())
def test_weights_add_up_to_one(size, tile, data):
    step = data.draw(st.integers(1, tile))
    total, covered = np.zeros(size), 0
    for start, weights in windows(size, tile, step):
        assert start <= covered
        assert weights.min() >= 0
        total[start : start + len(weights)] += weights
        covered = start + len(weights)
    assert covered == size
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_outer_quarter_of_an_overlap_counts_for_nothing():
    (_, first), (start, second) = windows(48, 32, 16)
    assert start == 16
    assert not first[-4:].any()
    assert not second[:4].any()
    assert first[:20].all()


def test_neighbors_fade_into_each_other():
    """Over the middle half of an overlap of 32 pixels, by less than a tenth from pixel to pixel."""
    (_, first), (_, second) = windows(96, 64, 32)
    for weights, step in ((first[32:], -1), (second[:32], 1)):
        steps = step * np.diff(weights)
        assert (steps >= 0).all()
        assert steps.max() < 0.1
        assert (steps > 0).sum() >= 15


@pytest.mark.parametrize(
    ("make", "tile", "overlap"),
    [
        (lambda: kp.UNetGenerator(depth=2, filters=2, normalization=None), 80, 48),
        (lambda: kp.UNetGenerator(depth=2, filters=2, normalization=None, noise=1), 80, 48),
        (lambda: kp.UNetGenerator(depth=2, filters=2, normalization="batch"), 80, 48),
        (lambda: kp.ResNetGenerator(blocks=1, filters=2, normalization=None), 96, 72),
        (lambda: kp.ResNetGenerator(blocks=1, filters=2, normalization="batch"), 96, 72),
    ],
)
def test_tiles_give_the_picture_of_the_whole(make, tile, overlap):
    model = floats(make())
    image = scene(117, 130)
    whole = model.translate(image)
    assert whole.std() > 0.05
    np.testing.assert_allclose(model.translate(image, tile=tile, overlap=overlap), whole, atol=1e-4)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([4, 8, 48]), st.integers(0, 3))
def test_any_size_of_image_tile_and_overlap(plain, height, width, tile, overlap):
    overlap = min(4 * overlap, tile - 4)
    image = scene(height, width)
    picture = plain.translate(image, tile=tile, overlap=overlap, batch_size=3)
    assert picture.shape == image.shape
    assert np.isfinite(picture).all()
    if tile >= max(height, width):
        np.testing.assert_allclose(picture, plain.translate(image), atol=1e-6)


def test_the_same_noise_again(tiny):
    model = tiny(normalization="instance")
    randomize(model.generator)
    image = scene(20, 40)
    options = {"tile": 16, "overlap": 4, "stochastic": True}
    one, same, other = (model.translate(image, seed=seed, **options) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_labels_and_edges_are_the_same_in_tiles(plain):
    """InstanceBoundaries look at the pixels beside, also across a tile's border."""
    numbers = np.random.default_rng(0).integers(0, 2, (64, 80, 1), dtype="uint8")
    numbers = numbers.repeat(3, axis=0)[:64]
    generator = kp.UNetGenerator((None, None, 3), depth=2, filters=2, normalization=None)
    model = floats(generator)
    formats = (kp.data.Labels(2), kp.data.InstanceBoundaries())
    model.formats = formats, kp.data.Labels(3)
    whole = model.translate((numbers, numbers))
    tiled = model.translate((numbers, numbers), tile=48, overlap=40)
    assert set(np.unique(whole)) <= {0, 1, 2}
    np.testing.assert_array_equal(tiled, whole)


def test_tiles_that_do_not_fit(plain):
    image = scene(20, 20)
    with pytest.raises(ValueError, match=r"multiple of 4.*such as 8 or 12.*tile=10"):
        plain.translate(image, tile=10, overlap=0)
    with pytest.raises(ValueError, match=r"from 0 to 12 with tile=16.*overlap=13"):
        plain.translate(image, tile=16, overlap=13)
    with pytest.raises(ValueError, match="overlap=-1"):
        plain.translate(image, tile=16, overlap=-1)
    with pytest.raises(ValueError, match="multiple of 4"):
        plain.translate(image, tile=0, overlap=0)
