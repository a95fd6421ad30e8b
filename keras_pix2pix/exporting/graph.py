"""A generator with its pre- and postprocessing, as one graph that can be exported."""

from typing import Any, TypeAlias

import keras
import numpy as np
from keras import ops

from keras_pix2pix.data import InstanceBoundaries, Labels, Picture
from keras_pix2pix.data.conditions.colorization import LabColors, LabLightness
from keras_pix2pix.data.conditions.holes import FilledPicture, PictureWithHoles
from keras_pix2pix.exporting import computed
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.types import Tensor

Format: TypeAlias = Picture | Labels | InstanceBoundaries | LabLightness
# The formats of the condition images, and of the target.
Formats: TypeAlias = tuple[tuple[Format, ...], Picture | Labels | LabColors]

# The type of integers that uint8 cannot hold. Not every runtime has 16-bit integers.
WIDE_INTEGERS = "int32"


class StoredImageGenerator(keras.Model):
    """A generator that takes and returns images as files hold them, of any size.

    Args:
        model: a `Pix2Pix`.
        formats: tuple of a tuple of the formats of the condition images, and the format of the
            target. `None` leaves the processing out: the generator takes and returns float32
            values in [-1, 1].
        from_picture: bool, whether it takes pictures, and computes conditions from them. Defaults
            to `False`.

    Raises:
        ValueError: if a graph cannot compute the condition of the model.
    """

    def __init__(self, model: Pix2Pix, formats: Formats | None, from_picture: bool = False) -> None:
        super().__init__(name="stored_image_generator")
        # Keras tracks the generator only, so that the export has no discriminator.
        self.generator = model.generator
        self._generate = model.call
        self._compute = computed.of_picture(model.condition) if from_picture else None
        if from_picture and formats is not None and model.condition is not None:
            picture: Any = model.condition.picture_format(formats[1])
            formats = (picture,), formats[1]
        self.formats = formats
        self.built = True

    @property
    def picture_signature(self) -> keras.InputSpec:
        """A `keras.InputSpec` of the generated pictures."""
        _, height, width, channels = self.generator.output_shape
        dtype = "float32"
        if self.formats is not None:
            target = self.formats[1]
            channels, dtype = stored_channels(target), stored_dtype(target)
        return keras.InputSpec(shape=(None, height, width, channels), dtype=dtype, name="picture")

    @property
    def signature(self) -> list[keras.InputSpec]:
        """A `keras.InputSpec` for each image of a condition."""
        _, height, width, channels = self.generator.input_shape
        if self.formats is None:
            shape = (None, height, width, channels)
            return [keras.InputSpec(shape=shape, dtype="float32", name="condition")]
        conditions = self.formats[0]
        numbers = [f"_{i + 1}" for i in range(len(conditions))] if len(conditions) > 1 else [""]
        return [
            keras.InputSpec(
                shape=(None, height, width, stored_channels(format)),
                dtype=stored_dtype(format),
                name=f"condition{number}",
            )
            for number, format in zip(numbers, conditions)
        ]

    def call(self, *images: Tensor) -> dict[str, Tensor]:
        """Generate pictures.

        Args:
            *images: tensors of shape `(batch, height, width, channels)`, one for each image of a
                condition.

        Returns:
            dict with the tensor `picture` of shape `(batch, height, width, channels)`.
        """
        if self.formats is None:
            return {"picture": self._generate(images[0], training=False)}
        conditions, target = self.formats
        encoded = [encode(image, format) for image, format in zip(images, conditions)]
        if self._compute is not None:
            encoded = [self._compute((picture + 1) / 2) for picture in encoded]
        condition = encoded[0] if len(encoded) == 1 else ops.concatenate(encoded, axis=-1)
        generated = self._generate(condition, training=False)
        if isinstance(target, FilledPicture):
            generated = computed.filled(generated, condition)
        if isinstance(target, LabColors):
            unit = computed.rgb_from_lab(ops.concatenate([condition, generated], axis=-1))
            return {"picture": decode(unit * 2 - 1, target.picture)}
        return {"picture": decode(generated, target)}


def stored_dtype(format: Format | LabColors) -> str:
    """Return the dtype for the stored values of a format that every runtime has."""
    if isinstance(format, LabLightness | LabColors):
        return stored_dtype(format.picture)
    if isinstance(format, Picture):
        dtype = _file_dtype(format)
        return "float32" if dtype.kind == "f" else "uint8" if dtype == np.uint8 else WIDE_INTEGERS
    fits = isinstance(format, Labels) and format.stored_dtype == "uint8"
    return "uint8" if fits else WIDE_INTEGERS


