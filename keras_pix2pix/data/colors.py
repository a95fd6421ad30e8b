"""Counting and choosing the colors of label maps."""

import colorsys
import os
from collections import Counter

import numpy as np
from PIL import Image

from keras_pix2pix.data.files import find_images
from keras_pix2pix.data.images import read_image, shown


def has_few_colors(image, limit=32):
    """Whether an image has at most `limit` colors, as a label map has."""
    if image.dtype == np.uint8 and image.shape[-1] in (1, 3):
        # Pillow stops counting at the limit, and does not hold the interpreter meanwhile.
        plane = image[..., 0] if image.shape[-1] == 1 else image
        return Image.fromarray(plane).getcolors(limit) is not None
    numbers = 0
    for plane in np.moveaxis(image, -1, 0):
        values = np.unique(plane)
        if len(values) > limit:
            return False
        numbers = numbers * limit + np.searchsorted(values, plane)
        # At most `limit` again, so that many channels do not overflow.
        values, numbers = np.unique(numbers, return_inverse=True)
        if len(values) > limit:
            return False
    return True


def colors_of(image):
    """The different colors of an integer image, and how many pixels have each."""
    pixels = image.reshape(-1, image.shape[-1])
    _, first, counts = np.unique(codes(pixels), return_index=True, return_counts=True)
    return pixels[first], counts


def codes(image):
    """One number for each color: 16 bits a channel."""
    result = 0
    for plane in np.moveaxis(image.astype("int64"), -1, 0):
        result = result * 65536 + plane
    return result


def hues(count):
    """Colors that are easily told apart."""
    # Steps of the golden section never come close to an earlier hue.
    return [
        [round(255 * c) for c in colorsys.hsv_to_rgb(i * 0.618 % 1, 0.75, 0.6 + 0.4 * (i % 2))]
        for i in range(count)
    ]


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
