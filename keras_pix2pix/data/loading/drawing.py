"""Draw pairs and results into one picture, to be looked at."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_pix2pix.data.conditions.condition import completed
from keras_pix2pix.data.files.formats import Format

# Pixels between the images, and height of a line of text.
GAP = 4
HEADER = 20


def draw_pairs(
    formats: tuple[Sequence[Format], Format],
    conditions: np.ndarray,
    *images: np.ndarray,
    per_row: int = 2,
    title: str = "",
) -> Image.Image:
    """Draw pairs side by side and below each other: condition, target, generated image.

    Args:
        formats: tuple of a tuple of the formats of the condition images, and the target's format.
            They say how channels become colors.
        conditions: array of shape `(count, height, width, channels)` in [-1, 1].
        *images: the same for the targets, and for the generated images if there are any.
        per_row: int, number of pairs side by side. Defaults to `2`.
        title: str, text above the pairs. Defaults to `""`.

    Returns:
        A `PIL.Image.Image`.
    """
    # PIL's fonts are slow to import.
    from PIL import ImageDraw, ImageFont

    pairs = _to_colors(formats, conditions, images)
    titles = ["condition"] * len(formats[0]) + ["target", "generated"]
    per_row = min(per_row, len(pairs))
    height, width = pairs[0][0].shape[:2]
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
    formats: tuple[Sequence[Format], Format], conditions: np.ndarray, images: Sequence[np.ndarray]
) -> list[tuple[np.ndarray, ...]]:
    """Return the images of each pair as uint8 RGB colors."""
    condition_formats, target_format = formats
    channels = [format.channels or 0 for format in condition_formats]
    parts = np.split(np.asarray(conditions), np.cumsum(channels)[:-1], axis=-1)
    columns = [format.as_rgb(part) for format, part in zip(condition_formats, parts)]
    columns += [
        target_format.as_rgb(completed(target_format, batch, np.asarray(conditions)))
        for batch in images
    ]
    return list(zip(*columns))
