"""The learning rate of the paper's implementation: constant, then down to 0."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class ConstantThenLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that stays, then falls linearly to exactly 0 after the last step.

    Every step trains: the last one has a small rate, and only a step beyond `total_steps` would
    have 0. The reference implementation reaches 0 one epoch early.

    Args:
        initial_learning_rate: float.
        total_steps: int, the optimizer steps of the whole training, at least 1: epochs x batches.
        constant_fraction: float in [0, 1], the share of the steps at the initial rate. Defaults to
            `0.5`, the reference's 100 of 200 epochs.

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

    def __init__(self, initial_learning_rate, total_steps, constant_fraction=0.5):
        if total_steps < 1:
            raise ValueError(f"total_steps must be at least 1. Received: {total_steps}")
        if not 0 <= constant_fraction <= 1:
            raise ValueError(
                f"constant_fraction must be between 0 and 1. Received: {constant_fraction}"
            )
        self.initial_learning_rate = initial_learning_rate
        self.total_steps = total_steps
        self.constant_fraction = constant_fraction

    def __call__(self, step):
        falling = max(self.total_steps * (1.0 - self.constant_fraction), 1.0)
        left = (self.total_steps - ops.cast(step, "float32")) / falling
        return self.initial_learning_rate * ops.clip(left, 0.0, 1.0)

    def get_config(self):
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "total_steps": self.total_steps,
            "constant_fraction": self.constant_fraction,
        }