def stored_channels(format: Format | LabColors) -> int:
    """Return the number of channels of a stored image."""
    if isinstance(format, Labels):
        return len(format.palette[0]) if format.palette else 1
    if isinstance(format, LabLightness | LabColors):
        return stored_channels(format.picture)
    # The first pair of the training has decided.
    assert format.channels is not None
    return format.channels


def encode(images: Tensor, format: Format) -> Tensor:
    """Return stored values as float32 in [-1, 1], as the method `encode` of the format does.

    Args:
        images: tensor of shape `(batch, height, width, channels)`.
        format: one of the formats of conditions.
    """
    if isinstance(format, Labels):
        stored = format.palette or [(index,) for index in range(format.channels)]
        codes = _color_codes(ops.cast(images, WIDE_INTEGERS))
        is_class = codes == _color_codes(np.array(stored, WIDE_INTEGERS))[..., 0]
        return ops.cast(is_class, "float32") * 2 - 1
    if isinstance(format, InstanceBoundaries):
        return _boundaries(images)
    if isinstance(format, LabLightness):
        return computed.lightness((encode(images, format.picture) + 1) / 2)
    pixels = _encoded(images, format)
    return computed.with_blank_holes(pixels) if isinstance(format, PictureWithHoles) else pixels


def _encoded(images: Tensor, format: Picture) -> Tensor:
    if format.own_range:
        raise ValueError(
            "The value_range of the conditions is taken of each file, which no runtime does. "
            "Export the network alone, processing=False, and give it values in [-1, 1]."
        )
    low, high = stored_range(format)
    values = ops.cast(images, "float32")
    if format.nodata is not None:
        # Not every runtime has an operation that finds NaN, the only value that is not itself.
        hole = values != values if np.isnan(format.nodata) else values == format.nodata
        values = ops.where(hole, float(low), values)
    return (values - low) * (2 / (high - low)) - 1


def decode(pixels: Tensor, format: Picture | Labels) -> Tensor:
    """Return float32 in [-1, 1] as stored values, as the method `decode` of the format does.

    Args:
        pixels: tensor of shape `(batch, height, width, channels)`.
        format: `Picture` or `Labels`.
    """
    dtype = stored_dtype(format)
    if isinstance(format, Labels):
        # `ops.argmax` looks at the bits of zeros, for which ONNX and LiteRT have no operation.
        likeliest = pixels >= ops.max(pixels, axis=-1, keepdims=True)
        numbers = ops.arange(format.channels, dtype="int32")
        classes = ops.min(ops.where(likeliest, numbers, format.channels), axis=-1)
        if format.palette is None:
            return ops.expand_dims(ops.cast(classes, dtype), axis=-1)
        return ops.take(ops.convert_to_tensor(np.array(format.palette, dtype)), classes, axis=0)
    low, high = stored_range(format)
    values = ops.clip(pixels, -1, 1) * ((high - low) / 2) + (high + low) / 2
    return ops.cast(values if dtype == "float32" else ops.round(values), dtype)


def stored_range(format: Picture) -> tuple[float, float]:
    """Return the stored values that become -1 and 1."""
    if format.limits is not None:
        return format.limits
    dtype = _file_dtype(format)
    return (0, np.iinfo(dtype).max) if dtype.kind in "iu" else (-1, 1)


def _file_dtype(format: Picture) -> np.dtype:
    # Files with True and False are read as 0 and 255.
    return np.dtype("uint8" if format.dtype in (None, "bool") else format.dtype)


def _color_codes(image: Tensor) -> Tensor:
    """Return one number for each color, with 8 bits for each channel; or the only channel."""
    codes = image[..., :1]
    for channel in range(1, image.shape[-1]):
        codes = codes * 256 + image[..., channel : channel + 1]
    return codes


def _boundaries(instances: Tensor) -> Tensor:
    """Return 1 for pixels with a neighbor of another instance, and -1 for the others."""
    differs = False
    for axis in (1, 2):
        size = ops.shape(instances)[axis]
        positions = ops.arange(size)
        before, behind = ops.maximum(positions - 1, 0), ops.minimum(positions + 1, size - 1)
        for neighbors in (before, behind):
            other = ops.take(instances, neighbors, axis=axis) != instances
            differs = ops.logical_or(differs, ops.any(other, axis=-1, keepdims=True))
    return ops.cast(differs, "float32") * 2 - 1
