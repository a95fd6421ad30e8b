"""Augmentation: one random draw for all images of a pair."""

import dataclasses
from typing import NamedTuple

import numpy as np

from keras_pix2pix.data.files.geometry import mirror, resize, turn

# The weights of red, green and blue in brightness, ITU-R BT.601.
LUMA = np.array([0.299, 0.587, 0.114], "float32")


class Jitter(NamedTuple):
    """What happens to a pair: the same to all of its images, but for the colors.

    Args:
        left, top, width, height: floats, the window that is used, as shares of the image.
        mirror: bool, whether left and right are exchanged.
        angle: float, degrees that the window is turned, counterclockwise.
        zoom: float, how much it is enlarged around its middle.
        hole: tuple `(left, top, right, bottom)` of shares of the result that is blanked, or `None`.
        colors: tuple of factors of brightness, contrast and saturation of the target, or `None`.
    """

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0
    mirror: bool = False
    angle: float = 0.0
    zoom: float = 1.0
    hole: tuple | None = None
    colors: tuple | None = None

    @classmethod
    def middle(cls, size, shape):
        """The window of `size` in the middle of an image, of whole pixels."""
        top, left = ((full - part) // 2 for part, full in zip(size, shape))
        return cls(left / shape[1], top / shape[0], size[1] / shape[1], size[0] / shape[0])

    def box(self, height, width):
        """The window `(left, top, right, bottom)` in pixels of an image of this size."""
        # Shares that add up to 1 do so in floating point too: the box never leaves the image.
        return (
            self.left * width,
            self.top * height,
            (self.left + self.width) * width,
            (self.top + self.height) * height,
        )

    def cut(self, image, size, nearest, fill):
        """The picture of `size` that this draw takes from an image.

        Args:
            image: array of shape `(height, width, channels)`.
            size: tuple `(height, width)` in pixels.
            nearest: bool, whether every pixel keeps a value that the image has.
            fill: number, the value of what is blanked.
        """
        if self.angle or self.zoom != 1:
            # Scaled first, which averages pixels; turning only looks between them.
            loaded = (round(size[0] / self.height), round(size[1] / self.width))
            whole = (0, 0, image.shape[1], image.shape[0])
            image = resize(image, loaded, whole, nearest)
            box = self.box(*loaded)
            image = turn(image, size, box, self.angle, self.zoom, nearest)
        else:
            image = resize(image, size, self.box(*image.shape[:2]), nearest)
        if self.mirror:
            image = mirror(image)
        if self.hole is not None:
            left, top, right, bottom = np.rint(np.multiply(self.hole, size[::-1] * 2)).astype(int)
            image = image.copy()
            image[top:bottom, left:right] = fill
        return image

    def color(self, picture):
        """A picture in [-1, 1] with its brightness, contrast and saturation changed."""
        if self.colors is None:
            return picture
        brightness, contrast, saturation = np.float32(self.colors)
        picture = (picture + 1) * brightness - 1
        mean = picture.mean()
        picture = (picture - mean) * contrast + mean
        if picture.shape[-1] == 3:
            grey = (picture @ LUMA)[..., None]
            picture = (picture - grey) * saturation + grey
        return np.clip(picture, -1, 1)


@dataclasses.dataclass(frozen=True)
class Augment:
    """How pairs are varied in training; without arguments, as in the paper.

    The paper enlarges a pair from 256 to 286 pixels, cuts 256 out at random and mirrors every other
    one. For any size, that is a window of 256 / 286 of the image's height and width. All images of
    a pair get the same draw; only `color` is for the target alone.

    Args:
        enlargement: float, how much larger than the window a pair is loaded; 1 for no random
            window. Defaults to `286 / 256`.
        mirror: bool, whether every other pair is mirrored. Defaults to `True`.
        rotation: float, largest angle in degrees, either way. Defaults to `0.0`.
        scale: float, largest factor of enlarging or shrinking, at least 1. Defaults to `1.0`.
        color: float, by how much brightness, contrast and saturation of the target change at most,
            if it is no mask; 0.2 is from 0.8 to 1.2 times. Defaults to `0.0`.
        cutout: float, side of a blanked rectangle as a share of the picture's. Defaults to `0.0`.

    Raises:
        ValueError: for numbers out of range.

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

    def __post_init__(self):
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

    def load_size(self, image_size):
        """The size that a window of `image_size` is cut from."""
        return tuple(round(size * self.enlargement) for size in image_size)

    def draw(self, rng, image_size, load_size):
        """Draw a window of `image_size` in a picture enlarged to `load_size`, and the rest.

        Args:
            rng: `numpy.random.Generator`.
            image_size: tuple `(height, width)` in pixels.
            load_size: tuple `(height, width)` in pixels, not below `image_size`.

        Returns:
            A `Jitter`.
        """
        # Whole pixels of the enlarged picture, both ends included, as the reference draws them.
        top, left = (rng.integers(0, load - size + 1) for size, load in zip(image_size, load_size))
        mirror = bool(self.mirror and rng.random() < 0.5)
        angle = rng.uniform(-self.rotation, self.rotation) if self.rotation else 0.0
        zoom = self.scale ** rng.uniform(-1, 1) if self.scale > 1 else 1.0
        hole = colors = None
        if self.cutout:
            x, y = rng.uniform(0, 1 - self.cutout, 2)
            hole = (x, y, x + self.cutout, y + self.cutout)
        if self.color:
            colors = tuple(rng.uniform(1 - self.color, 1 + self.color, 3))
        return Jitter(
            left / load_size[1],
            top / load_size[0],
            image_size[1] / load_size[1],
            image_size[0] / load_size[0],
            mirror,
            angle,
            zoom,
            hole,
            colors,
        )
