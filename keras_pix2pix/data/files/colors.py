"""Count the colors of label maps, and choose colors to draw them in."""

import colorsys

import numpy as np
from PIL import Image

from keras_pix2pix.types import PathLike


def has_few_colors(image: np.ndarray, limit: int = 32) -> bool:
    """Return whether an image has at most `limit` colors, as a label map has.

    Args:
        image: array of shape `(height, width, channels)`.
        limit: int, maximum number of colors. Defaults to `32`.
    """
    if image.dtype == np.uint8 and image.shape[-1] in (1, 3):
        # Pillow stops counting at the limit, and releases the interpreter lock while it counts.
        pixels = image[..., 0] if image.shape[-1] == 1 else image
        return Image.fromarray(pixels).getcolors(limit) is not None
    # Number the different colors of the channels seen so far.
    numbers = np.zeros(image.shape[:-1], "int64")
    for channel in np.moveaxis(image, -1, 0):
        values = np.unique(channel)
        if len(values) > limit:
            return False
        numbers = numbers * limit + np.searchsorted(values, channel)
        # Number them anew from 0, so that many channels do not overflow.
        values, numbers = np.unique(numbers, return_inverse=True)
        if len(values) > limit:
            return False
    return True


def count_colors(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different colors of an integer image, and the number of pixels of each.

    Args:
        image: array of shape `(height, width, channels)`, of integers.

    Returns:
        A tuple of the colors, of shape `(colors, channels)`, and the counts, of shape `(colors,)`.
    """
    pixels = image.reshape(-1, image.shape[-1])
    _, first, counts = np.unique(color_codes(pixels), return_index=True, return_counts=True)
    return pixels[first], counts


def color_codes(image: np.ndarray) -> np.ndarray:
    """Return one integer for each pixel, which tells its color.

    Args:
        image: array of shape `(..., channels)`, of integers in [0, 65535], at most 4 channels.

    Returns:
        An int64 array of shape `(...)`.
    """
    codes = np.zeros(image.shape[:-1], "int64")
    for channel in np.moveaxis(image.astype("int64"), -1, 0):
        codes = codes * 65536 + channel
    return codes


def has_thin_lines(image: np.ndarray) -> bool:
    """Return whether what an image shows before its background are lines of one pixel, mostly.

    The background is the most common color. What is not has a third of the pixels at most.

    Args:
        image: array of ints, of shape `(height, width, channels)`.
    """
    if min(image.shape[:2]) < 3:
        return False
    codes = color_codes(image)
    changes = [np.diff(codes, axis=axis) != 0 for axis in (0, 1)]
    inner = codes[1:-1, 1:-1]
    across = changes[0][:-1, 1:-1] & changes[0][1:, 1:-1]
    along = changes[1][1:-1, :-1] & changes[1][1:-1, 1:]
    values, counts = np.unique(codes, return_counts=True)
    shown = inner != values[counts.argmax()]
    return bool(0 < shown.mean() < 1 / 3 and (across | along)[shown].mean() > 0.5)


def palette_indices(image: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Return the places of the colors of an image in a palette, where the first of equals counts.

    Args:
        image: array of shape `(..., 3)` of colors of the palette.
        palette: array of shape `(colors, 3)`, of at most 256 colors.

    Returns:
        A uint8 array of shape `(..., 1)`.
    """
    codes, places = np.unique(color_codes(palette), return_index=True)
    return places[np.searchsorted(codes, color_codes(image))][..., None].astype("uint8")


def palette_of(path: PathLike) -> list[tuple[int, ...]] | None:
    """Return the palette of an image file as RGB colors, or `None` if it has none.

    Args:
        path: path of the file.
    """
    try:
        with Image.open(path) as image:
            values = image.getpalette("RGB") if image.mode == "P" else None
    except OSError:
        # Not a file that Pillow reads, such as .npy.
        return None
    return None if values is None else list(zip(*[iter(values)] * 3))


def distinct_colors(count: int) -> list[list[int]]:
    """Return RGB colors in [0, 255] that are easily told apart.

    Args:
        count: int, number of colors.
    """
    # Steps of the golden section never come close to an earlier hue.
    return [
        [round(255 * c) for c in colorsys.hsv_to_rgb(i * 0.618 % 1, 0.75, 0.6 + 0.4 * (i % 2))]
        for i in range(count)
    ]
