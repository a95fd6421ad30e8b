"""Read image files without changing a value."""

import contextlib
import io
import logging
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.types import PathLike

# Modes that Pillow decodes without changing a value.
EXACT_MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "F"}
# Pillow's raw modes of 16-bit colors. It would reduce them to 8 bits without an error.
DEEP_COLOR = re.compile(r"'(RGB|LA)\w*;16")
# Numbers of tags of TIFF and EXIF.
BITS_PER_SAMPLE = 258
SAMPLES_PER_PIXEL = 277
ORIENTATION = 274
# The tag of TIFF that says what values stand for, and its value for "0 is white".
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
# What files begin with: .npy, TIFF and BigTIFF, of either order of bytes.
NPY = b"\x93NUMPY"
TIFF = b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"
# Pillow logs an error of each TIFF of many bands, which tifffile then reads.
logging.getLogger("PIL.TiffImagePlugin").addFilter(
    lambda record: not str(record.msg).startswith("More samples per pixel")
)


def read_image(path: PathLike, palette_indices: bool = False) -> np.ndarray:
    """Read an image file exactly: JPEG, PNG, BMP, WebP, GIF, TIFF or .npy.

    The EXIF orientation is applied. The indices of a palette image are replaced by their colors. A
    color that is declared transparent becomes an alpha channel. Of a phone's JPEG with several
    images (MPO), the first one is read: it is the photo. tifffile or imagecodecs reads what Pillow
    would reduce: 16-bit colors and more than 4 channels.

    Args:
        path: path of the file.
        palette_indices: bool, whether a palette image is read as indices into its palette, as label
            maps need it. Defaults to `False`.

    Returns:
        An array of shape `(height, width, channels)`. Its dtype is that of the file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is not an image, is truncated, holds several images, or cannot be
            read without loss. The message names the file.
    """
    with naming_file(path):
        path = os.fspath(path)
        if path.lower().endswith(".npy"):
            image = np.load(path, allow_pickle=False)
        else:
            image = np.asarray(open_image(path, palette_indices))
    image = image.reshape(check_shape(image.shape, path))
    return image.astype(image.dtype.newbyteorder("="), copy=False)


def decode_image(content: bytes, name: str, palette_indices: bool = False) -> np.ndarray:
    """Read the content of an image file, as `read_image` reads the file.

    Args:
        content: bytes, all of the file.
        name: str, of the image in error messages.
        palette_indices: bool, as for `read_image`. Defaults to `False`.

    Raises:
        ValueError: as `read_image`.
    """
    file = io.BytesIO(content)
    with naming_file(name):
        if content.startswith(NPY):
            image = np.load(file, allow_pickle=False)
        else:
            image = np.asarray(open_image(file, palette_indices))
    image = image.reshape(check_shape(image.shape, name))
    return image.astype(image.dtype.newbyteorder("="), copy=False)


def check_shape(shape: tuple[int, ...], path: PathLike) -> tuple[int, int, int]:
    """Return the shape `(height, width, channels)` of the image in a file.

    Args:
        shape: tuple, the shape of the array that the file holds.
        path: path of the file, for the error message.

    Raises:
        ValueError: if an array of this shape is not one image.
    """
    if len(shape) not in (2, 3) or 0 in shape:
        raise ValueError(
            f"{printable_path(path)} must hold one image of shape (height, width) or (height, "
            f"width, channels). Received: shape {shape}"
        )
    height, width, channels = (*shape, 1)[:3]
    return height, width, channels


