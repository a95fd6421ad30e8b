"""The colors of label maps that are stored in colors."""

import os
from collections import Counter

import numpy as np

from keras_pix2pix.data.files.colors import colors_of
from keras_pix2pix.data.files.images import read_image, shown
from keras_pix2pix.data.pairing.names import find_images


def find_palette(images, limit=256):
    """The colors of label maps that are stored in colors, the commonest first.

    Args:
        images: path of a folder of images, or a sequence of paths or of arrays `(height, width,
            channels)`.
        limit: int, how many colors are too many for label maps. Defaults to `256`.

    Returns:
        A list of tuples, for `Labels(palette=...)`.

    Raises:
        ValueError: naming the image that brings in too many colors.

    Example:

    ```python
    labels = Labels(palette=find_palette("facades/labels/"))
    ```
    """
    if isinstance(images, str | os.PathLike):
        images = find_images(images).values()
    pixels = Counter()
    for number, image in enumerate(images):
        name = f"image {number}" if isinstance(image, np.ndarray) else shown(image)
        image = image if isinstance(image, np.ndarray) else read_image(image)
        colors, counts = colors_of(image)
        pixels.update(dict(zip(map(tuple, colors.tolist()), counts.tolist())))
        if len(pixels) > limit:
            raise ValueError(
                f"These are no label maps: with {name} there are {len(pixels)} colors, and "
                f"{limit} are the limit. Blurring or JPEG makes new colors; store maps as PNG."
            )
    return [color for color, _ in pixels.most_common()]
