"""The moving average of the generator's weights, which makes better pictures than the weights."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_pix2pix.training import backend
from keras_pix2pix.types import Tensor


class WeightAverages:
    """The exponential moving averages (EMA) of weights.

    The momentum rises from 0.1 to its final value. Otherwise, the averages would consist of the
    weights before training for many steps.

    Args:
        variables: list of the weights.
        momentum: float in (0, 1), how much of an average stays in each step.

    Attributes:
        steps: int variable, how many steps are in the averages.
        averages: list of variables, one for each weight.

    References:
        Yaz et al. 2019, arXiv 1806.04498, section 3.
    """

    def __init__(self, variables: Sequence[keras.Variable], momentum: float) -> None:
        self.momentum = momentum
        self.weights = list(variables)
        self.steps = _variable(np.zeros((), "int32"), "averaged_steps")
        self.averages = [_variable(ops.convert_to_numpy(v), f"average_{v.name}") for v in variables]
        self._guard = threading.Lock()
        self._uses = 0
        self._trained: list[Tensor] = []

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables, which a checkpoint must hold."""
        return [self.steps, *self.averages]

    def begin(self) -> None:
        """Start from the present weights, which may be loaded ones, if no step was averaged."""
        if not int(ops.convert_to_numpy(self.steps)):
            for weight, average in zip(self.weights, self.averages):
                average.assign(ops.convert_to_numpy(weight).copy())

    def update(self) -> None:
        """Add the present weights to the averages."""
        with backend.no_gradients():
            step = ops.cast(self.steps, "float32")
            momentum = ops.minimum(self.momentum, (1.0 + step) / (10.0 + step))
            for weight, average in zip(self.weights, self.averages):
                kept = ops.cast(momentum, average.dtype)
                average.assign(kept * average + (1 - kept) * weight)
            self.steps.assign(self.steps + 1)

    @contextlib.contextmanager
    def in_place(self, model: keras.Model) -> Iterator[None]:
        """Give the weights the values of the averages, and restore them at the end.

        Contexts may be inside each other, and in several threads. Before the first step there are
        no averages: the weights stay as they are.

        Args:
            model: the `Pix2Pix` that has the weights.
        """
        with self._guard:
            if not self._uses and int(ops.convert_to_numpy(self.steps)):
                self._trained = exchanged(self.weights, self.averages)
            self._uses += 1
        try:
            yield
        finally:
            with self._guard:
                self._uses -= 1
                if not self._uses and self._trained:
                    backend.finish_loop(model)
                    restore(self.weights, self._trained)
                    self._trained = []

    def save(self, store: Any) -> None:
        """Write the averages to the store of a Keras file."""
        for i, variable in enumerate(self.variables):
            store[f"average_{i}"] = ops.convert_to_numpy(variable)

    def load(self, store: Any) -> None:
        """Read the averages from the store of a Keras file; start anew if it has none."""
        if "average_0" not in set(store.keys()):
            self.steps.assign(0)
            return
        for i, variable in enumerate(self.variables):
            variable.assign(store[f"average_{i}"])


def check_ema(ema: Any, optimizer: keras.optimizers.Optimizer) -> None:
    """Refuse what is no momentum of a moving average, and a second average of the same weights.

    Args:
        ema: the argument of `compile`.
        optimizer: the generator's.

    Raises:
        ValueError: saying which values are allowed.
    """
    if ema is None:
        return
    if not isinstance(ema, float) or not 0 < ema < 1:
        raise ValueError(
            "ema must be None or a float between 0 and 1, such as 0.998: how much of the average "
            f"stays in each step. Received: ema={ema!r}"
        )
    if optimizer.use_ema:
        raise ValueError(
            "The generator needs one moving average of its weights. Received: "
            f"ema={ema} and a generator_optimizer with use_ema=True. Leave one of them out."
        )


@contextlib.contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Let the generator have its averaged weights, if the model has any, and use no other process.

    Args:
        model: a `Pix2Pix`.
    """
    averages = model.optimizer.generator_averages if model.compiled else None
    with backend.alone(model):
        if averages is None:
            yield
            return
        with averages.in_place(model):
            yield


def exchanged(weights: Sequence[keras.Variable], averages: Sequence[keras.Variable]) -> list:
    """Set weights to their averages, and return the values that the weights had."""
    with backend.no_gradients():
        # Copies, since Keras' JAX trainer gives the memory of weights away.
        before = [ops.copy(weight.value) for weight in weights]
        for weight, average in zip(weights, averages):
            weight.assign(ops.copy(average.value))
    return before


def restore(weights: Sequence[keras.Variable], values: Sequence[Tensor]) -> None:
    """Set weights to the values that `exchanged` has returned."""
    for weight, value in zip(weights, values):
        weight.assign(value)


def _variable(value: np.ndarray, name: str) -> keras.Variable:
    # A copy of the value: on JAX two variables must not share their memory.
    return keras.Variable(
        np.array(value),
        dtype=str(value.dtype),
        trainable=False,
        aggregation="only_first_replica",
        name=name,
    )
