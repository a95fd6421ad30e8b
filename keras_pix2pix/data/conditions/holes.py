"""Holes in pictures, marked (inpainting) or not (removing a rectangle)."""

import dataclasses
from typing import Any

import keras
import numpy as np

from keras_pix2pix.data.conditions.condition import (
    PictureCondition,
    check_amount,
    check_choice,
    limits_of,
    settings_of,
)
from keras_pix2pix.data.files.conversion import from_model_range
from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.geometry import Size

SHAPES = ("center", "boxes", "strokes")
# The share of a side that a hole has, if nothing is said: the paper's quarter of the picture, and
# smaller ones that are several.
SIZES = {"center": 0.5, "boxes": 0.3, "strokes": 0.3}
MAGENTA = (255, 0, 255)
# Corners of a stroke, and its width as a share of the length of its pieces.
CORNERS, STROKE_WIDTH = (3, 7), 0.25


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class PictureWithHoles(Picture):
    """Pictures with one channel more, which marks holes: its lowest value there, else its highest.

    This is how PNG stores what an eraser leaves: the hole is transparent. Whatever is not opaque is
    a hole, whose colors are of no use and become the lowest value.
    """

    def prepared(self, image: np.ndarray, name: str) -> np.ndarray:
        """Return a stored image with blank holes.

        Args:
            image: array of shape `(height, width, channels)`, the last channel that of the holes.
            name: str, the image in an error message.

        Raises:
            ValueError: if there is no channel of holes, and for values outside the range.
        """
        assert self.channels is not None
        if image.shape[-1] == 2 and self.channels == 4:
            image = image.take([0, 0, 0, 1], axis=-1)
        if image.shape[-1] != self.channels:
            raise ValueError(
                f"{name} must have {self.channels} channels, of which the last is opaque where the "
                f"picture is, and transparent in its holes. Received: {image.shape[-1]} channels"
            )
        low, high = limits_of(self)
        known = image[..., -1:] >= high
        image = np.where(known, image, low).astype(image.dtype)
        image[..., -1:] = np.where(known, high, low)
        return super().prepared(image, name)

    def as_rgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels in [-1, 1] as uint8 RGB colors. Holes are magenta, to be seen.

        Args:
            pixels: array of shape `(..., height, width, channels)`.
        """
        image = from_model_range(np.asarray(pixels))
        colors = image[..., :-1] if image.shape[-1] == 4 else np.repeat(image[..., :1], 3, axis=-1)
        return np.where(pixels[..., -1:] > 0, colors, np.array(MAGENTA, "uint8"))


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class FilledPicture(Picture):
    """Pictures that are generated in holes only: elsewhere, they are the condition."""

    def completed(self, pixels: np.ndarray, condition: np.ndarray) -> np.ndarray:
        """Return generated pixels in the holes of a condition, and its own pixels elsewhere."""
        return np.where(condition[..., -1:] > 0, condition[..., :-1], pixels)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True)
class Holes(PictureCondition):
    """Pictures with holes that the model fills (inpainting).

    The condition has one channel more than the picture, which marks the holes, as the transparent
    pixels of a PNG file do. `translate` fills the transparent pixels of such a file. Outside of the
    holes, the output is the input. A training knows this: its weights are 0 there, so losses,
    metrics and the discriminator see the filled picture.

    Args:
        shape: `"center"` is one box in the middle, as in the paper. `"boxes"` are boxes of random
            sizes at random places. `"strokes"` are free strokes of a broad pen. Defaults to
            `"boxes"`.
        size: float below 1, a share of the height and of the width; or int, in pixels: the sides of
            the box in the middle; the longest sides of other boxes, the shortest have half of it;
            the length of the pieces of strokes. Defaults to `None`: 0.5 for `"center"`, else 0.3.
        count: int, how many boxes or strokes there are at most; at least one. Defaults to `3`.

    Raises:
        ValueError: for an unknown shape, and for numbers out of range. When a picture is read: if
            it is not larger than the hole.

    Example:

    ```python
    train = PairDataset.from_pictures("photos/", condition=Holes("strokes"), image_size=256)
    ```

    References:
        Pathak et al. 2016, arXiv 1604.07379. Free strokes: Yu et al. 2018, arXiv 1806.03589.
    """

    shape: str = "boxes"
    size: float | int | None = None
    count: int = 3

    def __post_init__(self) -> None:
        check_choice("shape", self.shape, SHAPES)
        _check_hole_size(self.size)
        check_amount("count", self.count, 1, 1000, whole=True, several=False)

    def formats(self, picture: Format, image: np.ndarray) -> tuple[Format, Format]:
        """Return the formats of pictures with holes and of filled ones."""
        assert isinstance(picture, Picture)
        settings = settings_of(picture)
        with_holes = {**settings, "channels": image.shape[-1] + 1, "alpha": "keep"}
        return PictureWithHoles(**with_holes), FilledPicture(**settings)

    def check_size(self, size: Size) -> None:
        """Refuse a size that is not larger than the hole."""
        _sides(size, self._longest)

    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return a picture with holes, of one channel more."""
        known = ~self.mask(image.shape[:2], rng)[..., None]
        low, high = limits_of(picture)
        parts = np.where(known, image, low), np.where(known, high, low)
        return np.concatenate(parts, axis=-1).astype(image.dtype)

    def encoded(
        self,
        image: np.ndarray,
        rng: np.random.Generator,
        picture: Any,
        formats: tuple[Format, Format],
    ) -> tuple[np.ndarray, ...]:
        """Return condition, target, and weights of 1 in the holes and 0 elsewhere."""
        condition, target = super().encoded(image, rng, picture, formats)
        return condition, target, (condition[..., -1:] < 0).astype("float32")

    def mask(self, size: Size, rng: np.random.Generator) -> np.ndarray:
        """Return where the holes of a picture are, as an array of bool of shape `size`.

        Args:
            size: tuple `(height, width)` in pixels.
            rng: `numpy.random.Generator`.

        Raises:
            ValueError: if the picture is not larger than the hole.
        """
        longest = _sides(size, self._longest)
        mask = np.zeros(size, bool)
        if self.shape == "center":
            mask[_middle(size, longest)] = True
            return mask
        for _ in range(rng.integers(1, self.count + 1)):
            if self.shape == "boxes":
                sides = [rng.integers(-(-side // 2), side + 1) for side in longest]
                starts = [rng.integers(0, full - side + 1) for full, side in zip(size, sides)]
                mask[tuple(slice(a, a + side) for a, side in zip(starts, sides))] = True
            else:
                _draw_stroke(mask, min(longest), rng)
        return mask if self.shape == "boxes" else _broadened(mask, STROKE_WIDTH * min(longest))

    @property
    def _longest(self) -> float | int:
        return SIZES[self.shape] if self.size is None else self.size


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True)
class BlankRectangle(PictureCondition):
    """Pictures with a white rectangle in the middle, which no channel marks.

    The model finds the rectangle itself, and generates the whole picture.

    Args:
        size: float below 1, a share of the height and of the width; or int, in pixels. Defaults to
            `0.3`.

    Raises:
        ValueError: for a size out of range. When a picture is read: if it is not larger than the
            rectangle.

    Example:

    ```python
    train = PairDataset.from_pictures("photos/", condition=BlankRectangle(), image_size=256)
    ```
    """

    size: float | int = 0.3

    def __post_init__(self) -> None:
        _check_hole_size(self.size)

    def check_size(self, size: Size) -> None:
        """Refuse a size that is not larger than the rectangle."""
        _sides(size, self.size)

    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return a picture with a white rectangle."""
        blank = image.copy()
        size = image.shape[:2]
        blank[_middle(size, _sides(size, self.size))] = limits_of(picture)[1]
        return blank


def _check_hole_size(size: Any) -> None:
    whole = isinstance(size, int) and not isinstance(size, bool)
    if size is not None and not (size >= 1 if whole else isinstance(size, float) and 0 < size < 1):
        raise ValueError(
            "size must be a number of pixels, or a share of the sides between 0 and 1. Received: "
            f"{size!r}"
        )


def _sides(full: Size, size: float | int) -> tuple[int, ...]:
    """Return the sides of a hole in pixels."""
    sides = tuple(max(1, int(side * size)) if isinstance(size, float) else size for side in full)
    if any(side >= whole for side, whole in zip(sides, full)):
        raise ValueError(
            f"a picture must be larger than its hole of {sides[0]} x {sides[1]} pixels. Received: "
            f"{full[0]} x {full[1]} (height x width). Use larger pictures, or a smaller size."
        )
    return sides


def _middle(full: Size, sides: tuple[int, ...]) -> tuple[slice, ...]:
    starts = [int(whole / 2 - side / 2) for whole, side in zip(full, sides)]
    return tuple(slice(start, start + side) for start, side in zip(starts, sides))


def _draw_stroke(mask: np.ndarray, length: int, rng: np.random.Generator) -> None:
    """Draw a line of several pieces that begins anywhere, turns a little, and stays inside."""
    from skimage.draw import line

    last = np.array(mask.shape) - 1
    place = rng.uniform(0, last)
    angle = rng.uniform(0, 2 * np.pi)
    for _ in range(rng.integers(*CORNERS)):
        angle += rng.uniform(-1, 1) * np.pi / 2
        step = length * rng.uniform(0.5, 1) * np.array([np.sin(angle), np.cos(angle)])
        end = np.clip(place + step, 0, last)
        mask[line(*np.rint([*place, *end]).astype(int))] = True
        place = end


def _broadened(mask: np.ndarray, width: float) -> np.ndarray:
    from skimage.morphology import isotropic_dilation

    return isotropic_dilation(mask, width / 2)
