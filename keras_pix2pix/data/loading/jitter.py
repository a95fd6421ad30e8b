"""Augment pairs: draw what happens to a pair at random, and apply it to all of its images."""

import dataclasses
from typing import NamedTuple

import numpy as np

from keras_pix2pix.data.files.geometry import (
    Box,
    Size,
    crop_and_resize,
    mirror,
    rotate_and_zoom,
)

# The weights of red, green and blue in brightness, ITU-R BT.601.
LUMA = np.array([0.299, 0.587, 0.114], "float32")


class Jitter(NamedTuple):
    """One random draw, which is applied to all images of a pair; its colors only to the target.

    Attributes:
        left, top, width, height: floats, the window that is used, as shares of the image.
        mirror: bool, whether left and right are exchanged.
        angle: float, degrees by which the image is rotated, counterclockwise.
        zoom: float, factor by which it is enlarged around the middle of the window.
        hole: tuple `(left, top, right, bottom)` of the rectangle that is blanked, as shares of the
            window, or `None`.
        color_factors: tuple of the factors of brightness, contrast and saturation, or `None`.
    """

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0
    mirror: bool = False
    angle: float = 0.0
    zoom: float = 1.0
    hole: Box | None = None
    color_factors: tuple[float, float, float] | None = None

    @classmethod
    def middle(cls, size: Size, shape: Size) -> "Jitter":
        """Return the window in the middle of an image, in whole pixels.

        Args:
            size: tuple `(height, width)` in pixels of the window.
            shape: tuple `(height, width)` in pixels of the image.
        """
        top, left = ((full - part) // 2 for part, full in zip(size, shape))
        return cls(left / shape[1], top / shape[0], size[1] / shape[1], size[0] / shape[0])

    def box(self, height: int, width: int) -> Box:
        """Return the window `(left, top, right, bottom)` in pixels of an image of this size."""
        # Shares that add up to 1 also do so in floating point: the box never leaves the image.
        return (
            self.left * width,
            self.top * height,
            (self.left + self.width) * width,
            (self.top + self.height) * height,
        )

    def apply(self, image: np.ndarray, size: Size, nearest: bool, fill: float) -> np.ndarray:
        """Cut the window out of an image, and scale, rotate, mirror and blank it as drawn.

        Args:
            image: array of shape `(height, width, channels)`.
            size: tuple `(height, width)` in pixels of the result.
            nearest: bool, as for `crop_and_resize`.
            fill: float, the value of the blanked rectangle.

        Returns:
            An array of shape `(*size, channels)` and the dtype of `image`.
        """
        if self.angle or self.zoom != 1:
            # Scale the image first: that averages pixels, rotation only interpolates.
            load_size = (round(size[0] / self.height), round(size[1] / self.width))
            whole = (0, 0, image.shape[1], image.shape[0])
            image = crop_and_resize(image, load_size, whole, nearest)
            box = self.box(*load_size)
            image = rotate_and_zoom(image, size, box, self.angle, self.zoom, nearest)
        else:
            height, width = image.shape[:2]
            image = crop_and_resize(image, size, self.box(height, width), nearest)
        if self.mirror:
            image = mirror(image)
        if self.hole is not None:
            left, top, right, bottom = np.rint(np.multiply(self.hole, size[::-1] * 2)).astype(int)
            image = image.copy()
            image[top:bottom, left:right] = fill
        return image

    def vary_colors(self, pixels: np.ndarray) -> np.ndarray:
        """Return an image with its brightness, contrast and saturation changed as drawn.

        Args:
            pixels: array of shape `(height, width, channels)` in [-1, 1].

        Returns:
            An array of the same shape, clipped to [-1, 1].
        """
        if self.color_factors is None:
            return pixels
        brightness, contrast, saturation = np.array(self.color_factors, "float32")
        pixels = (pixels + 1) * brightness - 1
        mean = pixels.mean()
        pixels = (pixels - mean) * contrast + mean
        if pixels.shape[-1] == 3:
            grey = (pixels @ LUMA)[..., None]
            pixels = (pixels - grey) * saturation + grey
        return np.clip(pixels, -1, 1)


@dataclasses.dataclass(frozen=True)
class Augment:
    """Settings of the augmentation of training pairs. The defaults are the paper's.

    The paper resizes a pair from 256 to 286 pixels, cuts out a random window of 256, and mirrors
    half of the pairs. For other sizes, the window has 256 / 286 of the image's height and width.
    All images of a pair get the same random draw; `color` changes only the target.

    Args:
        enlargement: float, size at which a pair is loaded, as a multiple of the window's size, in
            [1, 8]; 1 for no random window. Defaults to `286 / 256`.
        mirror: bool, whether a random half of the pairs is mirrored. Defaults to `True`.
        rotation: float, largest angle in degrees in either direction, in [0, 180]. Defaults to
            `0.0`.
        scale: float, largest factor by which an image is enlarged or shrunk, in [1, 8]. Defaults to
            `1.0`.
        color: float, largest relative change of the target's brightness, contrast and saturation,
            in [0, 1]: with 0.2, they are multiplied by 0.8 to 1.2. Masks are not changed. Defaults
            to `0.0`.
        cutout: float, side of a blanked rectangle as a share of the image's side, in [0, 1].
            Defaults to `0.0`.

    Raises:
        ValueError: for a number out of its range.

    Example:

    ```python
    train = PairDataset(masks, photos, image_size=256, augment=Augment(rotation=10, color=0.1))
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, section 6.2. Cutout: DeVries and Taylor 2017,
        arXiv 1708.04552.
    """

    enlargement: float = 286 / 256
    mirror: bool = True
    rotation: float = 0.0
    scale: float = 1.0
    color: float = 0.0
    cutout: float = 0.0

    def __post_init__(self) -> None:
        limits = {
            "enlargement": (1, 8),
            "rotation": (0, 180),
            "scale": (1, 8),
            "color": (0, 1),
            "cutout": (0, 1),
        }
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(
                    f"{name} must be from {low} to {high}. Received: {name}={getattr(self, name)}"
                )

    def load_size(self, image_size: Size) -> Size:
        """Return the size `(height, width)` at which a pair is loaded, in pixels."""
        height, width = image_size
        return round(height * self.enlargement), round(width * self.enlargement)

    def draw(self, rng: np.random.Generator, image_size: Size, load_size: Size) -> Jitter:
        """Draw what happens to a pair.

        Args:
            rng: `numpy.random.Generator`.
            image_size: tuple `(height, width)` in pixels of the window.
            load_size: tuple `(height, width)` in pixels of the image that the window is cut from,
                at least `image_size`.
        """
        # Whole pixels of the loaded image, both ends included, as in the reference.
        top, left = (rng.integers(0, load - size + 1) for size, load in zip(image_size, load_size))
        mirror = self.mirror and rng.random() < 0.5
        angle = rng.uniform(-self.rotation, self.rotation) if self.rotation else 0.0
        zoom = self.scale ** rng.uniform(-1, 1) if self.scale > 1 else 1.0
        hole = color_factors = None
        if self.cutout:
            x, y = rng.uniform(0, 1 - self.cutout, 2)
            hole = (x, y, x + self.cutout, y + self.cutout)
        if self.color:
            color_factors = tuple(rng.uniform(1 - self.color, 1 + self.color, 3))
        return Jitter(
            left / load_size[1],
            top / load_size[0],
            image_size[1] / load_size[1],
            image_size[0] / load_size[0],
            mirror,
            angle,
            zoom,
            hole,
            color_factors,
        )


def as_augment(augment: bool | Augment) -> Augment | None:
    """Return the settings that the argument `augment` of a `PairDataset` stands for."""
    return Augment() if augment is True else augment or None
