"""What can be drawn for a model, and how a drawing becomes a condition."""

import numpy as np
from PIL import Image

from keras_pix2pix.data import Labels, PairDataset, Picture
from keras_pix2pix.data.files.colors import count_colors
from keras_pix2pix.data.files.conversion import to_model_range
from keras_pix2pix.exporting.web_page import drawable_format
from keras_pix2pix.pix2pix import Pix2Pix

# The longer side of the canvas is at most this many pixels; a pixel of the model is drawn as a
# square of whole pixels.
CANVAS_SIDE = 512
# Height and width of a condition in pixels, if there are no examples.
CONDITION_SIDE = 256
# Conditions of more colors are not drawn with a palette.
MAX_COLORS = 32
MAX_EXAMPLES = 10
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


class Canvas:
    """A canvas in the colors of a model's conditions.

    Args:
        model: a `Pix2Pix` whose condition is one image.
        data: a `PairDataset` whose conditions are examples. Defaults to `None`.

    Attributes:
        colors: uint8 array of shape `(count, 3)`, the colors to draw with. The first is the
            background.
        snapped: bool, whether a condition has only these colors.
        examples: list of uint8 arrays of shape `(height, width, 3)`, in the size of the canvas.
        shape: tuple `(height, width)` of the canvas in pixels.
        scale: int, height and width in pixels of the square that is one pixel of the condition.

    Raises:
        ValueError: if the condition is not one image of labels, grey or RGB.
    """

    def __init__(self, model: Pix2Pix, data: PairDataset | None = None) -> None:
        self.format = drawable_format(model)
        size = data.image_size if data else None
        height, width = size or (CONDITION_SIDE, CONDITION_SIDE)
        self.scale = max(1, CANVAS_SIDE // max(height, width))
        self.shape = height * self.scale, width * self.scale
        conditions = _first_conditions(data) if data else []
        images = [self.format.as_rgb(condition) for condition in conditions]
        if isinstance(self.format, Labels):
            self._take_colors_of_labels(self.format, images)
        else:
            self._take_colors_of_pictures(self.format, images)
        self.examples = [
            image.repeat(self.scale, axis=0).repeat(self.scale, axis=1) for image in images
        ]

    def _take_colors_of_labels(self, format: Labels, images: list[np.ndarray]) -> None:
        """Choose a color for each class. The most common class in the images comes first."""
        one_hot = np.eye(format.channels, dtype="float32") * 2 - 1
        stored, colors = format.decode(one_hot), format.as_rgb(one_hot)
        if format.ignore is not None:
            no_class = np.broadcast_to(format.ignore, stored.shape[1:]).astype(stored.dtype)
            stored = np.concatenate([stored, no_class[None]])
            colors = np.concatenate([colors, np.array([BLACK], "uint8")])
        counts = [sum((image == color).all(axis=-1).sum() for image in images) for color in colors]
        order = np.argsort(-np.array(counts), kind="stable")
        self.colors, self._stored = colors[order], stored[order]
        self.snapped = True

    def _take_colors_of_pictures(self, format: Picture, images: list[np.ndarray]) -> None:
        """Choose the colors of the images, the most common first, if there are only a few."""
        is_mask = format.interpolation == "nearest"
        self.colors = np.array([BLACK, WHITE] if is_mask else [WHITE, BLACK], "uint8")
        self.snapped = is_mask
        if images:
            colors, counts = count_colors(np.stack(images))
            colors = colors[np.argsort(-counts)]
            self.snapped = 2 <= len(colors) <= MAX_COLORS
            if self.snapped:
                self.colors = colors
            elif tuple(colors[0]) == BLACK:
                self.colors = self.colors[::-1]

    def blank(self) -> np.ndarray:
        """Return an empty canvas, a uint8 array of shape `(height, width, 3)`."""
        return np.broadcast_to(self.colors[0], (*self.shape, 3)).copy()

    def condition(self, drawing: np.ndarray) -> np.ndarray:
        """Return the condition that a drawing stands for.

        Args:
            drawing: uint8 array of shape `(height, width, 3)`, or `(height, width, 4)` with
                transparency, of any height and width.

        Returns:
            An array that `translate` takes.
        """
        drawing = self._without_alpha(self._resized(drawing))
        if not self.snapped:
            height, width = (side // self.scale for side in self.shape)
            squares = drawing.reshape(height, self.scale, width, self.scale, 3)
            return self._decoded(np.rint(squares.mean(axis=(1, 3))).astype("uint8"))
        center = self.scale // 2
        drawing = drawing[center :: self.scale, center :: self.scale]
        # The edges of strokes have mixed colors, which no condition has.
        colors = self.colors.astype("float32")
        distances = [((drawing - color) ** 2).sum(axis=-1) for color in colors]
        nearest = np.argmin(distances, axis=0)
        if isinstance(self.format, Labels):
            return self._stored[nearest]
        return self._decoded(self.colors[nearest])

    def _resized(self, drawing: np.ndarray) -> np.ndarray:
        height, width = self.shape
        if drawing.shape[:2] == (height, width):
            return drawing
        resampling = Image.Resampling.NEAREST if self.snapped else Image.Resampling.BICUBIC
        return np.asarray(Image.fromarray(drawing).resize((width, height), resampling))

    def _without_alpha(self, drawing: np.ndarray) -> np.ndarray:
        """Put the background where a drawing is transparent."""
        if drawing.shape[-1] == 3:
            return drawing
        alpha = drawing[..., 3:] / 255
        return drawing[..., :3] * alpha + self.colors[0] * (1 - alpha)

    def _decoded(self, colors: np.ndarray) -> np.ndarray:
        """Return RGB values as the stored values of a picture."""
        return self.format.decode(to_model_range(colors)[..., : self.format.channels])


def _first_conditions(data: PairDataset) -> list[np.ndarray]:
    conditions: list[np.ndarray] = []
    for index in range(len(data)):
        conditions += list(data[index][0])
        if len(conditions) >= MAX_EXAMPLES:
            break
    return conditions[:MAX_EXAMPLES]
