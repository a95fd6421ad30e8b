"""Detect what the values of images mean, where the images leave no doubt."""

import contextlib
import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from keras_pix2pix.data.files.colors import count_colors, has_few_colors, palette_of
from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.labels import Labels
from keras_pix2pix.data.pairing.sources import Image, ImageSource, file_of

# Numbers of images, spread over the set, that are looked at: at first, and for all classes.
SAMPLED, COUNTED = 16, 4096
# Class ids are below this number. As grey values they are nearly black.
MOST_CLASSES = 64
# Together, label maps in colors have at most so many of them.
MOST_COLORS = 32
# The usual value of pixels without a class, in 8 bits.
NO_CLASS = 255
# The share of pixels of a label map, at least, whose right neighbor is of the same class.
FLAT = 0.7


def detect_format(images: Sequence[Image], is_target: bool) -> Format | None:
    """Return the format of images, or `None` if a picture in colors may be meant.

    - Grey images in 8 bits whose values are all below 64, or 255, in areas larger than a pixel,
      hold class ids, and 255 for no class. Images with a palette do so if some have 255.
    - Targets that are stored in one channel are `Picture(1)`.

    Args:
        images: sequence of paths, or of `HalfOfImage`.
        is_target: bool, whether these are targets.
    """
    # The format of a source says whether palettes are read as indices.
    ids = _class_ids(ImageSource(images, Labels(2), "image"))
    classes = max(ids - {NO_CLASS}, default=0) + 1
    file = file_of(images[0])
    if classes > 1 and (NO_CLASS in ids or not file or palette_of(file) is None):
        return Labels(classes, ignore=NO_CLASS if NO_CLASS in ids else None)
    stored = _some(ImageSource(images, Picture(), "image"), SAMPLED)
    if is_target and all(image.shape[-1] == 1 for image in stored):
        return Picture(1)
    return None


def may_be_classes(images: Sequence[Image]) -> bool:
    """Return whether pictures in colors may be label maps: together they have 3 to 32 colors.

    Args:
        images: sequence of paths, or of `HalfOfImage`.
    """
    found: set[tuple[int, ...]] = set()
    for image in _some(ImageSource(images, Picture(), "image"), SAMPLED):
        if image.dtype != np.uint8 or image.shape[-1] != 3 or not has_few_colors(image):
            return False
        found.update(map(tuple, count_colors(image)[0].tolist()))
    in_colors = any(len(set(color)) > 1 for color in found)
    return in_colors and 2 < len(found) <= MOST_COLORS


def _class_ids(source: ImageSource) -> set[int]:
    """Return all values of images that hold class ids, or none."""
    values: set[int] = set()
    # All of them, since a class may be rare, if the first that are looked at hold ids.
    for image in itertools.chain(_some(source, SAMPLED), _some(source, COUNTED)):
        if image.dtype != np.uint8 or image.shape[-1] != 1:
            return set()
        found = np.flatnonzero(np.bincount(image.ravel(), minlength=NO_CLASS + 1)).tolist()
        flat = (image[:, 1:] == image[:, :-1]).mean() if image.shape[1] > 1 else 1
        if any(MOST_CLASSES <= value < NO_CLASS for value in found) or flat < FLAT:
            return set()
        values.update(found)
    return values


def _some(source: ImageSource, count: int) -> Iterator[np.ndarray]:
    """Yield up to `count` images, spread over the set. An error names the others later."""
    for number in np.unique(np.linspace(0, len(source.images) - 1, count).astype(int)):
        with contextlib.suppress(ValueError, OSError):
            yield source.stored(number, {})
