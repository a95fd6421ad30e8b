"""What a loss term sees: logits and inner features of every scale, computed once."""

import keras
import numpy as np
from checks import noise, numpy
from keras import ops

from keras_pix2pix.losses import Batch


def watched():
    """A batch whose discriminator counts how often it is asked."""
    asked = []

    def judge(image):
        asked.append("logits")
        return [ops.mean(image, axis=-1, keepdims=True)]

    def judge_inside(image):
        asked.append("features")
        return [ops.mean(image, axis=-1, keepdims=True)], [2.0 * image]

    def differentiate(function, image):
        return function(image)

    images = [ops.convert_to_tensor(noise(1, 4, 4, 3, seed=seed)) for seed in range(3)]
    seed = keras.random.SeedGenerator(0)

    def photo_features(image):
        return [image]

    weights = ops.ones((1, 4, 4, 1))
    functions = judge, judge_inside, differentiate, photo_features
    return Batch(*images, *functions, seed, weights=weights), asked


def test_the_discriminator_looks_once_at_target_and_generated():
    batch, asked = watched()
    for image in (batch.target, batch.generated):
        for _ in range(2):
            logits = batch.logits(image)
            np.testing.assert_allclose(numpy(logits[0]), numpy(image).mean(-1, keepdims=True), 1e-5)
    assert asked == ["logits"] * 2


def test_one_pass_gives_features_and_logits():
    batch, asked = watched()
    np.testing.assert_allclose(numpy(batch.features(batch.target)[0]), 2 * numpy(batch.target))
    batch.logits(batch.target)
    batch.features(batch.target)
    assert asked == ["features"]


def test_other_images_are_judged_each_time():
    """They may be part of a computation that is differentiated on its own."""
    batch, asked = watched()
    other = batch.target + 0.0
    for _ in range(2):
        batch.logits(other)
    assert asked == ["logits"] * 2


def test_afresh_knows_nothing():
    batch, asked = watched()
    batch.logits(batch.target)
    again = batch.afresh()
    assert again.target is batch.target and again.training == batch.training
    assert again.weights is batch.weights
    again.logits(again.target)
    assert asked == ["logits"] * 2
