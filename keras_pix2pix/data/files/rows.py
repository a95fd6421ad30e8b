"""Images too large to be held as a whole: read and written by rows."""

import contextlib
import os
import struct
import warnings
import zlib

import numpy as np
from PIL import Image

from keras_pix2pix.data.files.images import (
    check_shape,
    map_tiff,
    open_picture,
    reading,
    written_whole,
)

# Pixels that Pillow may decode where an image is read by rows: 2.1 GB of memory.
LARGEST = 2**29
# PNG's number for what each count of channels means.
PNG_COLORS = {1: 0, 2: 4, 3: 2, 4: 6}
# Each row is stored as its difference from the one above.
PNG_FILTER = 2


class Rows:
    """An image of which rows are read when they are asked for.

    `rows[first:last]` is an array of shape `(last - first, width, channels)`.

    Args:
        shape: tuple `(height, width, channels)`.
        read: a function from a slice to an array of these rows.
    """

    def __init__(self, shape, read):
        self.shape = shape
        self._read = read

    def __getitem__(self, part):
        rows = np.array(self._read(part)).reshape(-1, *self.shape[1:])
        return rows.astype(rows.dtype.newbyteorder("="), copy=False)


def open_rows(path, indices=False):
    """An image file as `Rows`.

    Of .npy and of TIFF that is not compressed, only the rows that are asked for are read. Other
    files are decoded as a whole, which takes Pillow up to 4 bytes a pixel.

    Args:
        path: path of the file.
        indices: bool, as for `read_image`.

    Raises:
        FileNotFoundError: naming the file, if it is not there.
        ValueError: naming the file, if it cannot be read, as for `read_image`, or if more than
            `LARGEST` pixels had to be decoded.
    """
    with reading(path):
        path = os.fspath(path)
        mapped = None
        if path.lower().endswith(".npy"):
            mapped = lambda: np.load(path, mmap_mode="r", allow_pickle=False)  # noqa: E731
        elif path.lower().endswith((".tif", ".tiff")):
            mapped = map_tiff(path)
        if mapped is None:
            with _larger_allowed():
                picture = open_picture(path, indices)
            if isinstance(picture, Image.Image):
                return pillow_rows(picture)
            shape, read = picture.shape, picture.__getitem__
        else:
            # Mapped anew each time: what was read would stay in memory.
            shape, read = mapped().shape, lambda part: mapped()[part]
    return Rows(check_shape(shape, path), read)


def pillow_rows(picture):
    """A Pillow image as `Rows`, without a second copy of it in memory."""
    width, height = picture.size

    def read(part):
        return np.asarray(picture.crop((0, part.start, width, part.stop)))

    return Rows((height, width, len(picture.getbands())), read)


@contextlib.contextmanager
def _larger_allowed():
    usual = Image.MAX_IMAGE_PIXELS
    # Pillow refuses twice as much, and warns in between.
    Image.MAX_IMAGE_PIXELS = LARGEST // 2
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = usual


def ending_for(dtype, channels):
    """`".png"` where PNG can hold it, else `".npy"`."""
    return ".png" if dtype in ("uint8", "uint16") and channels in PNG_COLORS else ".npy"


@contextlib.contextmanager
def writing_rows(path, shape, dtype):
    """A function that writes the next rows of a PNG or .npy file, which is there whole or not.

    Args:
        path: path of the file, in a folder that is made if it is missing.
        shape: tuple `(height, width, channels)`.
        dtype: numpy dtype.
    """
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        if path.suffix == ".png":
            with _png(file, shape, dtype) as write:
                yield write
        else:
            header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            yield lambda rows: file.write(np.ascontiguousarray(rows))


@contextlib.contextmanager
def _png(file, shape, dtype):
    def chunk(name, content):
        check = zlib.crc32(name + content)
        file.write(struct.pack(">I", len(content)) + name + content + struct.pack(">I", check))

    height, width, channels = shape
    depth = 8 * dtype.itemsize
    above = np.zeros((1, width * channels * dtype.itemsize), "uint8")
    packer = zlib.compressobj()

    def write(rows):
        nonlocal above
        # PNG has the high byte first.
        pixels = rows.astype(dtype.newbyteorder(">")).reshape(len(rows), -1).view("uint8")
        lines = np.full((len(rows), 1 + pixels.shape[1]), PNG_FILTER, "uint8")
        lines[:, 1:] = pixels - np.concatenate([above, pixels[:-1]])
        above = pixels[-1:]
        chunk(b"IDAT", packer.compress(lines))

    file.write(b"\x89PNG\r\n\x1a\n")
    kind = PNG_COLORS[channels]
    chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    yield write
    chunk(b"IDAT", packer.flush())
    chunk(b"IEND", b"")
