"""Write image files, as a whole or row by row. A file is never left half-written."""

import contextlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from keras_pix2pix.data.files.tiff import TiffLayout, is_tiff, write_tiff
from keras_pix2pix.types import PathLike

# PNG's color type for each number of channels.
PNG_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
# The same for indices into a palette.
PNG_INDEXED = 3
# PNG's filter "up": each row is stored as its difference from the row above.
PNG_FILTER_UP = 2


@contextlib.contextmanager
def atomic_path(path: PathLike) -> Iterator[Path]:
    """Yield a temporary path, which is renamed to `path` at the end.

    If writing fails, the temporary file is removed and an old file at `path` stays as it was. The
    folder is created if it is missing.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_image(path: PathLike, image: Image.Image, **options: Any) -> None:
    """Write a Pillow image to a file, in a folder that is created if it is missing.

    Args:
        path: path of the file.
        image: `PIL.Image.Image`.
        **options: as for `PIL.Image.Image.save`.
    """
    with atomic_path(path) as temporary:
        image.save(temporary, **options)


def suffix_for(dtype: np.dtype, channels: int, source: PathLike = "") -> str:
    """Return the ending of the file for a picture.

    TIFF stays TIFF. Of other images, the picture is PNG if that can store it. If not, it is .npy
    where the image is, and else TIFF.

    Args:
        dtype: NumPy dtype of the picture.
        channels: int, of the picture.
        source: path of the image that the picture is generated from.
    """
    suffix = Path(source).suffix.lower()
    if is_tiff(suffix):
        return suffix
    if dtype in ("uint8", "uint16") and channels in PNG_COLOR_TYPES:
        return ".png"
    return ".npy" if suffix == ".npy" else ".tif"


def write_rows(
    path: Path,
    shape: tuple[int, int, int],
    dtype: np.dtype,
    bands: Iterable[np.ndarray],
    layout: TiffLayout | None = None,
    palette: np.ndarray | None = None,
    alpha: bool = False,
) -> None:
    """Write a PNG, TIFF or .npy file by rows.

    The file appears at `path` when all is written. The folder is created if it is missing.

    Args:
        path: `Path` of the file.
        shape: tuple `(height, width, channels)`.
        dtype: NumPy dtype.
        bands: iterable of arrays of shape `(rows, width, channels)`, from top to bottom.
        layout: as for `write_tiff`. Defaults to `None`.
        palette: uint8 array of shape `(colors, 3)`, the colors that the pixels of one channel of
            uint8 are indices of, in PNG and TIFF. Defaults to `None`.
        alpha: as for `write_tiff`. Defaults to `False`.
    """
    with atomic_path(path) as temporary:
        if is_tiff(path):
            write_tiff(temporary, shape, dtype, bands, layout, palette, alpha)
            return
        with open(temporary, "wb") as file:
            if path.suffix == ".png":
                _write_png(file, shape, dtype, bands, palette)
                return
            header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for rows in bands:
                file.write(np.ascontiguousarray(rows).data)


def _write_png(
    file: BinaryIO,
    shape: tuple[int, int, int],
    dtype: np.dtype,
    bands: Iterable[np.ndarray],
    palette: np.ndarray | None,
) -> None:
    def write_chunk(name: bytes, content: bytes) -> None:
        checksum = zlib.crc32(name + content)
        file.write(struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum))

    height, width, channels = shape
    depth = 8 * dtype.itemsize
    row_above = np.zeros((1, width * channels * dtype.itemsize), "uint8")
    packer = zlib.compressobj()
    file.write(b"\x89PNG\r\n\x1a\n")
    color_type = PNG_COLOR_TYPES[channels] if palette is None else PNG_INDEXED
    write_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0))
    if palette is not None:
        write_chunk(b"PLTE", palette.tobytes())
    for rows in bands:
        # PNG stores the high byte first.
        stored = rows.astype(dtype.newbyteorder(">"), order="C")
        pixels = stored.reshape(len(rows), -1).view("uint8")
        lines = np.full((len(rows), 1 + pixels.shape[1]), PNG_FILTER_UP, "uint8")
        lines[:, 1:] = pixels - np.concatenate([row_above, pixels[:-1]])
        row_above = pixels[-1:]
        write_chunk(b"IDAT", packer.compress(lines.data))
    write_chunk(b"IDAT", packer.flush())
    write_chunk(b"IEND", b"")
