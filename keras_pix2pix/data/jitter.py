"""Augmentation: one random draw for both images of a pair."""

from typing import NamedTuple


class Jitter(NamedTuple):
    """Which part of a pair is used, and whether it is mirrored.

    The paper enlarges a pair from 256 to 286 pixels, cuts 256 out at random and mirrors every other
    one. For any size, that is a window of 256 / 286 of the image's height and width.

    Args:
        left, top, width, height: floats, the window as shares of the image.
        mirror: bool, whether left and right are exchanged.

    References:
        Isola et al. 2017, arXiv 1611.07004, section 6.2.
    """

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0
    mirror: bool = False

    @classmethod
    def draw(cls, rng, image_size, load_size, mirror):
        """Draw a window of `image_size` in a picture enlarged to `load_size`.

        Args:
            rng: `numpy.random.Generator`.
            image_size: tuple `(height, width)` in pixels.
            load_size: tuple `(height, width)` in pixels, not below `image_size`.
            mirror: bool, whether every other pair is mirrored.
        """
        # Whole pixels of the enlarged picture, both ends included, as the reference draws them.
        top, left = (rng.integers(0, load - size + 1) for size, load in zip(image_size, load_size))
        return cls(
            left / load_size[1],
            top / load_size[0],
            image_size[1] / load_size[1],
            image_size[0] / load_size[0],
            bool(mirror and rng.random() < 0.5),
        )

    def box(self, height, width):
        """The window `(left, top, right, bottom)` in pixels of an image of this size."""
        # Shares that add up to 1 do so in floating point too: the box never leaves the image.
        return (
            self.left * width,
            self.top * height,
            (self.left + self.width) * width,
            (self.top + self.height) * height,
        )
