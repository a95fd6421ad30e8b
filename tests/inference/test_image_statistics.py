"""Instance and group norm in tiles: by the statistics of the whole image."""

import numpy as np
import pytest
from checks import noise, numpy, randomize

import keras_pix2pix as kp
from keras_pix2pix.inference.image_statistics import ImageStatistics, _Gathering


def floats(generator):
    """A model of random weights whose pictures are floats, which nothing has rounded."""
    randomize(generator)
    for variable in generator.trainable_variables:
        if "kernel" in variable.path:
            variable.assign(0.3 * variable)
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=1, filters=2))
    model.formats = (kp.data.Picture(3),), kp.data.Picture(3, dtype="float32")
    return model


def scene(height, width):
    """Bright and dark, smooth and rough parts, so that no tile is like the whole."""
    image = 0.4 * noise(height, width, 3)
    image += np.linspace(-0.6, 0.6, width)[:, None]
    image[: height // 2, : width // 2] *= 0.1
    return image.clip(-1, 1).astype("float32")


@pytest.mark.parametrize("normalization", ["instance", "group"])
def test_statistics_are_those_of_the_whole_image(normalization):
    model = floats(kp.UNetGenerator(depth=2, filters=4, normalization=normalization))
    image = scene(100, 130)
    whole = model.translate(image)
    tiled = model.translate(image, tile=80, overlap=48)
    # Each tile by its own statistics is far off.
    alone = model.translate(image[:80, :80])
    assert np.abs(alone[:40, :40] - whole[:40, :40]).max() > 0.02
    np.testing.assert_allclose(tiled, whole, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "layers"),
    [
        ({"normalization": "instance"}, 3),
        ({"normalization": "group"}, 3),
        ({"upsampling": "nearest", "plain_levels": 2, "noise": 1}, 1),
        ({"upsampling": "shuffle"}, 3),
    ],
)
def test_what_is_gathered_is_what_the_layers_see_in_the_whole_image(options, layers):
    """Of an image that is one tile, statistics are exact after a pass for each layer."""
    generator = kp.UNetGenerator(depth=3, filters=4, **options)
    model = floats(generator)
    statistics = ImageStatistics.of(model)
    assert len(statistics.layers) == layers
    image = scene(24, 16)
    weights = np.ones(24, "float32"), np.ones(16, "float32")
    passes = []

    def tiles():
        passes.append(1)
        yield image, *weights

    statistics.gather(tiles)
    assert len(passes) <= layers
    expected = generator.predict_on_batch(image[None])
    got = statistics.model.generator.predict_on_batch(image[None])
    np.testing.assert_allclose(got, expected, atol=1e-5)
    # Another image has other statistics, whatever was gathered before.
    other = -0.3 * image + 0.4
    statistics.gather(lambda: [(other, *weights)])
    expected = generator.predict_on_batch(other[None])
    got = statistics.model.generator.predict_on_batch(other[None])
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_every_pixel_counts_as_its_row_and_its_column_do(groups):
    """A feature that stands for two rows and two columns of the tile has their weights."""
    features = noise(2, 3, 5, 4)
    rows, columns = (np.abs(noise(2 * size, seed=size)) for size in (3, 5))
    layer = _Gathering(epsilon=1e-5)
    layer.groups = groups
    layer.build(features.shape)
    layer.begin(first=False)
    layer.window = rows, columns
    for image in features:
        layer(image[None])
    assert layer.settle() > 0.01

    weights = rows.reshape(3, 2).sum(1)[:, None] * columns.reshape(5, 2).sum(1)
    values = features.transpose(3, 0, 1, 2).reshape(groups, -1)
    weights = np.tile(weights, (4 // groups, 2, 1, 1)).ravel()
    mean = np.average(values, axis=1, weights=weights)
    variance = np.average((values - mean[:, None]) ** 2, axis=1, weights=weights)
    np.testing.assert_allclose(numpy(layer.moving_mean), mean.repeat(4 // groups), atol=1e-5)
    np.testing.assert_allclose(
        numpy(layer.moving_variance), variance.repeat(4 // groups), atol=1e-5
    )
    # The same again changes nothing.
    layer.begin(first=False)
    for image in features:
        layer(image[None])
    assert layer.settle() < 1e-5


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_other_generators_need_none(normalization):
    generator = kp.UNetGenerator(depth=2, filters=2, normalization=normalization)
    assert ImageStatistics.of(floats(generator)) is None
