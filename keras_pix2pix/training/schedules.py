"""The learning rate of the paper's implementation: constant, then falling to 0."""

from typing import Any

import keras
from keras import ops

from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class ConstantThenLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that is constant at first, and then falls linearly to 0.

    Every step of the training has a learning rate above 0. After the last step, it is exactly 0.
    (The reference implementation reaches 0 one epoch before the end.)

    Args:
        initial_learning_rate: float.
        total_steps: int of at least 1, the steps of the whole training: the number of epochs times
            the number of batches.
        constant_fraction: float in [0, 1], the share of the steps with the initial rate. Defaults
            to `0.5`: the reference has 100 of 200 epochs.

    Raises:
        ValueError: for `total_steps` below 1 or a `constant_fraction` outside [0, 1].

    Example:

    ```python
    rate = ConstantThenLinear(2e-4, total_steps=200 * len(train))
    model.compile(
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8),
    )
    ```

    References:
        The schedule of the PyTorch implementation, github.com/junyanz/pytorch-CycleGAN-and-pix2pix.
    """

    def __init__(
        self, initial_learning_rate: float, total_steps: int, constant_fraction: float = 0.5
    ) -> None:
        if total_steps < 1:
            raise ValueError(f"total_steps must be at least 1. Received: {total_steps}")
        if not 0 <= constant_fraction <= 1:
            raise ValueError(
                f"constant_fraction must be between 0 and 1. Received: {constant_fraction}"
            )
        self.initial_learning_rate = initial_learning_rate
        self.total_steps = total_steps
        self.constant_fraction = constant_fraction

    def __call__(self, step: Tensor) -> Tensor:
        """Return the learning rate of a step; the first step is 0."""
        falling = max(self.total_steps * (1.0 - self.constant_fraction), 1.0)
        left = (self.total_steps - ops.cast(step, "float32")) / falling
        return self.initial_learning_rate * ops.clip(left, 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the schedule."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "total_steps": self.total_steps,
            "constant_fraction": self.constant_fraction,
        }
