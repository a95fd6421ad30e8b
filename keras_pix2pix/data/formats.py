"""What stored values mean: pictures, label maps, borders between instances.

Each format turns what a file or an array holds into channels in [-1, 1], and back.
"""

import dataclasses

import keras
import numpy as np

from keras_pix2pix.data.colors import codes, hues
from keras_pix2pix.data.images import TOLERANCE, from_model_range, to_model_range, with_channels

INTERPOLATIONS = ("auto", "nearest", "bicubic")


class _Format:
    """What all formats share: they are plain values, stored with the model."""

    get_config = dataclasses.asdict
    nearest = True
    # Whether palette images are read as indices.
    indices = True

    @classmethod
    def from_config(cls, config):
        # JSON has made lists of tuples.
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
        return cls(**values)

    def __repr__(self):
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        told = ", ".join(f"{name}={value!r}" for name, value in values.items() if value is not None)
        return f"{type(self).__name__}({told})"


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True, repr=False)
class Picture(_Format):
    """Pixels whose values are amounts: light, height, density.

    Args:
        channels: int, the channels wanted: grey is repeated to 3, and an alpha channel that is
            opaque everywhere is dropped; nothing is ever lost. Defaults to `None`, as the first
            image has them.
        value_range: tuple of the stored values that become -1 and 1. Defaults to `None`: all that
            the unsigned integers of the file can be, and [-1, 1] for floats.
        interpolation: `"nearest"` keeps every value of a mask, `"bicubic"` is for pictures,
            `"auto"` takes nearest where up to 16 images, spread over the set, have at most 32
            colors each. Defaults to `"auto"`.
        alpha: `"keep"` makes alpha a channel, `"drop"` ignores it, a number or a color, in stored
            values, is what the picture is laid on. Defaults to `None`: transparent pixels are an
            error unless `channels` asks for them.
        dtype: str, what `decode` returns. Defaults to `None`, as the first image has it.

    Raises:
        ValueError: for unknown names and an empty range.

    Example:

    ```python
    microscope = Picture(channels=1, value_range=(0, 4095))  # 12 bits in 16
    sprite = Picture(channels=3, alpha=(255, 255, 255))
    ```
    """

    channels: int | None = None
    value_range: tuple | None = None
    interpolation: str = "auto"
    alpha: str | float | tuple | None = None
    dtype: str | None = None

    indices = False
    fill = 0

    def __post_init__(self):
        if self.interpolation not in INTERPOLATIONS:
            raise ValueError(
                f"interpolation must be of {', '.join(map(repr, INTERPOLATIONS))}. "
                f"Received: {self.interpolation!r}"
            )
        if self.value_range is not None and not self.value_range[0] < self.value_range[1]:
            raise ValueError(
                f"value_range must be (low, high), low first. Received: {self.value_range}"
            )
        if isinstance(self.alpha, str) and self.alpha not in ("keep", "drop"):
            raise ValueError(
                f"alpha must be 'keep', 'drop', a color or None. Received: {self.alpha!r}"
            )

    @property
    def nearest(self):
        return self.interpolation == "nearest"

    def prepared(self, image, name):
        """The stored image with the channels wanted, if its values are in range."""
        if self.alpha not in (None, "keep") and image.shape[-1] in (2, 4):
            image = self._without_alpha(image, name)
        if self.channels is not None:
            image = with_channels(image, self.channels, name)
        # Resizing would hide a single value that is out of range.
        if self.value_range is not None or image.dtype.kind != "u":
            self.encode(image, name)
        return image

    def encode(self, image, name="images"):
        """Stored values as float32 in [-1, 1].

        Raises:
            ValueError: for values outside the range, or not finite.
        """
        if self.value_range is None:
            return to_model_range(image, name)
        low, high = self.value_range
        values = (image.astype("float64") - low) * (2 / (high - low)) - 1
        # Not "any value is outside", which NaN would pass. Only floats are rounded.
        beyond = 0 if image.dtype.kind in "iu" else TOLERANCE
        if not (np.abs(values).max() <= 1 + beyond):
            raise ValueError(
                f"{name} must have values from {low} to {high}, as value_range says. Received: "
                f"values from {image.min():g} to {image.max():g}"
            )
        return np.clip(values, -1, 1).astype("float32")

    def decode(self, pixels):
        """Pixels in [-1, 1] as stored values, of the stored dtype."""
        dtype = np.dtype(self.dtype or "uint8")
        if dtype == np.uint8 and self.value_range is None:
            return from_model_range(pixels)
        integers = np.issubdtype(dtype, np.integer)
        full = (0, np.iinfo(dtype).max) if integers else (-1, 1)
        low, high = self.value_range or full
        values = np.clip(pixels.astype("float64"), -1, 1) * ((high - low) / 2) + (high + low) / 2
        return (np.rint(values) if integers else values).astype(dtype)

    def as_rgb(self, pixels):
        """Pixels in [-1, 1] as uint8 colors, to be looked at."""
        image = from_model_range(np.asarray(pixels))
        if image.shape[-1] < 3:
            return np.repeat(image[..., :1], 3, axis=-1)
        return image[..., :3]

    def _without_alpha(self, image, name):
        colors, alpha = image[..., :-1], image[..., -1:]
        if self.alpha == "drop":
            return colors
        if image.dtype.kind not in "uf":
            raise ValueError(f"{name} has an alpha channel of dtype {image.dtype}; drop or keep it")
        opaque = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1.0
        share = alpha / opaque
        laid = colors * share + np.asarray(self.alpha) * (1 - share)
        return (np.rint(laid) if image.dtype.kind == "u" else laid).astype(image.dtype)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True, repr=False)
class Labels(_Format):
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
        index = pixels.argmax(axis=-1)[..., None]
        if self.palette is None:
            return index.astype("uint8" if self.classes <= 256 else "uint16")
        return np.array(self.palette, "uint8")[index[..., 0]]

    def as_rgb(self, pixels):
        """Channels as uint8 colors, to be looked at; pixels of no class are black."""
        palette = np.array(self.palette or hues(self.classes), "uint8")
        colors = np.broadcast_to(palette, (self.classes, 3))
        pixels = np.asarray(pixels)
        return colors[pixels.argmax(axis=-1)] * (pixels.max(axis=-1) > -1)[..., None]


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True, repr=False)
class Edges(_Format):
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
