"""Draw pairs and results into one picture, to be looked at."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_pix2pix.data.files.formats import Format

# Pixels between the images, and height of a line of text.
GAP = 4
HEADER = 20


def draw_pairs(
    formats: tuple[Sequence[Format], Format],
    conditions: Sequence[np.ndarray] | np.ndarray,
    *images: Sequence[np.ndarray] | np.ndarray,
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

    pairs = [_to_colors(formats, *pair) for pair in zip(conditions, *images)]
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


def _to_colors(
    formats: tuple[Sequence[Format], Format], condition: np.ndarray, *images: np.ndarray
) -> list[np.ndarray]:
    """Return the images of a pair as uint8 RGB colors."""
    condition_formats, target_format = formats
    channels = [format.channels or 0 for format in condition_formats]
    parts = np.split(np.asarray(condition), np.cumsum(channels)[:-1], axis=-1)
    colors = [format.as_rgb(part) for format, part in zip(condition_formats, parts)]
    return colors + [target_format.as_rgb(image) for image in images]
