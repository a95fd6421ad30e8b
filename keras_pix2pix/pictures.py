"""Pictures of results, to be looked at."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from keras_pix2pix.data.images import from_model_range

GAP = 4
HEADER = 20
TITLES = ("condition", "target", "generated")


def sheet(conditions, targets, generated, per_row=2, title=""):
    """Condition | target | generated, pair after pair.

    Args:
        conditions: array of shape `(count, height, width, channels)` in [-1, 1].
        targets: the same, for the targets.
        generated: the same, for what was generated.
        per_row: int, pairs side by side. Defaults to `2`.
        title: str, written above. Defaults to `""`.

    Returns:
        A `PIL.Image.Image`.
    """
    triples = list(zip(*(map(_as_rgb, images) for images in (conditions, targets, generated))))
    per_row = min(per_row, len(triples))
    height, width = triples[0][0].shape[:2]
    block = 3 * width + 3 * GAP
    rows = -(-len(triples) // per_row)
    page = Image.new(
        "RGB", (per_row * block + GAP, 2 * HEADER + rows * (height + GAP) + GAP), "white"
    )
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=max(1, min(14, width // 6)))
    draw.text((GAP, 2), title, "black", font)
    for number, triple in enumerate(triples):
        row, column = divmod(number, per_row)
        for side, image in enumerate(triple):
            left = GAP + column * block + side * (width + GAP)
            page.paste(Image.fromarray(image), (left, 2 * HEADER + row * (height + GAP)))
            if row == 0:
                draw.text((left, HEADER), TITLES[side], "black", font)
    return page


def _as_rgb(image):
    """An image of any number of channels in [-1, 1] as one that can be shown."""
    image = from_model_range(np.asarray(image))
    if image.shape[-1] < 3:
        return np.repeat(image[..., :1], 3, axis=-1)
    return image[..., :3]
