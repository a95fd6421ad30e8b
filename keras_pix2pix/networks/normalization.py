"""The normalization argument of every block and network."""

import math

import keras
from keras import layers

NORMALIZATIONS = ("instance", "batch", "group", None)


def initializer(mean=0.0):
    """The paper's N(mean, 0.02): mean 0 for kernels, 1 for the scale of a normalization."""
    return keras.initializers.RandomNormal(mean, 0.02)


def make_normalization(normalization, filters, dtype):
    """A new normalization layer for `filters` channels, or None."""
    # Keras' own epsilon (1e-3) and batch momentum (0.99) differ from the reference's.
    options = {"epsilon": 1e-5, "gamma_initializer": initializer(1.0), "dtype": dtype}
    if normalization is None:
        return None
    if isinstance(normalization, keras.Layer):
        config = {**normalization.get_config(), "dtype": dtype}
        del config["name"]
        return type(normalization).from_config(config)
    if normalization == "instance":
        return layers.GroupNormalization(groups=-1, name="normalization", **options)
    if normalization == "group":
        return layers.GroupNormalization(
            groups=math.gcd(32, filters), name="normalization", **options
        )
    if normalization == "batch":
        return layers.BatchNormalization(momentum=0.9, name="normalization", **options)
    raise ValueError(
        "normalization must be one of "
        f"{', '.join(map(repr, NORMALIZATIONS))} or a Keras layer. Received: {normalization!r}"
    )


def has_offset(normalization):
    """Whether a normalization adds its own offset, which makes a convolution's bias redundant."""
    if isinstance(normalization, keras.Layer):
        return getattr(normalization, "center", False)
    return normalization is not None


def serialize_normalization(normalization):
    """What `get_config` stores of a `normalization` argument."""
    if isinstance(normalization, keras.Layer):
        return keras.saving.serialize_keras_object(normalization)
    return normalization


def deserialize_normalization(normalization):
    """The inverse of `serialize_normalization`."""
    if isinstance(normalization, dict):
        return keras.saving.deserialize_keras_object(normalization)
    return normalization
