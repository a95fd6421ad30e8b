"""File <-> array, and stored values <-> the model's [-1, 1]."""

import contextlib
import os
import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

# What Pillow decodes without changing a value.
MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "F"}
# How far beyond [-1, 1] a value may lie: rounding, not another range.
TOLERANCE = 1e-3
# How Pillow calls the 16-bit colors that it would silently cut to 8 bits.
DEEP_COLOR = re.compile(r"'(RGB|LA)\w*;16")
# The numbers of two tags of TIFF and EXIF.
SAMPLES_PER_PIXEL = 277
ORIENTATION = 274


def read_image(path, indices=False):
    """Read an image file exactly: JPEG, PNG, BMP, WebP, GIF, TIFF or .npy.

    EXIF orientation is applied, palette images become their colors, a color that is declared
    transparent becomes an alpha channel. Of the several pictures in a phone's JPEG (MPO) the first
    is taken, which is the photo. What Pillow would cut (16-bit colors, more than 4 channels) is
    read by tifffile or imagecodecs.

    Args:
        path: path of the file.
        indices: bool, whether a palette image gives the indices into its palette, as label maps
            need, instead of colors. Defaults to `False`.

    Returns:
        An array of shape `(height, width, channels)` of the file's own dtype.

    Raises:
        FileNotFoundError: naming the file, if it is not there.
        ValueError: naming the file, if it is not an image, is truncated, holds several pictures, or
            cannot be read without losing something.
    """
    with reading(path):
        path = os.fspath(path)
        if path.lower().endswith(".npy"):
            image = np.load(path, allow_pickle=False)
        else:
            image = np.asarray(open_picture(path, indices))
    image = image.reshape(check_shape(image.shape, path))
    return image.astype(image.dtype.newbyteorder("="), copy=False)


def check_shape(shape, path):
    """The shape `(height, width, channels)` of what a file holds.

    Raises:
        ValueError: naming the file, if that is not one image.
    """
    if len(shape) not in (2, 3) or 0 in shape:
        raise ValueError(
            f"{shown(path)} must hold one image of shape (height, width) or (height, width, "
            f"channels). Received: shape {shape}"
        )
    return (*shape, 1)[:3]


@contextlib.contextmanager
def reading(path):
    """Until the end, whatever goes wrong is an error that names the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(f"There is no file {shown(path)}") from error
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"{shown(path)} is so large that it is read in tiles only, as with tile=512: {error}"
        ) from error
    except Exception as error:
        # Pillow raises OSError, SyntaxError, struct.error and more on broken files.
        raise ValueError(f"{shown(path)} cannot be read as an image: {error}") from error


def shown(path):
    """A path as text that can be printed, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def open_picture(path, indices):
    """What Pillow reads exactly, as its image; of the rest what other libraries do, as array."""
    try:
        with Image.open(path) as image:
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and image.format != "MPO":
                raise ValueError(f"it has {frames} pictures (pages or frames), and one is wanted")
            deep = bool(DEEP_COLOR.search(str(image.tile)))
            if image.format == "PNG" and deep:
                return _read_deep_png(path, image.getexif().get(ORIENTATION, 1))
            samples = getattr(image, "tag_v2", {}).get(SAMPLES_PER_PIXEL, 1)
            if deep or samples > len(image.mode):
                raise ValueError(_lossy(image))
            return upright(image, indices)
    except (OSError, SyntaxError, ValueError):
        if not path.lower().endswith((".tif", ".tiff")):
            raise
        return _read_tiff(path)


def upright(image, indices):
    """A Pillow image, turned in place, as it is shown, of a mode whose values an array can have.

    Raises:
        ValueError: if the image cannot be had so without losing something.
    """
    if image.mode not in MODES:
        raise ValueError(_lossy(image))
    mode = image.mode
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    if mode == "P" and indices:
        return image
    if "transparency" in image.info:
        if mode not in {"1", "L", "P", "RGB"}:
            raise ValueError(f"a transparent color of mode {mode!r} is not read without loss")
        return image.convert("RGBA")
    if mode in {"1", "P"}:
        return image.convert("L" if mode == "1" else "RGB")
    return image


def _lossy(image):
    return f"its mode {image.mode!r} is not read without loss. Convert it to grey, RGB or RGBA"


def _read_tiff(path):
    import tifffile

    with tifffile.TiffFile(path) as file:
        series = _single_series(file)
        image = series.asarray()
    return np.moveaxis(image, 0, -1) if series.axes in ("SYX", "CYX") else image


def map_tiff(path):
    """A function that maps a TIFF file into memory, or None where that is not its pixels."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            series = _single_series(file)
            mappable = series.dataoffset is not None and series.axes in ("YX", "YXS", "YXC")
    except (ValueError, tifffile.TiffFileError):
        return None
    return (lambda: tifffile.memmap(path, mode="r")) if mappable else None


def _single_series(file):
    page, series = file.pages[0], file.series[0]
    if len(file.series) > 1 or series.axes not in ("YX", "YXS", "SYX", "YXC", "CYX"):
        raise ValueError(f"it has several pictures (axes {series.axes}), and one is wanted")
    if page.photometric.name not in ("MINISBLACK", "RGB"):
        raise ValueError(f"its colors ({page.photometric.name}) are not read without loss")
    if ORIENTATION in page.tags:
        _refuse_turned(page.tags[ORIENTATION].value)
    return series


def _read_deep_png(path, orientation):
    _refuse_turned(orientation)
    try:
        import imagecodecs
    except ImportError as error:
        raise ValueError(
            "colors of 16 bits need another reader: pip install keras-pix2pix[deep]"
        ) from error
    with open(path, "rb") as file:
        return imagecodecs.png_decode(file.read())


def _refuse_turned(orientation):
    if orientation != 1:
        raise ValueError("it is stored turned or mirrored; save it upright")


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
    with written_whole(path) as temporary:
        image.save(temporary, **options)


@contextlib.contextmanager
def written_whole(path):
    """A name to write to, which becomes `path` at the end, or is removed if writing fails.

    The folder is made if it is missing.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def to_model_range(images, name="images"):
    """Unsigned integers of any width, bool, or floats in [-1, 1], as new float32 in [-1, 1].

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
        images = np.multiply(images, scale, dtype="float32")
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
    return images.astype("float32")


def from_model_range(images):
    """Floats in [-1, 1] as uint8 in [0, 255], rounded."""
    return np.round(np.clip(images.astype("float32") * 127.5 + 127.5, 0, 255)).astype("uint8")
