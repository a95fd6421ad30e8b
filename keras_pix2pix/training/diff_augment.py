"""DiffAugment: random changes of what the discriminator sees, through which gradients pass."""

from collections.abc import Collection, Sequence
from typing import Any

import keras
from keras import ops

from keras_pix2pix.types import Tensor

OPERATIONS = ("color", "translation", "cutout")
# Random numbers for an image: brightness, saturation, contrast, two for translation and for cutout.
NUMBERS = 7


class DiffAugment:
    """The operations that were drawn for a batch of pairs.

    Target, generated picture and condition of a pair are moved alike, and cut out at the same
    place. Colors are changed for pictures only, alike for the target and the generated picture.

    Args:
        names: list of names out of `OPERATIONS`.
        numbers: tensor of shape `(batch, 7)` of random numbers in [0, 1).

    References:
        Zhao et al. 2020, arXiv 2006.10738, section 3.2 and the code of the authors.
    """

    def __init__(self, names: Sequence[str], numbers: Tensor) -> None:
        self.names = names
        self.numbers = [numbers[:, i] for i in range(NUMBERS)]

    def picture(self, images: Tensor) -> Tensor:
        """Return the pictures of pairs, of shape `(batch, height, width, channels)`, changed."""
        if "color" in self.names:
            brightness, saturation, contrast = self.numbers[:3]
            images = _brighter(images, brightness)
            images = _more_saturated(images, saturation)
            images = _with_contrast(images, contrast)
        return self.condition(images)

    def condition(self, images: Tensor) -> Tensor:
        """Return the conditions of pairs, of shape `(batch, height, width, channels)`, changed."""
        if "translation" in self.names:
            for axis, number in zip((1, 2), self.numbers[3:5]):
                images = _moved(images, number, axis)
        if "cutout" in self.names:
            images = _cut_out(images, *self.numbers[5:7])
        return images


def draw(names: Sequence[str], images: Tensor, seed: keras.random.SeedGenerator) -> DiffAugment:
    """Draw the operations for a batch of pairs.

    Args:
        names: list of names out of `OPERATIONS`.
        images: tensor whose first axis is the batch.
        seed: `keras.random.SeedGenerator`.
    """
    return DiffAugment(names, keras.random.uniform((ops.shape(images)[0], NUMBERS), seed=seed))


def check_names(names: Any) -> list[str]:
    """Return the names as a list, empty for `None`.

    Raises:
        ValueError: for other names.
    """
    if names is None:
        return []
    given = isinstance(names, Collection) and not isinstance(names, str)
    if not given or any(name not in OPERATIONS for name in names):
        raise ValueError(
            f"diff_augment must be None or a tuple of {', '.join(map(repr, OPERATIONS))}. "
            f"Received: diff_augment={names!r}"
        )
    return list(names)


def _brighter(images: Tensor, number: Tensor) -> Tensor:
    """Add up to 0.5, or subtract it."""
    return images + (_of_image(number) - 0.5)


def _more_saturated(images: Tensor, number: Tensor) -> Tensor:
    """Multiply the distance of a pixel's channels from their mean by up to 2."""
    mean = ops.mean(images, axis=-1, keepdims=True)
    return (images - mean) * (2.0 * _of_image(number)) + mean


def _with_contrast(images: Tensor, number: Tensor) -> Tensor:
    """Multiply the distance of all values from the image's mean by 0.5 to 1.5."""
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    return (images - mean) * (_of_image(number) + 0.5) + mean


def _moved(images: Tensor, number: Tensor, axis: int) -> Tensor:
    """Move images along an axis by up to an eighth of the size. What comes in is 0."""
    size = ops.shape(images)[axis]
    farthest = (size + 4) // 8
    distance = _integer(number, 2 * farthest + 1) - farthest
    source = ops.arange(size)[None] - distance[:, None]
    shape = [-1, 1, 1, 1]
    shape[axis] = size
    inside = ops.logical_and(source >= 0, source < size)
    place = ops.reshape(ops.clip(source, 0, size - 1), shape)
    known = ops.cast(ops.reshape(inside, shape), images.dtype)
    return known * ops.take_along_axis(images, place, axis=axis)


def _cut_out(images: Tensor, *numbers: Tensor) -> Tensor:
    """Set a rectangle of half of the height and half of the width to 0.

    Its center may lie anywhere, so that a part of it may lie outside.
    """
    inside = []
    for size, number in zip(ops.shape(images)[1:3], numbers):
        side = (size + 1) // 2
        center = _integer(number, size + 1 - side % 2)
        distance = ops.arange(size)[None] - (center - side // 2)[:, None]
        inside.append(ops.logical_and(distance >= 0, distance < side))
    rows, columns = inside
    cut = ops.logical_and(rows[:, :, None, None], columns[:, None, :, None])
    return images * (1.0 - ops.cast(cut, images.dtype))


def _of_image(number: Tensor) -> Tensor:
    return ops.reshape(number, (-1, 1, 1, 1))


def _integer(number: Tensor, count: Any) -> Tensor:
    """Return an integer from 0 to `count - 1` for a number in [0, 1)."""
    scaled = ops.cast(ops.floor(number * ops.cast(count, number.dtype)), "int32")
    return ops.minimum(scaled, count - 1)
