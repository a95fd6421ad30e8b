"""Say what stored values mean, and convert them to [-1, 1] and back. Label maps: labels.py."""

import abc
import dataclasses
import math
from collections.abc import Callable
from typing import Any, Self, cast

import keras
import numpy as np

from keras_pix2pix.data.files.conversion import (
    by_own_range,
    check_range,
    check_value_range,
    from_model_range,
    loaded_value,
    saved_value,
    to_model_range,
    with_channels,
    without_alpha,
)

INTERPOLATIONS = ("auto", "nearest", "bicubic")


@dataclasses.dataclass(frozen=True, repr=False)
class Format(abc.ABC):
    """Base class of the formats: immutable settings that are saved with the model."""

    @property
    def palette_indices(self) -> bool:
        """Whether a palette image is read as indices into its palette."""
        return True

    @property
    @abc.abstractmethod
    def channels(self) -> int | None:
        """Number of channels of the encoded image, or `None` if the images decide."""

    @property
    def nearest(self) -> bool:
        """Whether images are resized to the nearest pixel, not by bicubic interpolation."""
        return True

    def fill(self, dtype: np.dtype) -> float:
        """Return the prepared value of a border, and of pixels that are blanked.

        Args:
            dtype: NumPy dtype of the prepared image.
        """
        return 0

    def counted(self, image: np.ndarray) -> np.ndarray | None:
        """Return which pixels of a prepared image hold something, or `None` where all may.

        Args:
            image: array of shape `(height, width, channels)`.

        Returns:
            An array of bool of shape `(height, width, 1)`.
        """
        return None

    @abc.abstractmethod
    def prepared(self, image: np.ndarray, name: str) -> np.ndarray:
        """Return a stored image in the form that is resized and then encoded.

        Args:
            image: array of shape `(height, width, channels)`.
            name: str, the image in an error message.

        Raises:
            ValueError: if the image is not of this format.
        """

    @abc.abstractmethod
    def encode(self, image: np.ndarray, name: str = "images") -> np.ndarray:
        """Return a prepared image as float32 in [-1, 1].

        Args:
            image: array of shape `(..., height, width, channels)`.
            name: str, the image in an error message. Defaults to `"images"`.
        """

    @abc.abstractmethod
    def as_rgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return an encoded image as uint8 RGB colors, to be looked at.

        Args:
            pixels: array of shape `(..., height, width, channels)` in [-1, 1].
        """

    def get_config(self) -> dict[str, Any]:
        """Return the settings by name."""
        return {name: saved_value(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the format with the settings that `get_config` returned."""
        # JSON turns tuples into lists.
        values = {
            k: tuple(v) if isinstance(v, list) else loaded_value(v) for k, v in config.items()
        }
        return cls(**values)

    def __repr__(self) -> str:
        fields = [field.name for field in dataclasses.fields(self) if field.repr]
        values = {name: getattr(self, name) for name in fields}
        given = ", ".join(f"{name}={v!r}" for name, v in values.items() if v is not None)
        return f"{type(self).__name__}({given})"


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True, repr=False)
class Picture(Format):
    """Images of quantities, such as brightness, height or density.

    Args:
        channels: int, number of channels wanted. Grey is repeated to 3 channels. An alpha channel
            is dropped if it is opaque everywhere. A conversion that loses information is an error.
            Defaults to `None`: as in the first image.
        value_range: tuple `(low, high)`, the stored values that become -1 and 1. Or two percentiles
            of each file, such as `("1%", "99%")`, for values without a unit, as in MR. Values
            beyond the percentiles are clipped, and generated pictures stay in [-1, 1]. Or a
            function of the array of a file that returns both. Register it with
            `keras.saving.register_keras_serializable`. Defaults to `None`: the full range of an
            unsigned integer dtype, and [-1, 1] for floats.
        interpolation: `"nearest"` keeps every value of a mask, `"bicubic"` is for photos. `"auto"`
            looks at up to 16 images, spread over the set, and takes nearest if all of them have at
            most 32 colors. Defaults to `"auto"`.
        alpha: `"keep"` makes alpha a channel. `"drop"` ignores it. A number or a color, in stored
            values, is the background that the image is laid on. Defaults to `None`: transparent
            pixels are an error unless `channels` includes alpha.
        dtype: str, dtype that `decode` returns. Defaults to `None`: as in the first image.
        nodata: float, or NaN, the stored value where nothing was measured. Such pixels get the
            lowest value of the range. In a target, they are left out of the losses: the generated
            pixels are replaced by those of the target. Metrics count them as correct. The batches
            have a third part, with weight 0 for these pixels and 1 for the others. A resized pixel
            has no data if one of its source pixels has none. It needs a `value_range` of the other
            values. Defaults to `None`: all pixels have data.

    Raises:
        ValueError: for an unknown `interpolation` or `alpha`, for an empty `value_range` or a
            function that is not registered, and for `nodata` without `value_range`.

    Example:

    ```python
    microscope = Picture(channels=1, value_range=(0, 4095))  # 12 bits in 16
    sprite = Picture(channels=3, alpha=(255, 255, 255))
    elevation = Picture(channels=1, value_range=(0, 4000), nodata=-9999)
    magnetic_resonance = Picture(channels=1, value_range=("1%", "99%"))
    ```
    """

    channels: int | None = None
    value_range: tuple[float, float] | tuple[str, str] | Callable[..., Any] | None = None
    interpolation: str = "auto"
    alpha: str | float | tuple[float, ...] | None = None
    dtype: str | None = None
    nodata: float | None = None

    palette_indices = False

    def __post_init__(self) -> None:
        if self.interpolation not in INTERPOLATIONS:
            raise ValueError(
                f"interpolation must be one of {', '.join(map(repr, INTERPOLATIONS))}. "
                f"Received: {self.interpolation!r}"
            )
        check_value_range(self.value_range)
        if isinstance(self.alpha, str) and self.alpha not in ("keep", "drop"):
            raise ValueError(
                f"alpha must be 'keep', 'drop', a color or None. Received: {self.alpha!r}"
            )
        if self.nodata is not None:
            if self.value_range is None:
                raise ValueError(
                    "nodata needs value_range=(low, high), the range of all other values. "
                    f"Received: nodata={self.nodata!r} without value_range"
                )
            # One NaN for all, so that equal formats are equal.
            nodata = math.nan if np.isnan(self.nodata) else float(self.nodata)
            object.__setattr__(self, "nodata", nodata)

    @property
    def nearest(self) -> bool:
        """Whether images are resized to the nearest pixel, not by bicubic interpolation."""
        return self.interpolation == "nearest"

    @property
    def own_range(self) -> bool:
        """Whether each image has its own range, by percentiles or by a function."""
        given = self.value_range
        return given is not None and (callable(given) or isinstance(given[0], str))

    @property
    def limits(self) -> tuple[float, float] | None:
        """The stored values that become -1 and 1 in all images, or `None` if each has its own."""
        return None if self.own_range else cast("tuple[float, float] | None", self.value_range)

    def prepared(self, image: np.ndarray, name: str) -> np.ndarray:
        """Return a stored image with the channels wanted, and by a range of its own in [-1, 1].

        Args:
            image: array of shape `(height, width, channels)`.
            name: str, the image in an error message.

        Raises:
            ValueError: if the channels cannot be converted without loss, and for values outside
                the range.
        """
        if self.alpha not in (None, "keep") and image.shape[-1] in (2, 4):
            image = without_alpha(image, self.alpha, name)
        if self.channels is not None:
            image = with_channels(image, self.channels, name)
        if self.nodata is None:
            return self._in_range(image, name)
        known = ~np.isnan(image) if math.isnan(self.nodata) else image != self.nodata
        # NaN stands for no data until the end: what is resized from it is NaN as well.
        prepared = np.full(image.shape, np.nan, np.result_type(image.dtype, "float32"))
        if known.any():
            prepared[known] = self._in_range(image[known], name)
        return prepared

    def counted(self, image: np.ndarray) -> np.ndarray | None:
        """Return which pixels have data in all channels, or `None` without `nodata`."""
        return None if self.nodata is None else ~np.isnan(image).any(axis=-1, keepdims=True)

    def fill(self, dtype: np.dtype) -> float:
        """Return the lowest value of the range that an image of this dtype can hold.

        Args:
            dtype: NumPy dtype of the image.
        """
        low = -1 if self.limits is None else self.limits[0]
        if dtype.kind == "f":
            return low
        return max(math.ceil(low), np.iinfo(dtype).min if dtype.kind in "iu" else 0)

    def encode(self, image: np.ndarray, name: str = "images") -> np.ndarray:
        """Return prepared values as float32 in [-1, 1].

        Values are clipped to `value_range`, because bicubic resizing can exceed the range.

        Args:
            image: array of shape `(..., height, width, channels)`.
            name: str, the image in an error message. Defaults to `"images"`.

        Raises:
            ValueError: without `value_range`: for floats outside [-1, 1], and for other dtypes.
        """
        if self.nodata is not None:
            image = np.where(np.isnan(image), self.fill(image.dtype), image)
        if self.limits is None:
            return to_model_range(image, name)
        low, high = self.limits
        values = (image.astype("float64") - low) * (2 / (high - low)) - 1
        return np.clip(values, -1, 1).astype("float32")

    def decode(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels in [-1, 1] as stored values. Values outside of [-1, 1] are clipped.

        Args:
            pixels: array of shape `(..., height, width, channels)`.
        """
        dtype = np.dtype(self.dtype or ("float32" if self.own_range else "uint8"))
        if dtype == np.uint8 and self.limits is None:
            return from_model_range(pixels)
        integers = np.issubdtype(dtype, np.integer)
        full_range = (0, np.iinfo(dtype).max) if integers else (-1, 1)
        low, high = self.limits or full_range
        values = np.clip(pixels.astype("float64"), -1, 1) * ((high - low) / 2) + (high + low) / 2
        return (np.rint(values) if integers else values).astype(dtype)

    def as_rgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels in [-1, 1] as uint8 RGB colors, to be looked at.

        One or two channels are drawn in grey. Of more than three, the first three are drawn.

        Args:
            pixels: array of shape `(..., height, width, channels)`.
        """
        image = from_model_range(np.asarray(pixels))
        if image.shape[-1] < 3:
            return np.repeat(image[..., :1], 3, axis=-1)
        return image[..., :3]

    def _in_range(self, image: np.ndarray, name: str) -> np.ndarray:
        # Check the values now: resizing would hide a single value outside the range.
        if self.own_range:
            return by_own_range(image, self.value_range, name)
        if self.limits is not None:
            check_range(image, self.limits, name)
        elif image.dtype.kind != "u":
            to_model_range(image, name)
        return image
