"""The terms that are added up to what a network minimizes."""

import abc
import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.types import Tensor


class Term(abc.ABC):
    """A loss that is added to those of a network: `weight` times a number computed from a batch.

    Subclass it to add a loss of your own: `__call__` takes a `Batch` and returns a scalar tensor,
    without the weight. Register the class with Keras, so that a saved model can be loaded. `fit`
    reports the term under its name, without its weight. For validation data, the name begins with
    `val_`.

    Args:
        weight: float, at least 0.
        name: str, under which `fit` reports it.

    Attributes:
        every: int. With n, the term is computed in every n-th step and multiplied by n. Defaults to
            `1`.
        after_pretraining: bool, whether the term is left out during the `pretraining_steps` of
            `Pix2Pix.compile`, in which the discriminator is not trained. Defaults to `False`.
        photo_features: bool, whether the term uses `Batch.photo_features` of the target and of the
            generated image. They are then computed only once for all terms. Defaults to `False`.
        trains: `"generator"` or `"discriminator"`, if the term trains only this network, or `None`
            for both. Defaults to `None`.

    Raises:
        ValueError: for a weight below 0 or that is not finite, or a name that is empty or begins
            with `val_`.

    Example:

    ```python
    @keras.saving.register_keras_serializable(package="mine")
    class MeanColor(kp.losses.Term):
        def __init__(self, weight=1.0, name="mean_color"):
            super().__init__(weight, name)

        def __call__(self, batch):
            means = [ops.mean(i, axis=(1, 2)) for i in (batch.target, batch.generated)]
            return ops.mean(ops.abs(means[0] - means[1]))


    model = kp.Pix2Pix()
    model.compile(generator_terms=[MeanColor(5.0)])
    ```
    """

    every = 1
    after_pretraining = False
    photo_features = False
    trains: str | None = None

    def __init__(self, weight: float, name: str) -> None:
        if not _is_weight(weight):
            raise ValueError(
                f"The weight of {name!r} must be a finite number of at least 0. Received: "
                f"{weight!r}"
            )
        if not name or name.startswith("val_"):
            raise ValueError(
                "A term needs a name, under which it is reported, without the val_ of validation. "
                f"Received: {name!r}"
            )
        self.weight = weight
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}, weight {self.weight}>"

    @abc.abstractmethod
    def __call__(self, batch: Batch) -> Tensor:
        """Return the term of a batch, a scalar tensor."""

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:  # noqa: B027
        """Refuse networks that do not fit the term, and load what it needs.

        `Pix2Pix.compile` calls it, so that errors appear before the training.

        Args:
            generator: the generator. Its `output_shape` has the channels of the pictures.
            discriminator: the discriminator.

        Raises:
            ValueError: if the networks do not fit. The message says which networks the term needs.
            ImportError: if a package is missing. The message says which.
        """

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the term, for `from_config`."""
        return {"weight": self.weight, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Term":
        """Make a term from the result of `get_config`."""
        return cls(**config)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class PairTerm(Term):
    """A term that compares the generated picture with the target, with a function.

    Args:
        function: a name, a Keras loss, or a function of two tensors, the target and the generated
            picture, of shape `(batch, height, width, channels)` in [-1, 1]. The term is the mean of
            the returned values. With sample weights, the function must return a value for each
            pixel. The term is then the sum of weight times value, divided by the number of values,
            as in Keras.
        weight: float, at least 0. Defaults to `1.0`.
        name: str. Defaults to the name of the function.

    Raises:
        ValueError: for an unknown name, or a weight below 0.

    Example:

    ```python
    def darker(target, generated):
        return ops.relu(target - generated)


    model.compile(generator_terms=[kp.losses.PairTerm(darker, weight=3.0)])
    ```
    """

    trains = "generator"

    def __init__(
        self,
        function: str | keras.losses.Loss | Callable[[Tensor, Tensor], Tensor],
        weight: float = 1.0,
        name: str | None = None,
    ) -> None:
        self.function = _as_function(function)
        if name is None:
            name = getattr(self.function, "name", None) or self.function.__name__
        if name == "<lambda>":
            raise ValueError(
                "A lambda has no name to report it under, and cannot be saved. Define a function, "
                "or give PairTerm a name."
            )
        super().__init__(weight, name)

    def __call__(self, batch: Batch) -> Tensor:
        """Return the mean of what the function gives for the pictures of a batch."""
        function, reduction = self.function, None
        if batch.weights is not None and isinstance(function, keras.losses.Loss):
            # Of a Keras loss, what it gives for each pixel.
            function, reduction = function.call, function.reduction
        value = function(batch.target, batch.generated)
        if value is None:
            raise ValueError(
                f"The function of the term {self.name} must return a tensor, not None."
            )
        if batch.weights is not None:
            value = self._weighted(value, batch.weights, reduction)
        return ops.sum(value) if reduction == "sum" else ops.mean(value)

    def _weighted(self, values: Tensor, weights: Tensor, reduction: str | None) -> Tensor:
        if len(values.shape) not in (3, 4):
            raise ValueError(
                f"Sample weights weigh pixels, so the function of the term {self.name} must return "
                "a tensor of shape (batch, height, width) or (batch, height, width, channels). "
                f"Received: shape {tuple(values.shape)}. Give a subclass of keras_pix2pix.losses."
                "Term for a loss that shall not be weighed."
            )
        if reduction == "mean_with_sample_weight":
            weights = ops.divide_no_nan(weights, ops.mean(weights))
        return values * (weights if len(values.shape) == 4 else weights[..., 0])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments. A function of your own must be registered with Keras."""
        return {**super().get_config(), "function": keras.losses.serialize(self.function)}


def _is_weight(weight: Any) -> bool:
    try:
        return not isinstance(weight, str) and 0 <= float(weight) < math.inf
    except (TypeError, ValueError):
        return False


def _as_function(function: Any) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a function of target and generated picture from what `keras.losses.get` takes."""
    try:
        found = keras.losses.get(function)
    except ValueError:
        found = None
    if found is not None:
        return found
    if isinstance(function, dict):
        # The config of a function, from a file.
        raise ValueError(
            f"The model was trained with {function['config']!r}, which Keras does not know. "
            "Define it before the model is loaded, under "
            "@keras.saving.register_keras_serializable(), or give custom_objects to load_model. "
            "A model that is only to translate can be loaded with compile=False."
        )
    raise ValueError(
        "A loss between target and generated picture must be the name of a Keras loss, such as "
        f"'mae', a Keras loss, or a function of both pictures. Received: {function!r}"
    )
