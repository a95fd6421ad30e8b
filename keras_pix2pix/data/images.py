"""File <-> array, and stored values <-> the model's [-1, 1]."""

import contextlib
import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

# What Pillow decodes without changing a value. "P" is turned into its colors.
MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "F"}
# How far beyond [-1, 1] a value may lie: rounding, not another range.
TOLERANCE = 1e-3
# How Pillow calls the 16-bit colors that it would silently cut to 8 bits.
DEEP_COLOR = re.compile(r"'(RGB|LA)\w*;16")


def read_image(path, channels=None):
    """Read an image file exactly.

    EXIF orientation is applied, palette images become their colors, a color that is declared
    transparent becomes an alpha channel.

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
            mode = image.mode + ";16" * bool(DEEP_COLOR.search(str(image.tile)))
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            if "transparency" in image.info and mode in {"1", "L", "P", "RGB"}:
                image = image.convert("RGBA")
            elif mode in {"1", "P"}:
                image = image.convert("L" if mode == "1" else "RGB")
    except FileNotFoundError:
        raise
    except Exception as error:
        # Pillow raises OSError, SyntaxError, struct.error and more on broken files.
        raise ValueError(f"{path} cannot be read as an image: {error}") from error
    if mode not in MODES:
        raise ValueError(
            f"{path} has Pillow's mode {mode!r}, which is not read without loss. "
            "Convert it to grey, RGB or RGBA, of 8 bits where it has colors."
        )
    array = np.atleast_3d(np.asarray(image))
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    return array if channels is None else with_channels(array, channels, path)


def with_channels(array, channels, name):
    """Repeat grey to 3 channels, drop an opaque alpha or equal colors; never lose anything.

    Args:
        array: array of shape `(height, width, channels)`.
        channels: int, the channels wanted.
        name: what the image is called in an error.

    Raises:
        ValueError: if the image cannot be had with these channels without losing something.
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
        raise ValueError(
            f"{name} has {kind}, and {channels} channels are wanted. Convert the image, or ask "
            f"for {found} channels."
        )
    return array


def write_image(path, image, **options):
    """Write a Pillow image, whole or not at all, into a folder that is made if it is missing."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        image.save(temporary, **options)


@contextlib.contextmanager
def written_whole(path):
    """A name to write to, which becomes `path` at the end, or is removed if writing fails."""
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def to_model_range(images, name="images"):
    """Unsigned integers of any width, bool, or floats in [-1, 1], as float32 in [-1, 1].

    Args:
        images: array of any shape.
        name: what the images are called in an error. Defaults to `"images"`.

    Raises:
        ValueError: for floats outside [-1, 1] or not finite, and for other dtypes.
    """
    if images.dtype == bool:
        images = images.astype("uint8") * np.uint8(255)
    if np.issubdtype(images.dtype, np.unsignedinteger):
        scale = np.float32(2.0 / np.iinfo(images.dtype).max)
        images = images.astype("float32")
        images *= scale
        images -= 1.0
        return images
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(
            f"{name} must be unsigned integers or floats in [-1, 1]. Received: dtype {images.dtype}"
        )
    # Not "any value is outside", which NaN would pass.
    if images.size and not (np.abs(images).max() <= 1.0 + TOLERANCE):
        raise ValueError(
            f"{name} must lie in [-1, 1] where they are floats. Received: values from "
            f"{images.min():g} to {images.max():g}"
        )
    return images.astype("float32", copy=False)


def from_model_range(images):
    """Floats in [-1, 1] as uint8 in [0, 255], rounded."""
    return np.round(np.clip(images.astype("float32") * 127.5 + 127.5, 0, 255)).astype("uint8")


def resize(array, size, box, nearest):
    """Cut `box` out of an image and scale it to `size`, in one pass.

    Args:
        array: uint8 or float32 array of shape `(height, width, channels)`.
        size: tuple `(height, width)` wanted.
        box: tuple `(left, top, right, bottom)` in pixels of `array`, fractions allowed.
        nearest: bool, whether every pixel keeps a value that the image has, as a mask must;
            otherwise bicubic, which never leaves 0 to 255, or the range that floats have.

    Returns:
        An array of shape `(*size, channels)` and the dtype of `array`.
    """
    if nearest:
        left, top, right, bottom = box
        rows = top + (np.arange(size[0]) + 0.5) * ((bottom - top) / size[0])
        columns = left + (np.arange(size[1]) + 0.5) * ((right - left) / size[1])
        return array.take(rows.astype(int), axis=0).take(columns.astype(int), axis=1)
    # Pillow takes planes of floats one by one, and would weigh the colors of RGBA with alpha.
    colors = array.dtype == np.uint8 and array.shape[-1] == 3
    scaled = [
        np.asarray(Image.fromarray(part).resize(size[::-1], Image.Resampling.BICUBIC, box))
        for part in ([array] if colors else np.moveaxis(array, -1, 0))
    ]
    if colors:
        return scaled[0]
    result = np.stack(scaled, axis=-1)
    return result if array.dtype == np.uint8 else np.clip(result, array.min(), array.max())
