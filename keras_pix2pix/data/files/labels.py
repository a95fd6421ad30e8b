"""Formats of label maps: the class of every pixel, and the boundaries between instances."""

import dataclasses
from collections.abc import Sequence

import keras
import numpy as np

from keras_pix2pix.data.files.colors import color_codes, distinct_colors, has_few_colors
from keras_pix2pix.data.files.conversion import from_model_range, with_channels
from keras_pix2pix.data.files.formats import Format
from keras_pix2pix.data.files.messages import unknown_labels

# Grey values that differ by less look alike.
MIN_GREY_DIFFERENCE = 16


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True, repr=False)
class Labels(Format):
    """Label maps, encoded with one channel for each class: 1 inside the class, -1 outside.

    Label maps are resized to the nearest pixel only: there is no value between two classes.

    Args:
        classes: int, number of classes. Defaults to the length of `palette`.
        palette: sequence with the color or the grey value of each class, for label maps that are
            stored in colors. `find_palette` returns it. Defaults to `None`: the class is the stored
            grey value, or the index into the palette of the file.
        ignore: int, or a color like those of `palette`: the stored value of pixels without a class.
            All their channels are -1. In a target, such pixels are left out of all losses and
            metrics: the batches have a third part, with weight 0 for these pixels and 1 for the
            others. Defaults to `None`: there are no such pixels.
        colors: sequence of RGB colors, the palette of the image files. `translate_files` writes
            palette images with it. Defaults to `None`: as in the first image, if it has a palette.

    Raises:
        ValueError: for fewer than two classes, and for a palette with equal colors.

    Example:

    ```python
    voc = Labels(21, ignore=255)
    cityscapes = Labels(palette=find_palette("labels/"))
    ```
    """

    classes: int | None = None
    palette: Sequence | None = None
    ignore: int | tuple[int, ...] | None = None
    # How the files look says nothing of what they mean.
    colors: Sequence | None = dataclasses.field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.colors is not None:
            object.__setattr__(self, "colors", tuple(tuple(map(int, c)) for c in self.colors))
        if self.palette is not None:
            palette = [(c,) if np.isscalar(c) else tuple(map(int, c)) for c in self.palette]
            object.__setattr__(self, "palette", tuple(palette))
            object.__setattr__(self, "classes", self.classes or len(palette))
            lengths = {len(color) for color in palette}
            if self.classes != len(palette) or len(set(palette)) < len(palette):
                raise ValueError(
                    f"palette must have {self.classes} different colors, one for each class. "
                    f"Received: {len(palette)}, {len(set(palette))} of them different"
                )
            if lengths not in ({1}, {3}):
                raise ValueError(
                    f"palette must be of grey values or RGB colors. Received: {palette}"
                )
        if not self.classes or self.classes < 2:
            raise ValueError(f"Labels needs at least 2 classes. Received: classes={self.classes}")

    @property
    def palette_indices(self) -> bool:
        """Whether a palette image is read as indices into its palette."""
        return self.palette is None or len(self.palette[0]) == 1

    @property
    def channels(self) -> int:
        """Number of channels of the encoded image, one for each class."""
        # `__post_init__` has replaced None.
        assert self.classes is not None
        return self.classes

    @property
    def stored_dtype(self) -> str:
        """The dtype of stored values."""
        return "uint8" if self._stored_values.max() < 256 else "uint16"

    def fill(self, dtype: np.dtype) -> float:
        """Return the prepared value of pixels without a class.

        Args:
            dtype: not used.
        """
        return self.channels

    def counted(self, image: np.ndarray) -> np.ndarray | None:
        """Return which pixels have a class, or `None` without `ignore`.

        Args:
            image: array of shape `(height, width, 1)`, as `prepared` returns it.
        """
        return None if self.ignore is None else image != self.channels

    @property
    def _stored_values(self) -> np.ndarray:
        """The stored value of each class, of shape `(classes, channels)`."""
        if self.palette is None:
            return np.arange(self.channels)[:, None]
        return np.array(self.palette)

    def prepared(self, image: np.ndarray, name: str) -> np.ndarray:
        """Return class indices of shape `(height, width, 1)`. `classes` stands for no class.

        Args:
            image: array of shape `(height, width, channels)`, as it is stored.
            name: str, the image in an error message.

        Raises:
            ValueError: for values that are neither a class nor `ignore`.
        """
        if image.dtype == bool:
            image = image.astype("uint8")
        if image.dtype.kind not in "iu":
            raise ValueError(f"{name} must hold integers. Received: dtype {image.dtype}")
        known = self._stored_values
        image = self._with_channels(image, known.shape[1], name)
        if self.ignore is not None:
            known = np.concatenate([known, np.atleast_2d(self.ignore)])
        known_codes, codes = color_codes(known), color_codes(image)
        order = np.argsort(known_codes)
        nearest = np.searchsorted(known_codes[order], codes).clip(max=len(order) - 1)
        classes = order[nearest]
        unknown = known_codes[classes] != codes
        if unknown.any():
            raise ValueError(
                f"{name} must have labels {self._expected()}. "
                f"{unknown_labels(image, unknown, self.channels, self.palette is not None)}"
            )
        return classes.astype("uint8" if self.channels < 256 else "uint16")[..., None]

    def _with_channels(self, image: np.ndarray, channels: int, name: str) -> np.ndarray:
        try:
            return with_channels(image, channels, name)
        except ValueError as error:
            if channels == 3 or image.shape[-1] not in (3, 4):
                raise
            if not has_few_colors(image, 256):
                raise ValueError(
                    f"{name} has more than 256 colors, as a photo has. Expected: a label map of "
                    f"grey values {self._expected()}"
                ) from error
            raise ValueError(
                f"{name} is a label map in colors, and {self!r} stands for grey values. Name the "
                'colors of the classes: Labels(palette=find_palette("labels/")).'
            ) from error

    def _expected(self) -> str:
        """Return which stored values there may be."""
        expected = f"from 0 to {self.channels - 1}" if self.palette is None else "of the palette"
        return expected if self.ignore is None else f"{expected}, or {self.ignore} for no class"

    def encode(self, image: np.ndarray, name: str = "images") -> np.ndarray:
        """Return class indices as float32 channels of -1 and 1.

        Args:
            image: array of shape `(..., height, width, 1)`, as `prepared` returns it.
            name: str, not used. Defaults to `"images"`.
        """
        table = np.full((self.channels + 1, self.channels), -1, "float32")
        np.fill_diagonal(table, 1)
        return table[image[..., 0]]

    def decode(self, pixels: np.ndarray) -> np.ndarray:
        """Return the most likely class of each pixel, as it is stored.

        Args:
            pixels: array of shape `(..., height, width, classes)`.
        """
        return self._stored_values.astype(self.stored_dtype)[pixels.argmax(axis=-1)]

    @property
    def file_palette(self) -> np.ndarray | None:
        """The palette of the files, a uint8 array of shape `(colors, 3)`, or `None`.

        It is `None` as well if a class has no place in it.
        """
        if self.colors is None or self.stored_dtype != "uint8":
            return None
        colors = np.array(self.colors, "uint8")
        places = colors if not self.palette_indices else np.arange(len(colors))[:, None]
        return (
            colors if np.isin(color_codes(self._stored_values), color_codes(places)).all() else None
        )

    def as_rgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return class channels as uint8 RGB colors, to be looked at.

        The colors are those of the palette. Indices and grey values that look alike are replaced by
        colors that differ. Pixels without a class are black.

        Args:
            pixels: array of shape `(..., height, width, classes)`.
        """
        stored = self._stored_values
        if self.palette_indices and (
            stored.max() > 255 or np.diff(np.sort(stored[:, 0])).min() < MIN_GREY_DIFFERENCE
        ):
            stored = np.array(distinct_colors(self.channels))
        colors = np.broadcast_to(stored, (self.channels, 3)).astype("uint8")
        pixels = np.asarray(pixels)
        return colors[pixels.argmax(axis=-1)] * (pixels.max(axis=-1) > -1)[..., None]


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True, repr=False)
class InstanceBoundaries(Format):
    """Instance maps, encoded as one channel: 1 at the boundary of an instance, else -1.

    The file holds an instance number, or a color, for every pixel. A pixel is at a boundary if the
    pixel to its left or right, above or below, belongs to another instance. It is a format for
    conditions. Use it together with a label map. For example, it separates two persons that touch.

    Example:

    ```python
    formats = (Labels(21, ignore=255), InstanceBoundaries()), Picture(3)
    train = PairDataset((classes, instances), photos, formats=formats)
    ```

    References:
        Wang et al. 2018, arXiv 1711.11585, section 3.3.
    """

    @property
    def channels(self) -> int:
        """Number of channels of the encoded image, which is 1."""
        return 1

    def prepared(self, image: np.ndarray, name: str) -> np.ndarray:
        """Return the instance numbers as they are.

        Args:
            image: array of shape `(height, width, channels)`.
            name: str, not used.
        """
        return image

    def encode(self, image: np.ndarray, name: str = "images") -> np.ndarray:
        """Return the boundaries of instances as one float32 channel of -1 and 1.

        Args:
            image: array of shape `(..., height, width, channels)` of instance numbers or colors.
            name: str, not used. Defaults to `"images"`.
        """
        boundaries = np.full((*image.shape[:-1], 1), -1, "float32")
        for axis in (-3, -2):
            marks = np.moveaxis(boundaries, axis, 0)
            instances = np.moveaxis(image, axis, 0)
            changes = (instances[1:] != instances[:-1]).any(axis=-1)
            marks[1:][changes] = marks[:-1][changes] = 1
        return boundaries

    def as_rgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return boundaries in white on black, as uint8 RGB colors.

        Args:
            pixels: array of shape `(..., height, width, 1)`.
        """
        return np.repeat(from_model_range(np.asarray(pixels)), 3, axis=-1)


# Models that were saved earlier have this format under its old name.
keras.saving.get_custom_objects()["keras_pix2pix>Edges"] = InstanceBoundaries
