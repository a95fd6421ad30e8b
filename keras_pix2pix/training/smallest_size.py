"""Refuse pictures that are too small for the discriminator."""

import keras

# A discriminator that takes no picture of this side is refused for other reasons, elsewhere.
LARGEST = 512


def refuse_too_small(size: tuple[int, int], name: str, discriminator: keras.Model) -> None:
    """Refuse pictures of which the discriminator would return no logits.

    Args:
        size: tuple `(height, width)` in pixels.
        name: str, the pictures in the error message.
        discriminator: the discriminator, built for any size.

    Raises:
        ValueError: saying which size it needs.
    """
    smallest = min(size)
    if _takes(discriminator, smallest):
        return
    needed = next((s for s in range(smallest, LARGEST) if _takes(discriminator, s)), None)
    if needed is not None:
        raise ValueError(
            f"The discriminator needs pictures of at least {needed} pixels a side. Received: "
            f"height {size[0]} and width {size[1]} in {name}. Leave it out, give image_size, or "
            "use a discriminator of a smaller receptive_field."
        )


def _takes(discriminator: keras.Model, side: int) -> bool:
    shapes = [(1, side, side, image.shape[-1]) for image in discriminator.inputs]
    try:
        discriminator.compute_output_shape(shapes if len(shapes) > 1 else shapes[0])
    except ValueError:
        # A convolution without a single output.
        return False
    return True
