"""File <-> array, and stored values <-> the model's [-1, 1]."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

# What Pillow decodes without changing a value. "P" is turned into its colors.
MODES = {"1", "L", "P", "RGB", "RGBA", "I;16", "F"}


def read_image(path, channels=None):
    """Read an image file exactly.

    EXIF orientation is applied, palette images become their colors.

    Args:
        path: path of the file.
        channels: int, the channels wanted: grey is repeated to 3, and an alpha channel that is
            opaque everywhere is dropped; nothing else is converted. Defaults to `None`, as stored.

    Returns:
        An array of shape `(height, width, channels)` of the file's own dtype: uint8, uint16 or
        float32.

    Raises:
        ValueError: naming the file, if it is not an image, is truncated, or cannot be had with
            these channels without losing something.
    """
    try:
        with Image.open(path) as image:
            image.load()
            mode = image.mode
            image = ImageOps.exif_transpose(image)
            if mode == "P":
                image = image.convert("RGBA" if "transparency" in image.info else "RGB")
            elif mode == "1":
                image = image.convert("L")
    except FileNotFoundError:
        raise
    except Exception as error:
        # Pillow raises OSError, SyntaxError, struct.error and more on broken files.
        raise ValueError(f"{path} cannot be read as an image: {error}") from error
    if mode not in MODES:
        raise ValueError(
            f"{path} has Pillow's mode {mode!r}, which is not read without loss. "
            "Convert it to grey, RGB or RGBA."
        )
    array = np.atleast_3d(np.asarray(image))
    return array if channels is None else _with_channels(array, channels, path)


def _with_channels(array, channels, path):
    found = array.shape[-1]
    if found == 4 and channels != 4 and (array[..., 3] == np.iinfo(array.dtype).max).all():
        array, found = array[..., :3], 3
    if found == 3 and channels == 1 and (array == array[..., :1]).all():
        array, found = array[..., :1], 1
    if found == 1 and channels == 3:
        array, found = np.repeat(array, 3, axis=-1), 3
    if found != channels:
        kind = "an alpha channel that is not opaque" if found == 4 else f"{found} channels"
        raise ValueError(
            f"{path} has {kind}, and {channels} channels are wanted. Convert the file, or ask for "
            f"{found} channels."
        )
    return array


def write_image(path, image, **options):
    """Write a Pillow image, whole or not at all, into a folder that is made if it is missing."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    image.save(temporary, **options)
    temporary.replace(path)


def to_model_range(images):
    """Integers of any width, or floats in [-1, 1], as float32 in [-1, 1].

    Raises:
        ValueError: for floats outside [-1, 1] or not finite, and for other dtypes.
    """
    if images.dtype == bool:
        return images.astype("float32") * 2.0 - 1.0
    if np.issubdtype(images.dtype, np.unsignedinteger):
        return images.astype("float32") * np.float32(2.0 / np.iinfo(images.dtype).max) - 1.0
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(
            f"Images must be unsigned integers or floats in [-1, 1]. Received: dtype {images.dtype}"
        )
    # Not "any value is outside", which NaN would pass.
    if images.size and not (np.abs(images).max() <= 1.0 + 1e-3):
        raise ValueError(
            "Images of floats must lie in [-1, 1]. Received: values from "
            f"{images.min():g} to {images.max():g}"
        )
    return images.astype("float32")


def from_model_range(images):
    """Floats in [-1, 1] as uint8 in [0, 255], rounded."""
    return np.round(np.clip(images.astype("float32") * 127.5 + 127.5, 0, 255)).astype("uint8")


def resize(array, size, box, nearest):
    """Cut `box` out of an image and scale it to `size`, in one pass.

    Args:
        array: array of shape `(height, width, channels)`, of any number of channels.
        size: tuple `(height, width)` wanted.
        box: tuple `(left, top, right, bottom)` in pixels of `array`, fractions allowed.
        nearest: bool, whether every pixel keeps a value that the image has, as a mask must;
            otherwise bicubic, within the values that the dtype of `array` has.

    Returns:
        An array of shape `(*size, channels)` and the dtype of `array`.
    """
    filter_ = Image.Resampling.NEAREST if nearest else Image.Resampling.BICUBIC
    shape = size[::-1]
    if array.dtype == np.uint8 and array.shape[-1] in (1, 3):
        image = Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)
        return np.asarray(image.resize(shape, filter_, box)).reshape(*size, -1)
    # Channel by channel: Pillow would weigh the colors of RGBA with alpha.
    planes = [
        np.asarray(Image.fromarray(array[..., c].astype("float32")).resize(shape, filter_, box))
        for c in range(array.shape[-1])
    ]
    result = np.stack(planes, axis=-1)
    if np.issubdtype(array.dtype, np.integer):
        limits = np.iinfo(array.dtype)
        return np.clip(np.round(result), limits.min, limits.max).astype(array.dtype)
    return np.clip(result, array.min(), array.max()).astype(array.dtype)
