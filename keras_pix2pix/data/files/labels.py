"""Label maps: the class of every pixel, and the borders between instances."""

import dataclasses

import keras
import numpy as np

from keras_pix2pix.data.files.colors import codes, hues
from keras_pix2pix.data.files.formats import Format
from keras_pix2pix.data.files.images import from_model_range, with_channels

# Greys that differ by less look alike.
APART = 16


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True, repr=False)
class Labels(Format):
    """Class indices, as one channel a class: 1 where a pixel belongs to it, else -1.

    Label maps are resized to the nearest pixel only: there is nothing between two classes.

    Args:
        classes: int, how many classes there are. Defaults to the length of `palette`.
        palette: sequence of the color (or grey value) of each class, for maps that are stored in
            colors; `find_palette` finds it. Defaults to `None`: grey values, or indices into the
            file's own palette, are the classes.
        ignore: int, or a color of `palette`'s kind, the stored value of pixels of no class, whose
            channels are all -1. Defaults to `None`.

    Raises:
        ValueError: without classes, or for colors that are not told apart.

    Example:

    ```python
    voc = Labels(21, ignore=255)
    cityscapes = Labels(palette=find_palette("labels/"))
    ```
    """

    classes: int | None = None
    palette: tuple | None = None
    ignore: int | tuple | None = None

    def __post_init__(self):
        if self.palette is not None:
            palette = [(c,) if np.isscalar(c) else tuple(map(int, c)) for c in self.palette]
            object.__setattr__(self, "palette", tuple(palette))
            object.__setattr__(self, "classes", self.classes or len(palette))
            lengths = {len(color) for color in palette}
            if self.classes != len(palette) or len(set(palette)) < len(palette):
                raise ValueError(
                    f"palette must have {self.classes} different colors, one a class. Received: "
                    f"{len(palette)}, {len(set(palette))} of them different"
                )
            if lengths not in ({1}, {3}):
                raise ValueError(
                    f"palette must be of grey values or RGB colors. Received: {palette}"
                )
        if not self.classes or self.classes < 2:
            raise ValueError(f"Labels needs at least 2 classes. Received: classes={self.classes}")

    @property
    def indices(self):
        return self.palette is None or len(self.palette[0]) == 1

    @property
    def channels(self):
        return self.classes

    @property
    def stored_dtype(self):
        """The type of stored values."""
        largest = max(map(max, self.palette)) if self.palette else self.classes - 1
        return "uint8" if largest < 256 else "uint16"

    @property
    def fill(self):
        """The prepared value of pixels of no class."""
        return self.classes

    def prepared(self, image, name):
        """Class indices of shape `(height, width, 1)`; `classes` stands for no class."""
        if image.dtype == bool:
            image = image.astype("uint8")
        if image.dtype.kind not in "iu":
            raise ValueError(f"{name} must hold integers. Received: dtype {image.dtype}")
        known = self.palette or [(index,) for index in range(self.classes)]
        depth = len(known[0])
        image = with_channels(image, depth, name)
        ignored = [] if self.ignore is None else [np.atleast_1d(self.ignore)]
        stored = codes(np.array([*known, *ignored]))
        order = np.argsort(stored)
        found = codes(image)
        place = order[np.searchsorted(stored[order], found).clip(max=len(stored) - 1)]
        unknown = stored[place] != found
        if unknown.any():
            raise ValueError(self._unknown(image[unknown], name))
        return place.astype("uint8" if self.classes < 256 else "uint16")[..., None]

    def _unknown(self, pixels, name):
        found = np.unique(pixels, axis=0)[:8].tolist()
        expected = "a color of the palette" if self.palette else f"from 0 to {self.classes - 1}"
        return (
            f"{name} must have labels {expected}"
            f"{'' if self.ignore is None else f', or {self.ignore} for none'}. Received: "
            f"{len(pixels)} other pixels, such as {found}. Name the value that is to be ignored, "
            "or see whether the map was blurred or stored as JPEG."
        )

    def encode(self, image, name="images"):
        """Prepared indices, or an image as it is stored, as float32 channels of -1 and 1."""
        table = np.full((self.classes + 1, self.classes), -1, "float32")
        np.fill_diagonal(table, 1)
        return table[image[..., 0]]

    def decode(self, pixels):
        """The likeliest class of each pixel, as it is stored."""
        index = pixels.argmax(axis=-1)
        stored = np.array(self.palette or np.arange(self.classes)[:, None], self.stored_dtype)
        return stored[index]

    def as_rgb(self, pixels):
        """Channels as uint8 colors, to be looked at; pixels of no class are black.

        Indices and grey values that could not be told apart get colors that can.
        """
        stored = np.array(self.palette or np.arange(self.classes)[:, None])
        if self.indices and (stored.max() > 255 or np.diff(np.sort(stored[:, 0])).min() < APART):
            stored = np.array(hues(self.classes))
        colors = np.broadcast_to(stored, (self.classes, 3)).astype("uint8")
        pixels = np.asarray(pixels)
        return colors[pixels.argmax(axis=-1)] * (pixels.max(axis=-1) > -1)[..., None]


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True, repr=False)
class Edges(Format):
    """Borders between instances, as one channel: 1 beside another instance, else -1.

    For conditions: beside the classes, it tells two people apart that touch. The file holds an
    instance number, or a color, for every pixel.

    Example:

    ```python
    formats = (Labels(21, ignore=255), Edges()), Picture(3)
    train = PairDataset((classes, instances), photos, formats=formats)
    ```

    References:
        Wang et al. 2018, arXiv 1711.11585, section 3.3.
    """

    channels = 1
    fill = 0

    def prepared(self, image, name):
        return image

    def encode(self, image, name="images"):
        """Instance numbers as float32 in {-1, 1}."""
        edges = np.full((*image.shape[:-1], 1), -1, "float32")
        for axis in (-3, -2):
            here = np.moveaxis(edges, axis, 0)
            along = np.moveaxis(image, axis, 0)
            changes = (along[1:] != along[:-1]).any(axis=-1, keepdims=True)
            here[1:][changes] = here[:-1][changes] = 1
        return edges

    def as_rgb(self, pixels):
        """Borders in white, to be looked at."""
        return np.repeat(from_model_range(np.asarray(pixels)), 3, axis=-1)
