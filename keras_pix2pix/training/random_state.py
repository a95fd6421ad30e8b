"""Random numbers of dropout, the paper's noise z: their state, and noise at test time."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_pix2pix.keras_private import layers_inside
from keras_pix2pix.training import backend


def seed_states(model: keras.Model) -> list[Any]:
    """Return the variables with the state of the model's random numbers, in a fixed order."""
    other = {id(v) for v in model.weights + model.metrics_variables}
    return [v for v in model.variables if id(v) not in other]


def generate_with_noise(
    model: keras.Model, images: np.ndarray, seed: tuple[int, ...]
) -> np.ndarray:
    """Generate pictures with dropout on. The model stays as it is.

    Args:
        model: a `Pix2Pix`.
        images: float32 array of shape `(batch, height, width, channels)` in [-1, 1].
        seed: tuple of ints. Equal tuples give equal noise, others give independent noise.

    Returns:
        float32 array of shape `(batch, height, width, channels)` in [-1, 1].
    """
    with drawing_noise(model, seed), backend.no_gradients():
        return ops.convert_to_numpy(model(images, training=True))


@contextlib.contextmanager
def drawing_noise(model: keras.Model, seed: tuple[int, ...]) -> Iterator[None]:
    """Let `training=True` draw dropout from a seed, and change nothing of the model.

    Batch normalization uses its stored statistics. At the end the state of the random numbers is
    what it was.

    Args:
        model: a `Pix2Pix`.
        seed: tuple of ints.
    """
    # Frozen batch normalization uses its stored statistics whatever `training` says.
    frozen = [
        layer
        for layer in layers_inside(model)
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]
    states = seed_states(model)
    before = [ops.convert_to_numpy(state) for state in states]
    try:
        for layer in frozen:
            layer.trainable = False
        for i, state in enumerate(states):
            # Keras keeps the state in integers as short as 32 bits with a sign.
            state.assign(np.random.SeedSequence((*seed, i)).generate_state(2) % 2**31)
        yield
    finally:
        for layer in frozen:
            layer.trainable = True
        for state, value in zip(states, before):
            state.assign(value)
