"""A model whose step plain PyTorch can repeat: a linear generator, and a small discriminator."""

import keras
import numpy as np
import pytest
from checks import randomize

import keras_pix2pix as kp

RATE = 0.1


@pytest.fixture(scope="session")
def images():
    """Two pairs of 24 x 24 pixels."""
    rng = np.random.default_rng(1)
    return [rng.uniform(-1, 1, (2, 24, 24, 3)).astype("float32") for _ in range(2)]


@pytest.fixture
def linear():
    """A function that compiles a model for SGD, of which one network stays as it is."""

    def make(trained, **arguments):
        condition = keras.Input((None, None, 3))
        colors = keras.layers.Conv2D(3, 1, use_bias=False, name="colors")
        generator = keras.Model(condition, colors(condition))
        colors.kernel.assign(0.5 * np.eye(3, dtype="float32").reshape(1, 1, 3, 3))
        discriminator = kp.PatchDiscriminator(receptive_field=16, filters=4)
        randomize(discriminator)
        model = kp.Pix2Pix(generator, discriminator)
        rates = [RATE if trained == network else 0.0 for network in ("generator", "discriminator")]
        model.compile(*(keras.optimizers.SGD(rate) for rate in rates), **arguments)
        return model

    return make
