"""Pairs that were read once, decoded, at the size they are loaded at."""

import os
import shutil
import tempfile

import numpy as np
import psutil

# The share of the free memory that is taken before a file is.
MEMORY_SHARE = 0.5


class Cache:
    """Decoded pairs, in memory, or in a file where they would not fit.

    What is taken is printed before it is taken. The file has no name, and is gone with the process.

    Args:
        count: int, how many pairs there are.
        images: list of the arrays of one pair; all pairs must have their shapes and dtypes.
        folder: path of the folder for the file, made if it is missing. Defaults to `None`: memory,
            or if it would fill more than half of what is free, the system's folder for temporary
            files.

    Raises:
        OSError: if the file would not fit on its disk.
    """

    def __init__(self, count, images, folder=None):
        size = count * sum(image.nbytes for image in images)
        free = psutil.virtual_memory().available
        in_memory = folder is None and size <= MEMORY_SHARE * free
        folder = folder or tempfile.gettempdir()
        os.makedirs(folder, exist_ok=True)
        where = f"memory ({_readable(free)} free)" if in_memory else f"a file in {folder}"
        print(f"Caching {count} pairs: {_readable(size)} of {where}")
        space = shutil.disk_usage(folder).free
        if not in_memory and space < size:
            raise OSError(
                f"The cache of {_readable(size)} does not fit into {folder}, which has "
                f"{_readable(space)} free. Train with cache=False, or name a folder with space."
            )
        self._blocks = [
            _block((count, *image.shape), image.dtype, None if in_memory else folder)
            for image in images
        ]
        self._filled = np.zeros(count, bool)

    def get(self, position, load):
        """The images of the pair at this position; `load` reads them if they are not there yet.

        Raises:
            ValueError: if an image differs from the first in shape or dtype.
        """
        if not self._filled[position]:
            for block, image in zip(self._blocks, load(position)):
                if (image.shape, image.dtype) != (block.shape[1:], block.dtype):
                    raise ValueError(
                        "A cache needs pairs of one shape and dtype; image_size gives them one "
                        f"size. Received: {image.shape} of {image.dtype} in pair {position}, after "
                        f"{block.shape[1:]} of {block.dtype}"
                    )
                block[position] = image
            self._filled[position] = True
        return [block[position] for block in self._blocks]


def _readable(size):
    """A number of bytes to be read."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.4g} {unit}"
        size /= 1000
    return f"{size:.4g} GB"


def _block(shape, dtype, folder):
    if folder is None:
        return np.empty(shape, dtype)
    # The map keeps the file open, whose name is gone already.
    with tempfile.TemporaryFile(dir=folder) as file:
        return np.memmap(file, dtype, "w+", shape=shape)