@contextlib.contextmanager
def naming_file(path: PathLike) -> Iterator[None]:
    """Turn every error inside the `with` block into one that names the file.

    Args:
        path: path of the file that is read inside the block.

    Raises:
        FileNotFoundError: if the file was not found.
        ValueError: for all other errors.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(f"There is no file {printable_path(path)}") from error
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"{printable_path(path)} is so large that it is read in tiles only, as with tile=512: "
            f"{error}"
        ) from error
    except Exception as error:
        # Pillow raises OSError, SyntaxError, struct.error and more on broken files.
        raise ValueError(f"{printable_path(path)} cannot be read as an image: {error}") from error


def open_image(path: str | io.BytesIO, palette_indices: bool) -> Image.Image | np.ndarray:
    """Open an image file with the library that reads it exactly.

    Args:
        path: str, path of the file; or its content.
        palette_indices: bool, as for `read_image`.

    Returns:
        A Pillow image if Pillow reads the file exactly, else an array.
    """
    try:
        with Image.open(path) as image:
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and image.format != "MPO":
                raise ValueError(f"it has {frames} pictures (pages or frames), and one is wanted")
            deep = bool(DEEP_COLOR.search(str(image.tile)))
            if image.format == "PNG" and deep:
                return _read_deep_png(path, image.getexif().get(ORIENTATION, 1))
            tags = getattr(image, "tag_v2", {})
            samples = tags.get(SAMPLES_PER_PIXEL, 1)
            deep |= samples > 1 and max(tags.get(BITS_PER_SAMPLE, (8,))) > 8
            if deep or samples > len(image.getbands()):
                raise ValueError(_inexact(image))
            return to_upright(image, palette_indices)
    except (OSError, SyntaxError, ValueError):
        if not _is_tiff(path):
            raise
        return _read_tiff(path)


def _is_tiff(path: str | io.BytesIO) -> bool:
    if isinstance(path, str):
        return path.lower().endswith((".tif", ".tiff"))
    return path.getvalue().startswith(TIFF)


def to_upright(image: Image.Image, palette_indices: bool, in_place: bool = True) -> Image.Image:
    """Apply the EXIF orientation of an image, and convert it to a mode that NumPy can hold.

    Args:
        image: `PIL.Image.Image`.
        palette_indices: bool, as for `read_image`.
        in_place: bool, whether the image may be changed. Defaults to `True`.

    Raises:
        ValueError: if the conversion would lose something.
    """
    if image.mode not in EXACT_MODES:
        raise ValueError(_inexact(image))
    mode = image.mode
    image.load()
    # Of 8 bits and fewer, Pillow has already made 0 black.
    white_is_zero = getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO
    if in_place:
        ImageOps.exif_transpose(image, in_place=True)
    else:
        image = ImageOps.exif_transpose(image)
    if white_is_zero and mode in {"I;16", "I;16B", "F"}:
        return Image.fromarray(_with_black_at_zero(np.asarray(image)))
    if mode == "P" and palette_indices:
        return image
    if "transparency" in image.info:
        if mode not in {"1", "L", "P", "RGB"}:
            raise ValueError(f"a transparent color of mode {mode!r} is not read without loss")
        return image.convert("RGBA")
    if mode in {"1", "P"}:
        return image.convert("L" if mode == "1" else "RGB")
    return image


def _with_black_at_zero(image: np.ndarray) -> np.ndarray:
    """Return an image in which 0 was white."""
    if image.dtype.kind != "u":
        raise ValueError(
            f"its 0 is white (MINISWHITE), and {image.dtype} does not tell where black is. Store "
            "it with 0 as black (MINISBLACK)"
        )
    return np.iinfo(image.dtype).max - image.astype(image.dtype.newbyteorder("="))


def _inexact(image: Image.Image) -> str:
    if image.mode == "I":
        return (
            "Pillow's mode 'I' does not tell which integers are stored. Give the path of a TIFF "
            "file, or an array, in its place"
        )
    return f"its mode {image.mode!r} is not read without loss. Convert it to grey, RGB or RGBA"


def _read_deep_png(path: str | io.BytesIO, orientation: int) -> np.ndarray:
    _refuse_orientation(orientation)
    try:
        import imagecodecs
    except ImportError as error:
        raise ValueError(
            "colors of 16 bits need another reader: pip install keras-pix2pix[deep]"
        ) from error
    if isinstance(path, str):
        with open(path, "rb") as file:
            return imagecodecs.png_decode(file.read())
    return imagecodecs.png_decode(path.getvalue())


def _read_tiff(path: str | io.BytesIO) -> np.ndarray:
    import tifffile

    with tifffile.TiffFile(path) as file:
        series = _only_series(file)
        image = series.asarray()
        if file.pages.first.photometric == WHITE_IS_ZERO:
            image = _with_black_at_zero(image)
    return np.moveaxis(image, 0, -1) if series.axes in ("SYX", "CYX") else image


def map_tiff(path: str) -> Callable[[], np.ndarray] | None:
    """Return a function that maps the pixels of a TIFF file into memory.

    Args:
        path: str, path of the file.

    Returns:
        A function without arguments, or `None` if the pixels are not stored in a form that can be
        mapped: they are compressed, for example.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            series = _only_series(file)
            mappable = (
                series.dataoffset is not None
                and series.axes in ("YX", "YXS", "YXC")
                and file.pages.first.photometric != WHITE_IS_ZERO
            )
    except (ValueError, tifffile.TiffFileError):
        return None
    return (lambda: tifffile.memmap(path, mode="r")) if mappable else None


def _only_series(file: Any) -> Any:
    """Return the `TiffPageSeries` of a `TiffFile` that holds one image."""
    page, series = file.pages.first, file.series[0]
    if len(file.series) > 1 or series.axes not in ("YX", "YXS", "SYX", "YXC", "CYX"):
        raise ValueError(
            f"it has several pictures (axes {series.axes}, shape {series.shape}), and one is "
            "wanted. tifffile writes an array (height, width, channels) as one picture with "
            "imwrite(..., photometric='minisblack', planarconfig='contig')"
        )
    colors = getattr(page.photometric, "name", page.photometric)
    if colors not in ("MINISBLACK", "RGB") and not (
        page.photometric == WHITE_IS_ZERO and series.axes == "YX"
    ):
        raise ValueError(f"its colors ({colors}) are not read without loss")
    if ORIENTATION in page.tags:
        _refuse_orientation(page.tags[ORIENTATION].value)
    return series


def _refuse_orientation(orientation: int) -> None:
    if orientation != 1:
        raise ValueError("it is stored turned or mirrored; save it upright")
