"""Halves of images that hold a pair each."""

from typing import NamedTuple

import numpy as np

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.types import PathLike

OTHER_HALF = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


class HalfOfImage(NamedTuple):
    """One half of an image file that holds a pair.

    Attributes:
        path: path of the file.
        half: `"left"`, `"right"`, `"top"` or `"bottom"`.
    """

    path: PathLike
    half: str

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return this half of the image.

        Args:
            image: array of shape `(height, width, channels)`, what the file holds.

        Raises:
            ValueError: if the image has no two halves of one size.
        """
        axis = 1 if self.half in ("left", "right") else 0
        length = image.shape[axis]
        if length % 2:
            raise ValueError(
                f"{printable_path(self.path)} must have an even {('height', 'width')[axis]} to "
                f"hold two images. Received: {length}"
            )
        first, second = np.split(image, 2, axis)
        return first if self.half in ("left", "top") else second

    def __str__(self) -> str:
        return f"{printable_path(self.path)} ({self.half} half)"
