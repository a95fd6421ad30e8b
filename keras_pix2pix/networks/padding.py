"""Any height and width: reflect an image up to a size that the network takes, then crop."""

from typing import Any

import keras
from keras import ops

from keras_pix2pix.types import Tensor


def check_divisible(
    height: int | None, width: int | None, divisor: int, name: str, least: int = 1
) -> None:
    """Refuse a height or a width that a network cannot halve often enough.

    Args:
        height: int, or `None` where it is free.
        width: int, or `None` where it is free.
        divisor: int, height and width must be multiples of it.
        name: str, the network, for the error.
        least: int, the smallest height and width. Defaults to `1`.

    Raises:
        ValueError: naming the least size, or the nearest sizes that fit.
    """
    for axis, size in (("height", height), ("width", width)):
        if size is not None and size < least:
            raise ValueError(
                f"{name} takes a height and width of at least {least}. Received: {axis} {size}. "
                "Resize the images."
            )
        if size is not None and size % divisor:
            lower = size // divisor * divisor
            fitting = f"{lower} and {lower + divisor}" if lower else f"{divisor}"
            raise ValueError(
                f"{name} takes a height and width that {divisor} divides. "
                f"Received: {axis} {size}; the nearest that fit are {fitting}. "
                "Resize the images, take a generator of less depth, or leave height and width "
                "free (None) and call the Pix2Pix model, which pads the images and crops the "
                "pictures."
            )


def divisor_of(generator: keras.Model) -> tuple[int, int]:
    """Return the divisor of the heights and widths that a generator takes, and the least one."""
    return getattr(generator, "size_divisor", 1), getattr(generator, "least_size", 1)


def padded_size(size: Any, divisor: int, least: int = 1) -> Any:
    """Return the next height or width that a network takes.

    Args:
        size: int, or a scalar tensor where the size is known at run time only.
        divisor: int, the result is a multiple of it.
        least: int, a multiple of `divisor`, the smallest result. Defaults to `1`: any.

    Returns:
        An int or a tensor, as `size` is.
    """
    padded = (size + divisor - 1) // divisor * divisor
    if least <= divisor:
        return padded
    if isinstance(padded, int):
        return max(padded, least)
    # JAX's symbolic dimensions are no tensors. They have a method for the maximum.
    return padded.max(least) if hasattr(padded, "max") else ops.maximum(padded, least)


def mirrored(size: Any, padded: Any) -> Tensor:
    """Return `padded` indices into `size` pixels: 0 1 2 .. size-1 size-2 .. 1 0 1 .."""
    period = ops.maximum(2 * (size - 1), 1)
    position = ops.arange(padded) % period
    return ops.minimum(position, period - position)


def pad_to_multiple(images: Tensor, divisor: int, least: int = 1) -> Tensor:
    """Reflect images at the bottom and at the right until `divisor` divides height and width.

    Args:
        images: tensor of shape `(batch, height, width, channels)`, of any height and width from
            1 pixel up.
        divisor: int.
        least: int, a multiple of `divisor`, the smallest height and width of the result. Defaults
            to `1`: any.

    Returns:
        A tensor of shape `(batch, padded_height, padded_width, channels)`; `images` itself where
        no padding is needed.
    """
    for axis in (1, 2):
        known = images.shape[axis]
        if known is not None and known == padded_size(known, divisor, least):
            continue
        size = ops.shape(images)[axis]
        images = ops.take(images, mirrored(size, padded_size(size, divisor, least)), axis=axis)
    return images
