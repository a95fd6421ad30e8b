"""Translator: pictures of conditions, in batches or in tiles, with or without noise."""

import itertools

import numpy as np
import pytest
from checks import noise, randomize

import keras_pix2pix as kp
from keras_pix2pix.inference.condition import Condition
from keras_pix2pix.inference.translator import Translator


@pytest.fixture(scope="module")
def model():
    generator = kp.UNetGenerator(depth=2, filters=2)
    randomize(generator)
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=1, filters=2))
    model.formats = (kp.data.Picture(3),), kp.data.Picture(3, dtype="float32")
    return model


def translator(model, **options):
    defaults = {"batch_size": 1, "stochastic": False, "seed": None, "samples": None}
    return Translator(model, **{**defaults, "tile": None, "overlap": 0, **options})


def generated(translator, images):
    conditions = (Condition((image,), translator.formats) for image in images)
    return list(translator.pictures(conditions, itertools.count()))


def test_runs_of_equal_size_become_batches_in_their_order(model, monkeypatch):
    sizes = [(8, 8)] * 3 + [(4, 8)] + [(8, 8)] * 2
    images = [noise(*size, 3, seed=seed) for seed, size in enumerate(sizes)]
    given, predict = [], model.predict_on_batch

    def counted(batch):
        given.append(batch.shape[:3])
        return predict(batch)

    monkeypatch.setattr(model, "predict_on_batch", counted)
    pictures = generated(translator(model, batch_size=2), images)
    assert given == [(2, 8, 8), (1, 8, 8), (1, 4, 8), (2, 8, 8)]
    for image, samples in zip(images, pictures, strict=True):
        (picture,) = samples
        np.testing.assert_allclose(picture, predict(image[None])[0], atol=1e-5)


def test_only_one_batch_is_read_ahead(model):
    read = []

    def conditions():
        for seed in range(4):
            read.append(seed)
            yield Condition((noise(4, 4, 3, seed=seed),), model.formats[0])

    pictures = translator(model, batch_size=2).pictures(conditions(), itertools.count())
    next(pictures)
    assert read == [0, 1]


@pytest.mark.parametrize("tile", [None, 8])
def test_noise_goes_by_seed_and_id(model, tile):
    options = {"stochastic": True, "samples": 2, "tile": tile}
    image = [noise(8, 12, 3)]
    one, other = (generated(translator(model, seed=seed, **options), image)[0] for seed in (5, 6))
    assert len(one) == 2
    # The second sample has the next seed.
    np.testing.assert_array_equal(one[1], other[0])
    assert (one[0] != one[1]).any()
    first, second = generated(translator(model, seed=5, **options), 2 * image)
    np.testing.assert_array_equal(first, one)
    assert (second[0] != first[0]).any()


def test_without_a_seed_noise_differs_from_call_to_call(model):
    one, other = (translator(model, stochastic=True).seeds for _ in range(2))
    assert one != other
    assert translator(model).seeds == [None]


def test_bands_are_the_picture_from_top_to_bottom(model):
    condition = Condition((noise(80, 12, 3),), model.formats[0])
    (whole,) = translator(model).bands(condition, None, 0)
    assert whole.shape == (80, 12, 3)
    bands = [band.copy() for band in translator(model, tile=80).bands(condition, None, 0)]
    assert [len(band) for band in bands] == [64, 16]
    np.testing.assert_allclose(np.concatenate(bands), whole, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, r"batch_size must be at least 1\. Received: batch_size=0"),
        ({"samples": 2}, r"needs stochastic=True.*samples=2, stochastic=False"),
        ({"samples": 0, "stochastic": True}, r"samples must be at least 1.*samples=0"),
    ],
)
def test_options_that_make_no_sense(model, options, message):
    with pytest.raises(ValueError, match=message):
        translator(model, **options)
