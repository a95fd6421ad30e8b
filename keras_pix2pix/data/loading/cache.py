"""Keep decoded pairs in memory or in a file, so that each pair is read only once."""

import errno
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from typing import IO

import numpy as np
import psutil

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.types import PathLike

# The share of the free memory that a cache may take. A larger cache is a file.
MEMORY_SHARE = 0.5


class Cache:
    """Decoded pairs, in memory or in a file.

    Its size is printed before the space is taken. The file has no name in its folder: it vanishes
    with the process.

    Args:
        count: int, number of pairs.
        images: list of the arrays of one pair. All pairs must have their shapes and dtypes.
        folder: path of the folder of the file, which is created if it is missing. Defaults to
            `None`: memory; or the system's folder for temporary files, if the cache would take more
            than half of the free memory.

    Raises:
        OSError: if the disk has no space for the file. It is reserved at once.
    """

    def __init__(
        self, count: int, images: Sequence[np.ndarray], folder: PathLike | None = None
    ) -> None:
        size = count * sum(image.nbytes for image in images)
        free_memory = psutil.virtual_memory().available
        in_memory = folder is None and size <= MEMORY_SHARE * free_memory
        folder = folder or tempfile.gettempdir()
        os.makedirs(folder, exist_ok=True)
        free_disk = shutil.disk_usage(folder).free
        where = (
            f"memory ({_format_bytes(free_memory)} free)" if in_memory else f"a file in {folder}"
        )
        print(f"Caching {count} pairs: {_format_bytes(size)} of {where}")
        # One array for each image of a pair.
        try:
            if not in_memory and free_disk < size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._arrays = [
                _allocate((count, *image.shape), image.dtype, None if in_memory else folder)
                for image in images
            ]
        except OSError as error:
            raise OSError(
                error.errno,
                f"The cache of {_format_bytes(size)} does not fit into {printable_path(folder)}, "
                f"which has {_format_bytes(free_disk)} free: {error.strerror}. Train with "
                "cache=False, or name a folder with space",
            ) from error
        self._filled = np.zeros(count, bool)

    def get(self, position: int, load: Callable[[int], Sequence[np.ndarray]]) -> list[np.ndarray]:
        """Return the images of a pair. They are loaded if they are not in the cache.

        Args:
            position: int, of the pair, from 0 to `count - 1`.
            load: function of a position that returns the images of that pair.

        Returns:
            A list of arrays of shape `(height, width, channels)`, views into the cache.

        Raises:
            ValueError: if an image differs from that of the first pair in shape or dtype.
        """
        if not self._filled[position]:
            for array, image in zip(self._arrays, load(position)):
                if (image.shape, image.dtype) != (array.shape[1:], array.dtype):
                    raise ValueError(
                        "A cache needs pairs of one shape and dtype; image_size gives them one "
                        f"size. Received: {image.shape} of {image.dtype} in pair {position}, after "
                        f"{array.shape[1:]} of {array.dtype}"
                    )
                array[position] = image
            # Last: another thread may ask for this pair before all of it is written.
            self._filled[position] = True
        return [array[position] for array in self._arrays]


def _format_bytes(size: float) -> str:
    """Return a number of bytes with a unit."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.4g} {unit}"
        size /= 1000
    return f"{size:.4g} GB"


def _allocate(shape: tuple[int, ...], dtype: np.dtype, folder: PathLike | None) -> np.ndarray:
    if folder is None:
        return np.empty(shape, dtype)
    # The file has no name any more; the map keeps it open.
    with tempfile.TemporaryFile(dir=folder) as file:
        _reserve(file, math.prod(shape) * dtype.itemsize)
        return np.memmap(file, dtype, "r+", shape=shape)


def _reserve(file: IO[bytes], size: int) -> None:
    """Take the space of a file now: a full disk would end the process when the map is written."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    zeros = bytes(2**20)
    for start in range(0, size, len(zeros)):
        file.write(zeros[: size - start])
    file.flush()
