"""Convert the channels and the value range of arrays."""

from typing import Any

import numpy as np

# How far a float may lie outside [-1, 1] because of rounding.
TOLERANCE = 1e-3


def with_channels(array: np.ndarray, channels: int, name: str) -> np.ndarray:
    """Return an image with another number of channels, if nothing is lost by that.

    Grey is repeated to 3 channels. An alpha channel that is opaque everywhere is dropped. Three
    equal colors become one channel.

    Args:
        array: array of shape `(height, width, channels)`.
        channels: int, number of channels wanted.
        name: str, the image in an error message.

    Raises:
        ValueError: if the conversion would lose or invent something.
    """
    found = array.shape[-1]
    integers = np.issubdtype(array.dtype, np.unsignedinteger)
    opaque = np.iinfo(array.dtype).max if integers else 1
    if found in (2, 4) and channels != found and (array[..., -1] == opaque).all():
        array, found = array[..., :-1], found - 1
    if found == 3 and channels == 1 and (array == array[..., :1]).all():
        array, found = array[..., :1], 1
    if found == 1 and channels == 3:
        array, found = np.repeat(array, 3, axis=-1), 3
    if found != channels:
        kind = "an alpha channel that is not opaque" if found in (2, 4) else f"{found} channels"
        first = array.shape[0]
        advice = f"Convert the image, or ask for {found} channels."
        if first <= 16 < found:
            advice = f"Are its {first} channels first? They must be last: np.moveaxis(a, 0, -1)."
        raise ValueError(f"{name} has {kind}, and {channels} channels are wanted. {advice}")
    return array


def without_alpha(image: np.ndarray, background: Any, name: str) -> np.ndarray:
    """Return an image without its alpha channel, the last one.

    Args:
        image: array of shape `(height, width, channels)`.
        background: the number or the color that the image is laid on, or `"drop"` to ignore alpha.
        name: str, the image in an error message.

    Raises:
        ValueError: for alpha of a type whose opaque value is not known.
    """
    colors, alpha = image[..., :-1], image[..., -1:]
    if background == "drop":
        return colors
    if image.dtype.kind not in "uf":
        raise ValueError(f"{name} has an alpha channel of dtype {image.dtype}; drop or keep it")
    opaque = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1.0
    opacity = alpha / opaque
    blended = colors * opacity + np.asarray(background) * (1 - opacity)
    return (np.rint(blended) if image.dtype.kind == "u" else blended).astype(image.dtype)


def to_model_range(images: np.ndarray, name: str = "images") -> np.ndarray:
    """Return stored values as a new float32 array in [-1, 1].

    The full range of an unsigned integer type becomes [-1, 1]. `False` becomes -1 and `True` 1.
    Floats must lie in [-1, 1] and stay as they are.

    Args:
        images: array of any shape, of unsigned integers, bool or floats.
        name: str, the images in an error message. Defaults to `"images"`.

    Raises:
        ValueError: for floats outside [-1, 1] or not finite, and for other dtypes.
    """
    if images.dtype == bool:
        images = images.astype("uint8") * 255
    if np.issubdtype(images.dtype, np.unsignedinteger):
        images = np.multiply(images, 2.0 / np.iinfo(images.dtype).max, dtype="float32")
        images -= 1.0
        return images
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(
            f"{name} must be unsigned integers or floats in [-1, 1]. Received: dtype {images.dtype}"
            f"{_values(images)}"
        )
    # "Any value is outside" would be false for NaN.
    if images.size and not (np.abs(images).max() <= 1.0 + TOLERANCE):
        raise ValueError(
            f"{name} must lie in [-1, 1] where they are floats. Received: dtype {images.dtype}"
            f"{_values(images)}"
        )
    return images.astype("float32")


def by_percentiles(
    images: np.ndarray, percentiles: tuple[float, ...], name: str = "images"
) -> np.ndarray:
    """Return values as float32, of which two percentiles are -1 and 1. Others are clipped.

    Args:
        images: array of any shape.
        percentiles: tuple of two floats from 0 to 100.
        name: str, the images in an error message. Defaults to `"images"`.

    Raises:
        ValueError: for values that are not finite.
    """
    if not np.isfinite(images).all():
        raise ValueError(f"{name} must be finite. Received: NaN or infinite values")
    low, high = np.percentile(images, percentiles)
    if low == high:
        # More than these percentiles leave out is background.
        low, high = images.min(), images.max()
    values = (images.astype("float32") - low) * (2 / max(high - low, 1e-30)) - 1
    return np.clip(values, -1, 1).astype("float32")


def check_range(images: np.ndarray, limits: tuple[float, float], name: str = "images") -> None:
    """Refuse stored values outside of a range.

    Args:
        images: array of any shape.
        limits: tuple `(low, high)`.
        name: str, the images in the error message. Defaults to `"images"`.

    Raises:
        ValueError: naming the values.
    """
    low, high = limits
    # Integers are exact; floats may have been rounded.
    tolerance = 0 if images.dtype.kind in "iu" else TOLERANCE * (high - low) / 2
    # "Any value is outside" would be false for NaN.
    if not (low - tolerance <= images.min() and images.max() <= high + tolerance):
        raise ValueError(
            f"{name} must have values from {low} to {high}, as value_range says. Received: "
            f"values from {images.min():g} to {images.max():g}"
        )


def is_range(values: Any) -> bool:
    """Return whether something is two numbers or percentiles, the first below the second."""
    try:
        low, high = values
        if isinstance(low, str):
            low, high = (float(value[: value.index("%")]) for value in values)
            return 0 <= low < high <= 100
        return bool(np.isfinite([low, high]).all() and low < high)
    except (TypeError, ValueError, AttributeError):
        return False


def from_model_range(images: np.ndarray) -> np.ndarray:
    """Return floats in [-1, 1] as uint8 in [0, 255], rounded. Values outside are clipped."""
    return np.round(np.clip(images.astype("float32") * 127.5 + 127.5, 0, 255)).astype("uint8")


def _values(images: np.ndarray) -> str:
    """Return the values of images and, if they are numbers, how their range is named."""
    if images.dtype.kind not in "if" or not images.size:
        return ""
    text = f" with values from {images.min():g} to {images.max():g}"
    if np.isfinite(images).all():
        text += ". Name the range of all images: Picture(value_range=(low, high))"
    return text
