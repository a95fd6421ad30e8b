"""Counting and choosing the colors of label maps."""

import colorsys

import numpy as np
from PIL import Image


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
