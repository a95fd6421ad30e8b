"""Read images by rows, for images that are too large to be held in memory as floats."""

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from keras_pix2pix.data.files.reading import check_shape, map_tiff, naming_file, open_image
from keras_pix2pix.types import PathLike

# Maximum number of pixels that Pillow may decode for reading by rows: 2.1 GB of memory.
MAX_PIXELS = 2**29


class ImageRows:
    """An image whose rows are read when they are needed.

    `rows[first:last]` is an array of shape `(last - first, width, channels)`.

    Args:
        shape: tuple `(height, width, channels)`.
        read: function of a slice that returns an array of these rows.
    """

    def __init__(self, shape: tuple[int, int, int], read: Callable[[slice], np.ndarray]) -> None:
        self.shape = shape
        self._read = read

    def __getitem__(self, part: slice) -> np.ndarray:
        rows = np.array(self._read(part)).reshape(-1, *self.shape[1:])
        return rows.astype(rows.dtype.newbyteorder("="), copy=False)


def open_rows(path: PathLike, palette_indices: bool = False) -> ImageRows:
    """Open an image file as `ImageRows`.

    From .npy files and uncompressed TIFF files, only the requested rows are read. Other files are
    decoded as a whole: Pillow needs up to 4 bytes a pixel for that.

    Args:
        path: path of the file.
        palette_indices: bool, as for `read_image`. Defaults to `False`.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if `read_image` would refuse the file, or if more than `MAX_PIXELS` pixels would
            have to be decoded. The message names the file.
    """
    with naming_file(path):
        path = os.fspath(path)
        mapped: Callable[[], np.ndarray] | None = None
        if path.lower().endswith(".npy"):
            mapped = lambda: np.load(path, mmap_mode="r", allow_pickle=False)  # noqa: E731
        elif path.lower().endswith((".tif", ".tiff")):
            mapped = map_tiff(path)
        if mapped is None:
            with _larger_images_allowed():
                image = open_image(path, palette_indices)
            if isinstance(image, Image.Image):
                return pillow_rows(image)
            shape, read = image.shape, image.__getitem__
        else:
            # The file is mapped anew each time: a map keeps in memory what was read through it.
            shape, read = mapped().shape, lambda part: mapped()[part]
    return ImageRows(check_shape(shape, path), read)


def pillow_rows(image: Image.Image) -> ImageRows:
    """Return a Pillow image as `ImageRows`, without a second copy of it in memory."""
    width, height = image.size

    def read(part: slice) -> np.ndarray:
        return np.asarray(image.crop((0, part.start, width, part.stop)))

    return ImageRows((height, width, len(image.getbands())), read)


@contextlib.contextmanager
def _larger_images_allowed() -> Iterator[None]:
    usual = Image.MAX_IMAGE_PIXELS
    # Pillow warns above this number, and refuses above twice this number.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = usual
