"""Convert the channels and the value range of arrays."""

from typing import Any

import keras
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
        ignored = f", ignore alpha with Picture({channels}, alpha='drop')"
        alpha = ignored if found in (2, 4) and channels == found - 1 else ""
        advice = f"Convert the image{alpha}, or use Picture({found})."
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


def by_own_range(images: np.ndarray, value_range: Any, name: str = "images") -> np.ndarray:
    """Return values as float32 in [-1, 1] by a range of their own. Values beyond it are clipped.

    Args:
        images: array of any shape.
        value_range: tuple of two percentiles such as `"1%"`, or a function of the array that
            returns the low and the high end.
        name: str, the images in an error message. Defaults to `"images"`.

    Raises:
        ValueError: for values that are not finite, and for a function that does not return a range.
    """
    if not np.isfinite(images).all():
        raise ValueError(f"{name} must be finite. Received: NaN or infinite values")
    if callable(value_range):
        found = value_range(images)
        # Of an image of one value, both ends may be this value.
        if not is_range(found) and not (np.shape(found) == (2,) and found[0] == found[1]):
            raise ValueError(
                f"The value_range of {name} must be (low, high), two numbers with low below high. "
                f"The function {value_range.__name__} returned: {found!r}"
            )
        low, high = map(float, found)
    else:
        low, high = np.percentile(images, [float(value.rstrip("%")) for value in value_range])
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


def check_value_range(value_range: Any) -> None:
    """Refuse what is no range, and a function that cannot be saved.

    Raises:
        ValueError: saying what a range is.
    """
    if callable(value_range):
        saved_value(value_range)
    elif value_range is not None and not is_range(value_range):
        raise ValueError(
            "value_range must be (low, high), two numbers with low below high, or two percentiles "
            f"such as ('1%', '99%'). Received: {value_range!r}"
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


def saved_value(value: Any) -> Any:
    """Return a setting as JSON can hold it: a function by the name under which Keras knows it.

    Raises:
        ValueError: for a function that Keras does not know.
    """
    if not callable(value):
        return value
    name = keras.saving.get_registered_name(value)
    if keras.saving.get_registered_object(name) is not value:
        raise ValueError(
            "A function as value_range must be registered, so that it can be saved with the model: "
            f"write @keras.saving.register_keras_serializable() above it. Received: {value!r}"
        )
    return {"function": name}


def loaded_value(saved: Any) -> Any:
    """Return the setting of which `saved_value` has returned this.

    Raises:
        ValueError: for a function that is not registered in this program.
    """
    if not isinstance(saved, dict):
        return saved
    function = keras.saving.get_registered_object(saved["function"])
    if function is None:
        raise ValueError(
            f"A value_range is the function {saved['function']!r}, which is not registered here: "
            "import the module that has it before the model is loaded."
        )
    return function


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
