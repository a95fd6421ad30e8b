"""A condition that a function of the user computes."""

import dataclasses
from collections.abc import Callable
from typing import Any, Self

import keras
import numpy as np

from keras_pix2pix.data.conditions.condition import PictureCondition
from keras_pix2pix.data.files.formats import Format, Picture

NEITHER = (
    "condition must be one of keras_pix2pix.data, such as EdgeDrawing() or Lightness(), or a "
    "function of a picture and a random generator"
)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
@dataclasses.dataclass(frozen=True)
class OwnCondition(PictureCondition):
    """What a function of yours computes from a picture.

    `PairDataset.from_pictures(..., condition=function)` makes one of the function. A model stores
    the name of the function, not its code: `keras.saving.register_keras_serializable()` above the
    function lets a model that is loaded find it again. Without it, the model translates conditions
    as before, and only `from_picture=True` needs the function.

    Args:
        function: function of a picture, an array of shape `(height, width, channels)` as it is
            stored, and of a `numpy.random.Generator` from which all that is random is to be drawn.
            It returns an array of the same height, width and dtype, of any number of channels.

    Raises:
        ValueError: if it cannot be called. When a picture is read: for another height, width or
            dtype, for NaN, and for an exception of the function. The message names the picture.

    Example:

    ```python
    @keras.saving.register_keras_serializable()
    def negative(picture, rng):
        return 255 - picture


    train = PairDataset.from_pictures("photos/", condition=negative, image_size=256)
    ```
    """

    function: Callable[[np.ndarray, np.random.Generator], np.ndarray] | str

    def __post_init__(self) -> None:
        if not callable(self.function) and not isinstance(self.function, str):
            raise ValueError(f"{NEITHER}. Received: {self.function!r}")

    @property
    def takes_labels(self) -> bool:
        """Whether the targets may be label maps."""
        return True

    def formats(self, picture: Format, image: np.ndarray) -> tuple[Format, Format]:
        """Return the format of what the function returns, and that of the pictures."""
        made = self.compute(image, np.random.default_rng(0), picture)
        if isinstance(picture, Picture):
            return dataclasses.replace(picture, channels=made.shape[-1]), picture
        return Picture(made.shape[-1], interpolation="nearest", dtype=made.dtype.name), picture

    def compute(self, image: np.ndarray, rng: np.random.Generator, picture: Any) -> np.ndarray:
        """Return what the function makes of a picture.

        Raises:
            ValueError: if it is not what a function must return, and if the function raises an
                exception, which is the cause.
        """
        if not callable(self.function):
            raise ValueError(
                f"the function {self.function} is not registered here. Define it with "
                "@keras.saving.register_keras_serializable() before the model is loaded"
            )
        name = self._name
        try:
            made = self.function(image.copy(), rng)
        except Exception as error:
            # Who calls this adds the name of the picture.
            raise ValueError(f"{name} raised {type(error).__name__}: {error}") from error
        if not isinstance(made, np.ndarray) or made.ndim != 3 or made.shape[:2] != image.shape[:2]:
            raise ValueError(
                f"{name} must return an array of shape ({image.shape[0]}, {image.shape[1]}, "
                f"channels). Received: {getattr(made, 'shape', type(made))}"
            )
        if made.dtype != image.dtype:
            raise ValueError(
                f"{name} must return the dtype of the picture, {image.dtype}. Received: "
                f"{made.dtype}. Convert it with astype, rounded and clipped."
            )
        if made.dtype.kind == "f" and not np.isfinite(made).all():
            raise ValueError(f"{name} must return finite values. Received: NaN or infinite values")
        return made

    @property
    def _name(self) -> str:
        if isinstance(self.function, str):
            return self.function
        return keras.saving.get_registered_name(self.function)

    def get_config(self) -> dict[str, Any]:
        """Return the name of the function."""
        return {"function": self._name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the condition of the function of this name, if it is registered."""
        name = config["function"]
        return cls(keras.saving.get_registered_object(name) or name)


def as_condition(condition: Any) -> PictureCondition:
    """Return what the argument `condition` of `PairDataset.from_pictures` stands for.

    Raises:
        ValueError: if it is neither a `PictureCondition` nor a function.
    """
    if isinstance(condition, PictureCondition):
        return condition
    # The name of a function is for the file of a model, and a class is not yet a condition.
    if isinstance(condition, str | type):
        raise ValueError(f"{NEITHER}. Received: {condition!r}")
    return OwnCondition(condition)
