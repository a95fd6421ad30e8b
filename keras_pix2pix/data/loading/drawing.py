"""Pictures of results, to be looked at."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

GAP = 4
HEADER = 20


def sheet(formats, conditions, *pictures, per_row=2, title=""):
    """Condition | target | generated, pair after pair.

    Args:
        formats: tuple of a tuple of the formats of the condition images, and the target's: how
            channels become colors.
        conditions: array of shape `(count, height, width, channels)` in [-1, 1].
        *pictures: the same, for the targets, and for what was generated.
        per_row: int, pairs side by side. Defaults to `2`.
        title: str, written above. Defaults to `""`.

    Returns:
        A `PIL.Image.Image`.
    """
    rows = _rows(formats, conditions, pictures)
    titles = ["condition"] * len(formats[0]) + ["target", "generated"]
    per_row = min(per_row, len(rows))
    height, width = rows[0][0].shape[:2]
    block = len(rows[0]) * (width + GAP)
    lines = -(-len(rows) // per_row)
    page = Image.new(
        "RGB", (per_row * block + GAP, 2 * HEADER + lines * (height + GAP) + GAP), "white"
    )
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=max(1, min(14, width // 6)))
    draw.text((GAP, 2), title, "black", font)
    for number, row in enumerate(rows):
        line, column = divmod(number, per_row)
        for side, image in enumerate(row):
            left = GAP + column * block + side * (width + GAP)
            page.paste(Image.fromarray(image), (left, 2 * HEADER + line * (height + GAP)))
            if line == 0:
                draw.text((left, HEADER), titles[side], "black", font)
    return page


def _rows(formats, conditions, pictures):
    """The images of each pair as uint8 colors."""
    condition_formats, target_format = formats
    ends = np.cumsum([format.channels for format in condition_formats])[:-1]
    parts = np.split(np.asarray(conditions), ends, axis=-1)
    columns = [format.as_rgb(part) for format, part in zip(condition_formats, parts)]
    columns += [target_format.as_rgb(images) for images in pictures]
    return list(zip(*columns))
