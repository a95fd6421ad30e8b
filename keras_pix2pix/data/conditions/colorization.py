"""Colorization: the lightness of a picture in, its colors out; or gray in, the picture out."""

import dataclasses
import warnings
from typing import Any, ClassVar, Self

import keras
import numpy as np

from keras_pix2pix.data.conditions.condition import PictureCondition, as_gray, as_stored, as_unit
from keras_pix2pix.data.files.conversion import from_model_range
from keras_pix2pix.data.files.formats import Format, Picture

# What is 1 in the network, of the values of CIE Lab: L is from 0 to 100, a and b are around 0.
HALF_LIGHTNESS, LARGEST_COLOR = 50, 110
# Distance of a and b from 0, of 110, below which no one sees a color.
COLORLESS = 0.01


def to_lab(image: np.ndarray, picture: Picture) -> np.ndarray:
    """Return stored colors as CIE Lab in the range of a network: L / 50 - 1, a / 110, b / 110.

    Args:
        image: array of shape `(..., height, width, 3)` of sRGB colors.
        picture: `Picture`, what its values mean.
    """
    from skimage.color import rgb2lab

    lab = rgb2lab(as_unit(image, picture))
    lab[..., 0] = lab[..., 0] / HALF_LIGHTNESS - 1
    lab[..., 1:] /= LARGEST_COLOR
    # The bluest color has b = -107.9; rounding leaves L a little above 100.
    return np.clip(lab, -1, 1, out=lab).astype("float32")


def from_lab(pixels: np.ndarray) -> np.ndarray:
    """Return colors in [0, 1] for CIE Lab in the range of a network, the nearest that sRGB has.

    Args:
        pixels: array of shape `(..., height, width, 3)` in [-1, 1].
    """
    from skimage.color import lab2rgb

    lab = np.array(pixels, "float64")
    lab[..., 0] = (lab[..., 0] + 1) * HALF_LIGHTNESS
    lab[..., 1:] *= LARGEST_COLOR
    with warnings.catch_warnings():
        # Of colors that sRGB does not have.
        warnings.filterwarnings("ignore", message=".*negative Z values")
        return lab2rgb(lab)


