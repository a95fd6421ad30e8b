"""Dropout's random numbers, the paper's noise z: seeded, saved, and drawn at test time."""

import random

import keras
import numpy as np
from keras import ops


def make_dropout(rate, dtype):
    """A dropout layer, or None for a rate of 0."""
    if not rate:
        return None
    # Without a seed of its own, Keras' dropout on torch ignores the state that the model saves.
    return keras.layers.Dropout(rate, seed=random.randint(1, 2**31 - 1), dtype=dtype)


def seed_states(model):
    """The variables that hold the state of the model's random numbers, in a fixed order."""
    other = {id(v) for v in model.weights + model.metrics_variables}
    return [v for v in model.variables if id(v) not in other]


def generate_with_noise(model, images, seed):
    """Generate with dropout on, from `seed`, leaving no trace in the model.

    Args:
        model: a `Pix2Pix`.
        images: float32 array of shape `(batch, height, width, channels)` in [-1, 1].
        seed: tuple of ints.

    Returns:
        float32 array of shape `(batch, height, width, channels)` in [-1, 1].
    """
    # Frozen batch normalization uses its stored statistics whatever `training` says.
    frozen = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]
    states = seed_states(model)
    numbers = [np.random.SeedSequence((*seed, i)) for i in range(len(states))]
    # Keras keeps the state in integers as short as 32 bits with a sign.
    drawn = [number.generate_state(2) % 2**31 for number in numbers]
    try:
        for layer in frozen:
            layer.trainable = False
        with model.inference(), keras.StatelessScope(zip(states, drawn)):
            generated = model(images, training=True)
    finally:
        for layer in frozen:
            layer.trainable = True
    return ops.convert_to_numpy(generated)
