"""Draw pairs and results into one picture, to be looked at, and choose which."""

import itertools
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from keras_pix2pix.data.conditions.condition import completed
from keras_pix2pix.data.files.formats import Format

# A batch, or images that may differ in size.
Arrays: TypeAlias = Sequence[np.ndarray] | np.ndarray
# Pixels between the images, and height of a line of text.
GAP = 4
HEADER = 20


def draw_pairs(
    formats: tuple[Sequence[Format], Format],
    conditions: Arrays,
    *images: Arrays,
    per_row: int = 2,
    title: str = "",
) -> Image.Image:
    """Draw pairs side by side and below each other: condition, target, generated image.

    Args:
        formats: tuple of a tuple of the formats of the condition images, and the target's format.
            They say how channels become colors.
        conditions: sequence of arrays of shape `(height, width, channels)` in [-1, 1].
        *images: the same for the targets, and for the generated images if there are any. Pairs may
            differ in size: each has the place of the largest.
        per_row: int, number of pairs side by side. Defaults to `2`.
        title: str, text above the pairs. Defaults to `""`.

    Returns:
        A `PIL.Image.Image`.
    """
    # PIL's fonts are slow to import.
    from PIL import ImageDraw, ImageFont

    pairs = in_colors(formats, conditions, images)
    titles = ["condition"] * len(formats[0]) + ["target", "generated"]
    per_row = min(per_row, len(pairs))
    height, width = np.max([pair[0].shape[:2] for pair in pairs], axis=0).tolist()
    pair_width = len(pairs[0]) * (width + GAP)
    rows = -(-len(pairs) // per_row)
    page = Image.new(
        "RGB", (per_row * pair_width + GAP, 2 * HEADER + rows * (height + GAP) + GAP), "white"
    )
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=max(1, min(14, width // 6)))
    draw.text((GAP, 2), title, "black", font)
    for number, pair in enumerate(pairs):
        row, column = divmod(number, per_row)
        for place, image in enumerate(pair):
            left = GAP + column * pair_width + place * (width + GAP)
            page.paste(Image.fromarray(image), (left, 2 * HEADER + row * (height + GAP)))
            if row == 0:
                draw.text((left, HEADER), titles[place], "black", font)
    return page


def in_colors(
    formats: tuple[Sequence[Format], Format], conditions: Arrays, images: Sequence[Arrays]
) -> list[tuple[np.ndarray, ...]]:
    """Return the images of each pair as uint8 RGB colors.

    Args:
        formats: as for `draw_pairs`.
        conditions: as for `draw_pairs`.
        images: sequence of arrays like the `*images` of `draw_pairs`.

    Returns:
        List of a tuple for each pair: its condition images, then one of each of `images`.
    """
    return [_pair_in_colors(formats, *pair) for pair in zip(conditions, *images)]


def _pair_in_colors(
    formats: tuple[Sequence[Format], Format], condition: np.ndarray, *images: np.ndarray
) -> tuple[np.ndarray, ...]:
    condition_formats, target_format = formats
    channels = [format.channels or 0 for format in condition_formats]
    parts = np.split(np.asarray(condition), np.cumsum(channels)[:-1], axis=-1)
    colors = [format.as_rgb(part) for format, part in zip(condition_formats, parts)]
    whole = (completed(target_format, image, condition) for image in images)
    return (*colors, *map(target_format.as_rgb, whole))


def spread_pairs(data: Any, count: int) -> list[tuple[np.ndarray, ...]]:
    """Return pairs from all parts of a dataset, from its first to its last, as they are stored.

    Neighbors are often frames of one video, or pictures of one place.

    Args:
        data: a `PairDataset`, or a sequence of batches `(conditions, targets)`.
        count: int, how many pairs, if there are as many.

    Returns:
        List of tuples of a condition and a target, of shape `(height, width, channels)`, and what
        else the batches have.
    """
    if hasattr(data, "subset"):
        chosen = spread(len(data.numbers), count)
        pairs = data.subset(chosen, augment=False, shuffle=False)
        return [pair for i in range(len(pairs)) for pair in zip(*pairs[i])]
    size = len(data[0][0])
    chosen = spread((len(data) - 1) * size + len(data[len(data) - 1][0]), count)
    pairs = []
    for number, places in itertools.groupby(chosen, lambda pair: pair // size):
        rows = list(zip(*data[number]))
        # Batches of a list may be of several sizes.
        pairs += [rows[min(place % size, len(rows) - 1)] for place in places]
    return pairs


def spread(total: int, count: int) -> list[int]:
    """Return up to `count` places from all parts of a sequence of `total`, both ends included."""
    return np.linspace(0, total - 1, min(count, total)).round().astype(int).tolist()
