"""What `translate` does before and after the network, as a graph that can be exported."""

import keras
import numpy as np
from keras import ops

from keras_pix2pix.data import InstanceBoundaries, Labels, Picture

# All runtimes know these; integers of 16 bits are not among them.
WIDE = "int32"


class StoredValues(keras.Model):
    """A generator between stored values: images as files hold them in and out, of any size.

    Args:
        model: a `Pix2Pix`.
        formats: tuple of a tuple of the formats of the condition images, and the target's; `None`
            for float32 in [-1, 1] on both sides.
    """

    def __init__(self, model, formats):
        super().__init__(name="stored_values")
        # The generator alone is tracked: what is exported has no discriminator.
        self.generator = model.generator
        self._generate = model.call
        self._formats = formats
        self.built = True

    @property
    def signature(self):
        """list of `keras.InputSpec`, one for each image of a condition."""
        _, height, width, channels = self.generator.input_shape
        conditions = self._formats[0] if self._formats else (None,)
        names = [f"condition_{i + 1}" for i in range(len(conditions))]
        return [
            keras.InputSpec(
                shape=(None, height, width, stored_channels(format) if format else channels),
                dtype=stored_dtype(format) if format else "float32",
                name=name if len(conditions) > 1 else "condition",
            )
            for name, format in zip(names, conditions)
        ]

    def call(self, *images):
        if self._formats is None:
            return {"picture": self._generate(images[0], training=False)}
        conditions, target = self._formats
        parts = [encoded(image, format) for image, format in zip(images, conditions)]
        inputs = parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)
        return {"picture": decoded(self._generate(inputs, training=False), target)}


def stored_dtype(format):
    """The type that holds a format's stored values in every runtime."""
    if isinstance(format, Picture):
        dtype = _file_dtype(format)
        return "float32" if dtype.kind == "f" else "uint8" if dtype == np.uint8 else WIDE
    narrow = isinstance(format, Labels) and format.stored_dtype == "uint8"
    return "uint8" if narrow else WIDE


def stored_channels(format):
    """How many channels the stored image has."""
    if isinstance(format, Labels):
        return len(format.palette[0]) if format.palette else 1
    return format.channels


def encoded(images, format):
    """Stored values as float32 in [-1, 1]."""
    if isinstance(format, Labels):
        known = format.palette or [(index,) for index in range(format.classes)]
        classes = _codes(ops.cast(images, WIDE)) == _codes(np.array(known, WIDE))[..., 0]
        return ops.cast(classes, "float32") * 2 - 1
    if isinstance(format, InstanceBoundaries):
        return _borders(images)
    low, high = _range(format)
    return (ops.cast(images, "float32") - low) * (2 / (high - low)) - 1


def decoded(pixels, format):
    """Floats in [-1, 1] as stored values."""
    dtype = stored_dtype(format)
    if isinstance(format, Labels):
        index = ops.argmax(pixels, axis=-1)
        if format.palette is None:
            return ops.expand_dims(ops.cast(index, dtype), axis=-1)
        return ops.take(ops.convert_to_tensor(np.array(format.palette, dtype)), index, axis=0)
    low, high = _range(format)
    values = ops.clip(pixels, -1, 1) * ((high - low) / 2) + (high + low) / 2
    return ops.cast(values if dtype == "float32" else ops.round(values), dtype)


def _range(format):
    """The stored values that are -1 and 1."""
    dtype = _file_dtype(format)
    full = (0, np.iinfo(dtype).max) if dtype.kind in "iu" else (-1, 1)
    return format.value_range or full


def _file_dtype(format):
    # True and False are white and black, as everywhere.
    return np.dtype("uint8" if format.dtype in (None, "bool") else format.dtype)


def _codes(image):
    """One number for each color of 8 bits a channel, or the only channel itself."""
    result = image[..., :1]
    for channel in range(1, image.shape[-1]):
        result = result * 256 + image[..., channel : channel + 1]
    return result


def _borders(instances):
    """1 where a neighbor belongs to another instance, else -1."""
    differs = False
    for axis in (1, 2):
        size = ops.shape(instances)[axis]
        place = ops.arange(size)
        for neighbor in (ops.maximum(place - 1, 0), ops.minimum(place + 1, size - 1)):
            beside = ops.take(instances, neighbor, axis=axis)
            differs = ops.logical_or(differs, ops.any(beside != instances, axis=-1, keepdims=True))
    return ops.cast(differs, "float32") * 2 - 1
