"""Any height and width: mirror an image up to a size that the network divides, and cut back."""

from keras import ops


def check_divisible(height, width, divisor, name, least=1):
    """Refuse a known height or width that a network cannot halve often enough.

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
                "free (None) and call the Pix2Pix model, which pads and cuts back."
            )


def divisor_of(generator):
    """What a generator takes: multiples of the first number, and no less than the second."""
    return getattr(generator, "size_divisor", 1), getattr(generator, "least_size", 1)


def padded_size(size, divisor, least=1):
    """The next height or width that `divisor` divides, and that is no less than `least`."""
    padded = (size + divisor - 1) // divisor * divisor
    if least <= divisor:
        return padded
    if isinstance(padded, int):
        return max(padded, least)
    # A size that JAX knows by name only is no tensor, and has a maximum of its own.
    return padded.max(least) if hasattr(padded, "max") else ops.maximum(padded, least)


def mirrored(size, padded):
    """Indices 0 1 2 .. size-1 size-2 .. 1 0 1 ..: reflection, as often as needed."""
    period = ops.maximum(2 * (size - 1), 1)
    position = ops.arange(padded) % period
    return ops.minimum(position, period - position)


def pad_to_multiple(images, divisor, least=1):
    """Reflect `images` at the bottom and the right until `divisor` divides height and width.

    Args:
        images: tensor of shape `(batch, height, width, channels)`, of any height and width from
            1 pixel up.
        divisor: int.
        least: int, a multiple of `divisor` that height and width shall have at least. Defaults to
            `1`: any.

    Returns:
        A tensor of shape `(batch, padded_height, padded_width, channels)`; `images` itself where
        nothing is to be done.
    """
    for axis in (1, 2):
        known = images.shape[axis]
        if known is not None and known == padded_size(known, divisor, least):
            continue
        size = ops.shape(images)[axis]
        images = ops.take(images, mirrored(size, padded_size(size, divisor, least)), axis=axis)
    return images
