"""The base class of conditions that are computed from the target."""

import abc
import dataclasses
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.geometry import Size


@dataclasses.dataclass(frozen=True)
class PictureCondition(abc.ABC):
    """Base class of conditions that are computed from the target: immutable settings.

    A `PairDataset` computes the condition from the augmented picture. A `Pix2Pix` that was trained
    on it keeps it as `condition`, also in its file.
    """

    @property
    def takes_labels(self) -> bool:
        """Whether the targets may be label maps."""
        return False

    def formats(self, picture: Format, image: np.ndarray) -> tuple[Format, Format]:
        """Return the formats of the conditions and of the targets.

        Args:
            picture: the format of the pictures.
            image: array of shape `(height, width, channels)`, one of the pictures as its format
                prepares it.
        """
        return picture, picture

    def picture_format(self, target: Format) -> Format:
        """Return the format of the pictures, given that of the targets."""
        return target

    @abc.abstractmethod
    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return the condition of a picture, as a file would hold it.

        Args:
            image: array of shape `(height, width, channels)`, as `picture` prepares it.
            rng: `numpy.random.Generator`, from which everything random is drawn.
            picture: the format of the picture.

        Returns:
            An array of the same height and width.

        Raises:
            ValueError: if there is no condition of this picture. The message does not name it.
        """

    def encoded(
        self,
        image: np.ndarray,
        rng: np.random.Generator,
        picture: Any,
        formats: tuple[Format, Format],
    ) -> tuple[np.ndarray, ...]:
        """Return condition, target and perhaps weights of a picture, as the network gets them.

        Args:
            image: as for `compute`.
            rng: as for `compute`.
            picture: as for `compute`.
            formats: tuple of the formats of the conditions and of the targets.

        Returns:
            Two arrays of shape `(height, width, channels)` in [-1, 1], and perhaps one of shape
            `(height, width, 1)`, as `PairDataset` returns them.
        """
        return formats[0].encode(self.compute(image, rng, picture)), formats[1].encode(image)

    def written(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return the condition of a picture as an image to write to a file."""
        return self.compute(image, rng, picture)

    def check_size(self, size: Size) -> None:
        """Refuse a size `(height, width)` of which there is no condition.

        Raises:
            ValueError: saying which sizes there may be.
        """
        return None

    def suspicion(self, condition: np.ndarray, target: np.ndarray) -> str | None:
        """Return what is wrong with an encoded pair, as the end of "3 pictures ...", or `None`."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the settings by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the condition with the settings that `get_config` returned."""
        # JSON turns tuples into lists.
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in config.items()})


def completed(target: Any, pixels: np.ndarray, condition: np.ndarray) -> np.ndarray:
    """Return generated pixels with what they take over from their condition.

    Args:
        target: the format of the targets. If it has a method `completed`, that does it.
        pixels: array of shape `(..., height, width, channels)` in [-1, 1].
        condition: the encoded condition, an array of the same height and width.
    """
    complete = getattr(target, "completed", None)
    return pixels if complete is None else complete(pixels, condition)


def as_unit(image: np.ndarray, picture: Picture) -> np.ndarray:
    """Return the values of a picture as float32 in [0, 1]."""
    return (picture.encode(image) + 1) / 2


def as_stored(unit: np.ndarray, picture: Picture) -> np.ndarray:
    """Return values in [0, 1] as the files of a picture's format hold them. Others are clipped."""
    return picture.decode(np.asarray(unit) * 2 - 1)


def as_gray(image: np.ndarray, picture: Picture) -> np.ndarray:
    """Return the brightness of a picture, of shape `(height, width)` in [0, 1]."""
    unit = as_unit(image, picture)
    if unit.shape[-1] != 3:
        return unit.mean(axis=-1)
    from skimage.color import rgb2gray

    return rgb2gray(unit)


def settings_of(picture: Picture) -> dict[str, Any]:
    """Return the arguments of a `Picture`, for a format that is like it."""
    return {field.name: getattr(picture, field.name) for field in dataclasses.fields(Picture)}


def limits_of(picture: Picture) -> tuple[Any, Any]:
    """Return the stored values that become -1 and 1."""
    low, high = picture.decode(np.array([-1, 1], "float32"))
    return low, high


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Refuse a setting that is none of the choices.

    Raises:
        ValueError: naming them.
    """
    if value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, choices))}. Received: {value!r}"
        )


def check_amount(
    name: str, value: Any, low: float, high: float, whole: bool = False, several: bool = True
) -> None:
    """Refuse a setting that is neither a number in a range nor two of them in order.

    Args:
        name: str, the setting.
        value: what was given.
        low: float, the smallest number.
        high: float, the largest number.
        whole: bool, whether it must be an int. Defaults to `False`.
        several: bool, whether it may be a tuple of the lowest and the highest. Defaults to `True`.

    Raises:
        ValueError: naming the range.
    """
    numbers = value if several and isinstance(value, tuple | list) else (value,)
    kinds = int if whole else int | float
    fits = len(numbers) in (1, 2) and all(
        isinstance(number, kinds) and not isinstance(number, bool) and low <= number <= high
        for number in numbers
    )
    if not fits or list(numbers) != sorted(numbers):
        kind = "an int" if whole else "a number"
        raise ValueError(
            f"{name} must be {kind} from {low:g} to {high:g}"
            f"{', or (lowest, highest)' if several else ''}. Received: {value!r}"
        )


def drawn(amount: Any, rng: np.random.Generator) -> float:
    """Return a number, or one that is drawn between two."""
    return rng.uniform(*amount) if isinstance(amount, tuple | list) else amount
