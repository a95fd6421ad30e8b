"""Find the palette of label maps that are stored in colors."""

import os
import warnings
from collections import Counter
from collections.abc import Iterable

import numpy as np

from keras_pix2pix.data.files.colors import count_colors
from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix.data.pairing.folders import find_images
from keras_pix2pix.data.pairing.halves import HalfOfImage
from keras_pix2pix.types import PathLike


def find_palette(
    images: PathLike | Iterable[PathLike | HalfOfImage | np.ndarray], limit: int = 256
) -> list[tuple[int, ...]]:
    """Return the colors of label maps that are stored in colors, the most frequent color first.

    Args:
        images: path of a folder of images, or an iterable of paths or of arrays of shape `(height,
            width, channels)`.
        limit: int, maximum number of colors. Defaults to `256`.

    Returns:
        A list of tuples, for `Labels(palette=...)`.

    Raises:
        ValueError: if there are more than `limit` colors. The message names the image in which the
            limit is exceeded.

    Warns:
        UserWarning: if most colors are at edges only, as antialiasing and JPEG make them.

    Example:

    ```python
    labels = Labels(palette=find_palette("facades/labels/"))
    ```
    """
    if isinstance(images, str | os.PathLike):
        images = find_images(images).values()
    pixels: Counter[tuple[int, ...]] = Counter()
    flat: set[tuple[int, ...]] = set()
    for number, image in enumerate(images):
        if isinstance(image, np.ndarray):
            name, array = f"image {number}", image
        elif isinstance(image, HalfOfImage):
            name, array = str(image), image.cut(read_image(image.path))
        else:
            name, array = printable_path(image), read_image(image)
        flat.update(_flat_colors(array))
        colors, counts = count_colors(array)
        pixels.update(dict(zip(map(tuple, colors.tolist()), counts.tolist())))
        if len(pixels) > limit:
            raise ValueError(
                f"Label maps must have at most {limit} colors together. Received: {len(pixels)} "
                f"colors up to {name}. Blurring and JPEG create new colors: store label maps as "
                "PNG."
            )
    palette = [color for color, _ in pixels.most_common()]
    classes = [color for color in palette if color in flat]
    if 2 <= len(classes) < len(palette) / 2:
        warnings.warn(
            f"{len(palette) - len(classes)} of {len(palette)} colors are nowhere 3 x 3 pixels "
            f"large, as at blurred edges. If the classes are {classes}, store the label maps with "
            "hard edges: Labels refuses other colors.",
            stacklevel=2,
        )
    return palette


def _flat_colors(image: np.ndarray) -> set[tuple[int, ...]]:
    """Return the colors that fill a square of 3 x 3 pixels."""
    middle = image[1:-1, 1:-1]
    equal = np.ones(middle.shape[:2], bool)
    height, width = image.shape[:2]
    for row, column in np.ndindex(3, 3):
        shifted = image[row : row + height - 2, column : column + width - 2]
        equal &= (shifted == middle).all(axis=-1)
    return set(map(tuple, np.unique(middle[equal], axis=0).tolist()))
