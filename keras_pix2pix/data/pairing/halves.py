"""Halves of images that hold a pair each."""

from collections.abc import Sequence
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


def holds_three(halves: Sequence[np.ndarray], half: str) -> bool:
    """Return whether an image seems to hold three square pictures in a row, and not two.

    Three pictures have no edge where the two halves meet, which is inside of the second picture.

    Args:
        halves: list of two arrays of shape `(height, width, channels)`, the condition first.
        half: str, the half that is the condition, as in `HalfOfImage`.
    """
    first, second = halves if half in ("left", "top") else halves[::-1]
    axis = 1 if half in ("left", "right") else 0
    if 2 * first.shape[axis] != 3 * first.shape[1 - axis] or first.shape != second.shape:
        return False
    image = np.concatenate([first, second], axis).astype("float32")
    steps = np.abs(np.diff(image, axis=axis)).mean(axis=(1 - axis, 2))
    middle, *edges = (steps[image.shape[axis] * k // 6 - 1] for k in (3, 2, 4))
    return bool(middle <= max(1.5 * np.median(steps), min(edges) / 2))
