"""Write image files, as a whole or row by row. A file is never left half-written."""

import contextlib
import secrets
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from PIL import Image

from keras_pix2pix.types import PathLike

# PNG's color type for each number of channels.
PNG_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
# PNG's filter "up": each row is stored as its difference from the row above.
PNG_FILTER_UP = 2

# A function that writes the next rows, an array of shape `(rows, width, channels)`.
RowWriter: TypeAlias = Callable[[np.ndarray], object]


@contextlib.contextmanager
def atomic_path(path: PathLike) -> Iterator[Path]:
    """Yield a temporary path, which is renamed to `path` at the end.

    If writing fails, the temporary file is removed and an old file at `path` stays as it was. The
    folder is created if it is missing. Two processes that write the same file do not disturb each
    other, on several machines either.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.partial{path.suffix}")
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


def suffix_for(dtype: np.dtype, channels: int) -> str:
    """Return `".png"` if PNG can store such an image, else `".npy"`."""
    return ".png" if dtype in ("uint8", "uint16") and channels in PNG_COLOR_TYPES else ".npy"


@contextlib.contextmanager
def row_writer(path: Path, shape: tuple[int, int, int], dtype: np.dtype) -> Iterator[RowWriter]:
    """Yield a function that writes the next rows of a PNG or .npy file.

    The file appears at `path` when all is written. The folder is created if it is missing.

    Args:
        path: `Path` of the file.
        shape: tuple `(height, width, channels)`.
        dtype: numpy dtype.
    """
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        if path.suffix == ".png":
            with _png_writer(file, shape, dtype) as write:
                yield write
        else:
            header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            yield lambda rows: file.write(np.ascontiguousarray(rows).data)


@contextlib.contextmanager
def _png_writer(
    file: BinaryIO, shape: tuple[int, int, int], dtype: np.dtype
) -> Iterator[RowWriter]:
    def write_chunk(name: bytes, content: bytes) -> None:
        checksum = zlib.crc32(name + content)
        file.write(struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum))

    height, width, channels = shape
    depth = 8 * dtype.itemsize
    row_above = np.zeros((1, width * channels * dtype.itemsize), "uint8")
    packer = zlib.compressobj()

    def write(rows: np.ndarray) -> None:
        nonlocal row_above
        # PNG stores the high byte first.
        pixels = rows.astype(dtype.newbyteorder(">")).reshape(len(rows), -1).view("uint8")
        lines = np.full((len(rows), 1 + pixels.shape[1]), PNG_FILTER_UP, "uint8")
        lines[:, 1:] = pixels - np.concatenate([row_above, pixels[:-1]])
        row_above = pixels[-1:]
        write_chunk(b"IDAT", packer.compress(lines.data))

    file.write(b"\x89PNG\r\n\x1a\n")
    color_type = PNG_COLOR_TYPES[channels]
    write_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0))
    yield write
    write_chunk(b"IDAT", packer.flush())
    write_chunk(b"IEND", b"")