@dataclasses.dataclass(frozen=True, repr=False)
class _PartOfLab(Format):
    """A part of CIE Lab of a picture in colors.

    Args:
        picture: `Picture`, the format of the whole picture. Defaults to `Picture(3)`.
    """

    picture: Picture = dataclasses.field(default_factory=lambda: Picture(3))

    palette_indices = False
    nearest = False
    # Which channels of CIE Lab these are.
    _part: ClassVar[slice]

    @property
    def channels(self) -> int:
        """Number of channels of the encoded image."""
        return len(range(3)[self._part])

    def encode(self, image: np.ndarray, name: str = "images") -> np.ndarray:
        """Return this part of stored colors as float32 in [-1, 1].

        Args:
            image: array of shape `(..., height, width, 3)`.
            name: str, not used. Defaults to `"images"`.
        """
        return to_lab(image, self.picture)[..., self._part]

    def fill(self, dtype: np.dtype) -> float:
        """Return the value of a border."""
        return self.picture.fill(dtype)

    def prepared(self, image: np.ndarray, name: str) -> np.ndarray:
        """Return a stored image in three channels: gray is repeated."""
        return self.picture.prepared(image, name)

    def get_config(self) -> dict[str, Any]:
        """Return the settings by name."""
        return {"picture": self.picture.get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the format with the settings that `get_config` returned."""
        return cls(Picture.from_config(config["picture"]))


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class LabLightness(_PartOfLab):
    """Photos, gray or in colors, of which the lightness is encoded: one channel, L / 50 - 1."""

    _part = slice(0, 1)

    def decode(self, pixels: np.ndarray) -> np.ndarray:
        """Return the gray picture of a lightness, as it is stored, in one channel."""
        return as_stored(_gray(pixels)[..., :1], self.picture)

    def as_rgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return the lightness as uint8 colors, to be looked at."""
        return from_model_range(_gray(pixels) * 2 - 1)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class LabColors(_PartOfLab):
    """Photos of which the colors without the lightness are encoded: two channels, a and b / 110.

    `decode` and `as_rgb` take three channels: `completed` puts the condition's lightness in front.
    """

    _part = slice(1, 3)

    def completed(self, pixels: np.ndarray, condition: np.ndarray) -> np.ndarray:
        """Return the lightness of a condition, and generated colors."""
        return np.concatenate([condition, np.clip(pixels, -1, 1)], axis=-1)

    def decode(self, pixels: np.ndarray) -> np.ndarray:
        """Return CIE Lab, in three channels, as stored colors."""
        return as_stored(from_lab(pixels), self.picture)

    def as_rgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return CIE Lab, in three channels, as uint8 colors."""
        return from_model_range(from_lab(pixels) * 2 - 1)


def _gray(lightness: np.ndarray) -> np.ndarray:
    """Return the grays of a lightness as equal colors in [0, 1]."""
    colorless = np.concatenate([lightness, np.zeros((*lightness.shape[:-1], 2))], axis=-1)
    # The three are equal but for rounding.
    return np.repeat(from_lab(colorless)[..., :1], 3, axis=-1)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True)
class Lightness(PictureCondition):
    """Colorization as in the paper: the lightness in, the colors out.

    In CIE Lab, L is the condition (L / 50 - 1) and a and b are the target (a / 110, b / 110), so
    the network has one channel in and two out. `translate` takes a photo, gray or in colors, and
    returns it with its own lightness and the generated colors.

    Example:

    ```python
    train = PairDataset.from_pictures("photos/", condition=Lightness(), image_size=256)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, section 4.2. Zhang et al. 2016, arXiv 1603.08511.
    """

    def formats(self, picture: Format, image: np.ndarray) -> tuple[Format, Format]:
        """Return the formats of the lightness and of the colors."""
        assert isinstance(picture, Picture)
        _refuse_without_colors(picture)
        return LabLightness(picture), LabColors(picture)

    def picture_format(self, target: Format) -> Format:
        """Return the format of the pictures in colors."""
        return target.picture if isinstance(target, LabColors) else target

    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return the picture: its format encodes the lightness, which 8 bits would round."""
        return image

    def encoded(
        self,
        image: np.ndarray,
        rng: np.random.Generator,
        picture: Any,
        formats: tuple[Format, Format],
    ) -> tuple[np.ndarray, ...]:
        """Return lightness and colors. CIE Lab is computed once for both."""
        lab = to_lab(image, picture)
        return lab[..., :1], lab[..., 1:]

    def written(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return the gray picture of the same lightness, in one channel."""
        lightness = LabLightness(picture)
        return lightness.decode(lightness.encode(image))

    def suspicion(self, condition: np.ndarray, target: np.ndarray) -> str | None:
        """Return what is wrong with a pair without colors."""
        return _without_colors(np.abs(target).max() < COLORLESS)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True)
class Gray(PictureCondition):
    """Colorization the simple way: the picture in gray, one channel, in; all its channels out.

    `skimage.color.rgb2gray` weighs the colors. The network learns the brightness as well, which
    `Lightness` keeps.

    Example:

    ```python
    train = PairDataset.from_pictures("photos/", condition=Gray(), image_size=256)
    ```
    """

    def formats(self, picture: Format, image: np.ndarray) -> tuple[Format, Format]:
        """Return the formats of gray pictures and of those in colors."""
        assert isinstance(picture, Picture)
        _refuse_without_colors(picture)
        return dataclasses.replace(picture, channels=1), picture

    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return the picture in gray, of shape `(height, width, 1)`."""
        return as_stored(as_gray(image, picture)[..., None], picture)

    def suspicion(self, condition: np.ndarray, target: np.ndarray) -> str | None:
        """Return what is wrong with a pair without colors."""
        return _without_colors(np.ptp(target, axis=-1).max() < 2 * COLORLESS)


def _refuse_without_colors(picture: Picture) -> None:
    if picture.channels != 3:
        raise ValueError(
            "Colorization needs targets in colors, of 3 channels: red, green and blue. Received: "
            f"{picture.channels}. Use pictures in colors, and Picture(3)."
        )


def _without_colors(found: bool) -> str | None:
    return "are gray: they teach that there are no colors" if found else None
