"""Refuse pictures that are too small for the discriminator."""

from collections.abc import Sequence

import keras

# No discriminator needs larger pictures.
LARGEST_PATCH = 512


def check_judged(discriminator: keras.Model, size: Sequence[int], name: str) -> None:
    """Refuse pictures that are too small for a discriminator.

    TensorFlow would not: there the mean of no logits is NaN.

    Args:
        discriminator: the discriminator.
        size: sequence `(height, width)` in pixels.
        name: str, the pictures in the error message.

    Raises:
        ValueError: naming the least size.
    """
    height, width = size
    if _judges(discriminator, height, width):
        return
    sides = range(min(size) + 1, LARGEST_PATCH)
    # None: what it takes cannot be computed without running it.
    least = next((n for n in sides if _judges(discriminator, max(n, height), max(n, width))), None)
    if least is not None:
        raise ValueError(
            f"{discriminator.name} needs images of at least {least} x {least} pixels. Received: "
            f"{name} of {height} x {width}. Use larger images, or a smaller receptive_field."
        )


def _judges(discriminator: keras.Model, height: int, width: int) -> bool:
    """Return whether a discriminator has logits for pictures of a size."""
    shapes = [(None, height, width, image.shape[-1]) for image in discriminator.inputs]
    try:
        logits = discriminator.compute_output_shape(shapes if len(shapes) > 1 else shapes[0])
    except ValueError:
        return False
    flat = logits if isinstance(logits, list) else [logits]
    return all(side is None or side > 0 for shape in flat for side in shape)
