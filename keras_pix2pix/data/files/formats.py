"""What stored values mean, to [-1, 1] and back; label maps are in labels.py."""

import dataclasses

import keras
import numpy as np

from keras_pix2pix.data.files.images import (
    TOLERANCE,
    from_model_range,
    to_model_range,
    with_channels,
)

INTERPOLATIONS = ("auto", "nearest", "bicubic")


class Format:
    """What all formats share: they are plain values, stored with the model."""

    get_config = dataclasses.asdict
    nearest = True
    # Whether palette images are read as indices.
    indices = True

    @classmethod
    def from_config(cls, config):
        # JSON has made lists of tuples.
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
        return cls(**values)

    def __repr__(self):
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        told = ", ".join(f"{name}={value!r}" for name, value in values.items() if value is not None)
        return f"{type(self).__name__}({told})"


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True, repr=False)
class Picture(Format):
    """Pixels whose values are amounts: light, height, density.

    Args:
        channels: int, the channels wanted: grey is repeated to 3, and an alpha channel that is
            opaque everywhere is dropped; nothing is ever lost. Defaults to `None`, as the first
            image has them.
        value_range: tuple of the stored values that become -1 and 1. Defaults to `None`: all that
            the unsigned integers of the file can be, and [-1, 1] for floats.
        interpolation: `"nearest"` keeps every value of a mask, `"bicubic"` is for pictures,
            `"auto"` takes nearest where up to 16 images, spread over the set, have at most 32
            colors each. Defaults to `"auto"`.
        alpha: `"keep"` makes alpha a channel, `"drop"` ignores it, a number or a color, in stored
            values, is what the picture is laid on. Defaults to `None`: transparent pixels are an
            error unless `channels` asks for them.
        dtype: str, what `decode` returns. Defaults to `None`, as the first image has it.

    Raises:
        ValueError: for unknown names and an empty range.

    Example:

    ```python
    microscope = Picture(channels=1, value_range=(0, 4095))  # 12 bits in 16
    sprite = Picture(channels=3, alpha=(255, 255, 255))
    ```
    """

    channels: int | None = None
    value_range: tuple | None = None
    interpolation: str = "auto"
    alpha: str | float | tuple | None = None
    dtype: str | None = None

    indices = False
    fill = 0

    def __post_init__(self):
        if self.interpolation not in INTERPOLATIONS:
            raise ValueError(
                f"interpolation must be of {', '.join(map(repr, INTERPOLATIONS))}. "
                f"Received: {self.interpolation!r}"
            )
        if self.value_range is not None and not self.value_range[0] < self.value_range[1]:
            raise ValueError(
                f"value_range must be (low, high), low first. Received: {self.value_range}"
            )
        if isinstance(self.alpha, str) and self.alpha not in ("keep", "drop"):
            raise ValueError(
                f"alpha must be 'keep', 'drop', a color or None. Received: {self.alpha!r}"
            )

    @property
    def nearest(self):
        return self.interpolation == "nearest"

    def prepared(self, image, name):
        """The stored image with the channels wanted, if its values are in range."""
        if self.alpha not in (None, "keep") and image.shape[-1] in (2, 4):
            image = self._without_alpha(image, name)
        if self.channels is not None:
            image = with_channels(image, self.channels, name)
        # Resizing would hide a single value that is out of range.
        if self.value_range is not None or image.dtype.kind != "u":
            self.encode(image, name)
        return image

    def encode(self, image, name="images"):
        """Stored values as float32 in [-1, 1].

        Raises:
            ValueError: for values outside the range, or not finite.
        """
        if self.value_range is None:
            return to_model_range(image, name)
        low, high = self.value_range
        values = (image.astype("float64") - low) * (2 / (high - low)) - 1
        # Not "any value is outside", which NaN would pass. Only floats are rounded.
        beyond = 0 if image.dtype.kind in "iu" else TOLERANCE
        if not (np.abs(values).max() <= 1 + beyond):
            raise ValueError(
                f"{name} must have values from {low} to {high}, as value_range says. Received: "
                f"values from {image.min():g} to {image.max():g}"
            )
        return np.clip(values, -1, 1).astype("float32")

    def decode(self, pixels):
        """Pixels in [-1, 1] as stored values, of the stored dtype."""
        dtype = np.dtype(self.dtype or "uint8")
        if dtype == np.uint8 and self.value_range is None:
            return from_model_range(pixels)
        integers = np.issubdtype(dtype, np.integer)
        full = (0, np.iinfo(dtype).max) if integers else (-1, 1)
        low, high = self.value_range or full
        values = np.clip(pixels.astype("float64"), -1, 1) * ((high - low) / 2) + (high + low) / 2
        return (np.rint(values) if integers else values).astype(dtype)

    def as_rgb(self, pixels):
        """Pixels in [-1, 1] as uint8 colors, to be looked at."""
        image = from_model_range(np.asarray(pixels))
        if image.shape[-1] < 3:
            return np.repeat(image[..., :1], 3, axis=-1)
        return image[..., :3]

    def _without_alpha(self, image, name):
        colors, alpha = image[..., :-1], image[..., -1:]
        if self.alpha == "drop":
            return colors
        if image.dtype.kind not in "uf":
            raise ValueError(f"{name} has an alpha channel of dtype {image.dtype}; drop or keep it")
        opaque = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1.0
        share = alpha / opaque
        laid = colors * share + np.asarray(self.alpha) * (1 - share)
        return (np.rint(laid) if image.dtype.kind == "u" else laid).astype(image.dtype)
