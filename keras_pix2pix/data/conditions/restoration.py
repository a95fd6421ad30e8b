"""What cameras and files do to pictures, for models that undo it."""

import dataclasses
import io
from typing import Any

import keras
import numpy as np
from PIL import Image

from keras_pix2pix.data.conditions.condition import (
    PictureCondition,
    as_stored,
    as_unit,
    check_amount,
    check_choice,
    drawn,
    settings_of,
)
from keras_pix2pix.data.files.conversion import from_model_range, to_model_range
from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.geometry import Size

FACTORS = (2, 4, 8)
# How much noise there is, if nothing is said.
NOISE = {"gaussian": 0.1, "poisson": 30.0, "salt": 0.05}
MOST_NOISE = {"gaussian": 1, "poisson": 1e9, "salt": 1}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True, repr=False)
class SmallPicture(Picture):
    """Small pictures, which are enlarged before they are encoded.

    Args:
        factor: int, by which they are enlarged. Defaults to `1`.
    """

    factor: int = 1

    def opened(self, image: np.ndarray) -> np.ndarray:
        """Return an image, as it is stored, at the size of what is generated from it."""
        return enlarged(image, self.factor, dataclasses.replace(self, dtype=image.dtype.name))


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True)
class Smaller(PictureCondition):
    """Pictures that are made small, for a model that makes small pictures large (super-resolution).

    The picture is shrunk with the antialiasing filter of `skimage.transform.resize`, rounded to
    what its file could hold, and enlarged again with bicubic interpolation, as condition and target
    have the same size. `translate` takes a small picture, and returns one that is `factor` times as
    high and as wide.

    Args:
        factor: int, 2, 4 or 8. Defaults to `4`.

    Raises:
        ValueError: for another factor. When a picture is read: if the factor does not divide its
            height and width.

    Example:

    ```python
    train = PairDataset.from_pictures("photos/", condition=Smaller(4), image_size=256)
    ```
    """

    factor: int = 4

    def __post_init__(self) -> None:
        if self.factor not in FACTORS:
            raise ValueError(
                f"factor must be one of {', '.join(map(str, FACTORS))}. Received: {self.factor!r}"
            )

    def formats(self, picture: Format, image: np.ndarray) -> tuple[Format, Format]:
        """Return the formats of small pictures and of large ones."""
        assert isinstance(picture, Picture)
        return SmallPicture(**settings_of(picture), factor=self.factor), picture

    def check_size(self, size: Size) -> None:
        """Refuse a size that the factor does not divide."""
        if any(side % self.factor for side in size):
            fitting = [max(1, round(side / self.factor)) * self.factor for side in size]
            raise ValueError(
                f"factor={self.factor} must divide the height and the width, such as {fitting[0]} "
                f"x {fitting[1]}. Received: {size[0]} x {size[1]} (height x width)"
            )

    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return a picture that has lost its details."""
        return enlarged(self.small(image, picture), self.factor, picture)

    def small(self, image: np.ndarray, picture: Any) -> np.ndarray:
        """Return a picture that is `factor` times smaller."""
        from skimage.transform import resize

        self.check_size(image.shape[:2])
        height, width = (side // self.factor for side in image.shape[:2])
        return as_stored(
            resize(as_unit(image, picture), (height, width), anti_aliasing=True), picture
        )


def enlarged(image: np.ndarray, factor: int, picture: Picture) -> np.ndarray:
    """Return an image enlarged with bicubic interpolation.

    Args:
        image: array of shape `(height, width, channels)`.
        factor: int.
        picture: `Picture`, what its values mean.
    """
    from skimage.transform import resize

    height, width = (side * factor for side in image.shape[:2])
    return as_stored(resize(as_unit(image, picture), (height, width), order=3), picture)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True)
class Noise(PictureCondition):
    """Pictures with noise, for a model that removes it.

    Args:
        kind: `"gaussian"` adds the same amount of noise everywhere. `"poisson"` is the noise of
            light, of which more falls on bright pixels. `"salt"` makes single pixels white.
            Defaults to `"gaussian"`.
        amount: float, or a tuple of the lowest and the highest, between which it is drawn for each
            picture. For `"gaussian"`: the standard deviation, as a share of the range of values.
            For `"poisson"`: the number of photons that a white pixel receives; fewer are more
            noise. For `"salt"`: the share of white pixels. Defaults to `None`: 0.1, 30 or 0.05.

    Raises:
        ValueError: for an unknown kind, and for an amount out of range.

    Example:

    ```python
    microscope = Noise("poisson", amount=(5, 50))
    train = PairDataset.from_pictures("cells/", condition=microscope, format=Picture(1))
    ```
    """

    kind: str = "gaussian"
    amount: float | tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, tuple(NOISE))
        if self.amount is not None:
            low = 1e-3 if self.kind == "poisson" else 0
            check_amount("amount", self.amount, low, MOST_NOISE[self.kind])

    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return a picture with noise."""
        from skimage.util import random_noise

        unit = as_unit(image, picture)
        amount = drawn(NOISE[self.kind] if self.amount is None else self.amount, rng)
        if self.kind == "poisson":
            noisy = rng.poisson(unit * amount) / amount
        elif self.kind == "gaussian":
            noisy = random_noise(unit, "gaussian", rng=rng, var=amount**2)
        else:
            # All channels of a pixel alike.
            salted = random_noise(np.zeros_like(unit[..., :1]), "salt", rng=rng, amount=amount)
            noisy = np.maximum(unit, salted)
        return as_stored(noisy, picture)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True)
class Blur(PictureCondition):
    """Pictures out of focus, for a model that sharpens them: `skimage.filters.gaussian`.

    Args:
        sigma: float, the standard deviation of the filter in pixels, up to 64; or a tuple of the
            lowest and the highest, between which it is drawn for each picture. Defaults to `2.0`.

    Raises:
        ValueError: for a number out of range.

    Example:

    ```python
    train = PairDataset.from_pictures("photos/", condition=Blur((1.0, 3.0)), image_size=256)
    ```
    """

    sigma: float | tuple[float, float] = 2.0

    def __post_init__(self) -> None:
        check_amount("sigma", self.sigma, 0, 64)

    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return a blurred picture."""
        from skimage.filters import gaussian

        unit = as_unit(image, picture)
        return as_stored(gaussian(unit, drawn(self.sigma, rng), channel_axis=-1), picture)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True)
class JPEGArtifacts(PictureCondition):
    """Pictures that were stored as small JPEG files, for a model that restores them.

    JPEG holds 8 bits: other values are rounded to them.

    Args:
        quality: int from 1 to 95, or a tuple of the lowest and the highest, between which it is
            drawn for each picture. Defaults to `(10, 40)`.

    Raises:
        ValueError: for a number out of range, and for pictures of other than 1 or 3 channels.

    Example:

    ```python
    train = PairDataset.from_pictures("photos/", condition=JPEGArtifacts(20), image_size=256)
    ```
    """

    quality: int | tuple[int, int] = (10, 40)

    def __post_init__(self) -> None:
        check_amount("quality", self.quality, 1, 95, whole=True)

    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return a picture as a JPEG file of low quality gives it back."""
        if image.shape[-1] not in (1, 3):
            raise ValueError(f"JPEG holds 1 or 3 channels. Received: {image.shape[-1]} channels")
        pixels = from_model_range(picture.encode(image))
        file = io.BytesIO()
        quality = round(drawn(self.quality, rng))
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(
            file, "JPEG", quality=quality
        )
        with Image.open(file) as stored:
            return picture.decode(to_model_range(np.asarray(stored).reshape(image.shape)))
