"""Condition: the images that one picture is generated from, opened, checked and encoded."""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from keras import ops
from PIL import Image

from keras_pix2pix.data import Picture
from keras_pix2pix.data.files.alpha import refuse_undeclared_alpha
from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.files.reading import (
    DEEP_COLOR,
    check_shape,
    naming_file,
    read_image,
    to_upright,
)
from keras_pix2pix.data.files.rows import open_rows, pillow_rows
from keras_pix2pix.types import PathLike

# A function of a stored picture, its format and its name that returns its encoded condition.
Compute: TypeAlias = Callable[[np.ndarray, Any, str], np.ndarray]


class Condition:
    """The images that one picture is generated from: one image, or several of the same size.

    Args:
        sources: tuple of paths, open files, Pillow images, or arrays of shape `(height, width,
            channels)`.
        formats: tuple of the formats of these images.
        by_rows: bool, whether files and Pillow images are read by rows, as tiles need them.
            Defaults to `False`: each image is read as a whole.
        compute: function of a stored picture, its format and its name that returns the encoded
            condition; `formats` are then those of pictures. Defaults to `None`: the images are
            conditions.

    Attributes:
        name: str, the first image in messages.
        height: int, in pixels.
        width: int, in pixels.

    Raises:
        FileNotFoundError: naming the file, if it is not there.
        ValueError: if an image cannot be read, if there are not as many images as formats, or if
            they do not have the same size.
    """

    def __init__(
        self,
        sources: Sequence[Any],
        formats: Sequence[Any],
        by_rows: bool = False,
        compute: Compute | None = None,
    ) -> None:
        check_count(sources, formats)
        own_range = any(getattr(format, "own_range", False) for format in formats)
        if by_rows and own_range and compute is None:
            raise ValueError(
                "The value_range of a condition is taken of its whole image: translate without "
                "tile."
            )
        self._formats = formats
        self._names = [printable_path(s) if is_path(s) else "images" for s in sources]
        self._images = [_opened(*pair, by_rows) for pair in zip(sources, formats)]
        if compute is not None:
            (whole,), (name,) = self._images, self._names
            self._images = [compute(whole[0 : whole.shape[0]], formats[0], name)]
            self._formats = (Picture(),)
        sizes = [tuple(image.shape[:2]) for image in self._images]
        if len(set(sizes)) > 1:
            raise ValueError(
                "All images of a condition must have the same count, height and width. Received: "
                f"shapes {[tuple(image.shape) for image in self._images]}"
            )
        self.name = "The image" if self._names[0] == "images" else self._names[0]
        self.height, self.width = sizes[0]

    def rows(self, first: int, last: int) -> list[np.ndarray]:
        """Return the rows from `first` to before `last` of each image, as they are stored."""
        return [image[first:last] for image in self._images]

    def encode(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return parts of the images, one of each, as one float32 array in [-1, 1]."""
        parts = [
            format.encode(format.prepared(image, name), name)
            for image, format, name in zip(images, self._formats, self._names)
        ]
        return np.concatenate(parts, axis=-1)


def check_count(parts: Sequence[Any], formats: Sequence[Any]) -> None:
    """Refuse another number of images than those that make up a condition.

    Raises:
        ValueError: naming both numbers.
    """
    if len(parts) != len(formats):
        raise ValueError(
            f"The model's conditions are made up of {len(formats)} images, as a tuple. "
            f"Received: {len(parts)}"
        )


def is_path(source: Any) -> TypeGuard[PathLike]:
    """Return whether something is the path of a file or a folder."""
    return isinstance(source, str | os.PathLike)


def is_file(source: Any) -> bool:
    """Return whether something is an open file, or what is read like one."""
    return hasattr(source, "read")


def _opened(source: Any, format: Any, by_rows: bool) -> Any:
    """Return an image as `_stored` does, at the size of its picture."""
    image = _stored(source, format, by_rows)
    enlarge = getattr(format, "opened", None)
    return image if enlarge is None else enlarge(image[0 : image.shape[0]])


def _stored(source: Any, format: Any, by_rows: bool) -> Any:
    """Return an image of shape `(height, width, channels)` whose rows can be read by slicing."""
    if is_path(source):
        path = os.path.expanduser(source)
        stored = (open_rows if by_rows else read_image)(path, format.palette_indices)
        refuse_undeclared_alpha(path, stored.shape[-1], format)
        return stored
    if is_file(source):
        return _read(source, format.palette_indices)
    if isinstance(source, Image.Image):
        return pillow_rows(to_upright(source, format.palette_indices, in_place=False))
    image = ops.convert_to_numpy(source)
    if image.ndim != 3 or 0 in image.shape:
        raise ValueError(
            "Expected an image of shape (height, width, channels) or a batch of them, of at least "
            f"one image. Received: shape {image.shape}"
        )
    return image


def _read(file: Any, palette_indices: bool) -> np.ndarray:
    """Read the image in an open file."""
    name = "The open file"
    with naming_file(name), Image.open(file) as image:
        # As `read_image` reads them, by libraries that need a path.
        if DEEP_COLOR.search(str(image.tile)) or getattr(image, "n_frames", 1) > 1:
            raise ValueError("it has colors of 16 bits or several pictures. Give its path")
        pixels = np.asarray(to_upright(image, palette_indices))
    return pixels.reshape(check_shape(pixels.shape, name))
