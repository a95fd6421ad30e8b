"""The optimizers of generator and discriminator, as the one optimizer that Keras expects."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_pix2pix.keras_private import (
    TORCH_OPTIMIZERS,
    moving_averages,
    schedule_of,
    trained_variables,
)
from keras_pix2pix.training.averaging import WeightAverages, exchanged, restore


def paper_adam(learning_rate: Any = 2e-4, beta_1: float = 0.5) -> keras.optimizers.Adam:
    """Return Adam as the paper (section 3.3) and the reference set it, but for what is given."""
    return keras.optimizers.Adam(learning_rate, beta_1=beta_1, beta_2=0.999, epsilon=1e-8)


class GANOptimizer(keras.optimizers.Optimizer):
    """Two optimizers, each with the variables of its own network.

    Its variables are those of both, so that checkpoints, backups, the JAX trainer and weight
    averaging see everything; Keras' learning rate and EMA callbacks find the inner optimizers in
    `optimizers`. It counts the generator's iterations and takes no step itself. A learning rate
    that it is given becomes that of both.

    Args:
        generator: a Keras optimizer or a `LossScaleOptimizer`.
        discriminator: the same, another instance.
        generator_variables: list of the generator's trainable variables.
        discriminator_variables: list of the discriminator's trainable variables.
        ema: float in (0, 1), the momentum of the moving averages of the generator's variables.
            Defaults to `None`: no averages.

    Attributes:
        generator_averages: `WeightAverages`, or `None`.
    """

    def __init__(
        self,
        generator: keras.optimizers.Optimizer,
        discriminator: keras.optimizers.Optimizer,
        generator_variables: Sequence[keras.Variable],
        discriminator_variables: Sequence[keras.Variable],
        ema: float | None = None,
    ) -> None:
        super().__init__(learning_rate=0.0, name="gan_optimizer")
        self.generator = generator
        self.discriminator = discriminator
        generator.build(generator_variables)
        discriminator.build(discriminator_variables)
        self.generator_averages = None if ema is None else WeightAverages(generator_variables, ema)
        self.built = True

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        """The two optimizers, without the loss scaling that mixed precision wraps around them."""
        return [getattr(o, "inner_optimizer", o) for o in (self.generator, self.discriminator)]

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of both optimizers, and the averages of the weights."""
        averages = self.generator_averages
        own = [] if averages is None else averages.variables
        return self.generator.variables + self.discriminator.variables + own

    @property
    def learning_rate(self) -> "Rates":
        """The learning rates: read as the generator's, assigned to both."""
        return Rates(self.optimizers)

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.learning_rate.assign(value)

    @property
    def iterations(self) -> keras.Variable:
        """The steps of the generator."""
        return self.generator.iterations

    @contextlib.contextmanager
    def averages(self) -> Iterator[None]:
        """Until the end, the networks have the averages that an optimizer with `use_ema` keeps.

        Raises:
            ValueError: if neither optimizer keeps any, or nothing has been averaged yet.
        """
        averaging = [o for o in self.optimizers if o.use_ema]
        if not averaging or not int(ops.convert_to_numpy(self.iterations)):
            raise ValueError(
                "There are no moving averages of the weights. Compile with "
                "generator_optimizer=keras.optimizers.Adam(..., use_ema=True), and train. "
                f"Received: use_ema={[o.use_ema for o in self.optimizers]}, "
                f"{int(ops.convert_to_numpy(self.iterations))} steps"
            )
        weights = [v for optimizer in averaging for v in trained_variables(optimizer)]
        averages = [v for optimizer in averaging for v in moving_averages(optimizer)]
        trained = exchanged(weights, averages)
        try:
            yield
        finally:
            restore(weights, trained)

    def finalize_variable_values(self, var_list: Any) -> None:
        """Put the averages of optimizers with `use_ema` in place, at the end of a training."""
        for optimizer in self.optimizers:
            optimizer.finalize_variable_values(trained_variables(optimizer))

    def save_own_variables(self, store: Any) -> None:
        """Store the averages. The two optimizers are saved as its parts."""
        if self.generator_averages is not None:
            self.generator_averages.save(store)

    def load_own_variables(self, store: Any) -> None:
        """Load the averages, as far as they are stored."""
        if self.generator_averages is not None:
            self.generator_averages.load(store)


class Rates:
    """The learning rates of generator and discriminator, as the one that Keras' optimizers have.

    Args:
        optimizers: list of both.
    """

    def __init__(self, optimizers: Sequence[keras.optimizers.Optimizer]) -> None:
        self._optimizers = optimizers

    def assign(self, value: Any) -> None:
        """Set both rates to a number or to a schedule."""
        for optimizer in self._optimizers:
            if schedule_of(optimizer) is None or callable(value):
                optimizer.learning_rate = value
            else:
                # Keras does not replace a schedule by a number, but by one that is constant.
                schedule = keras.optimizers.schedules.ExponentialDecay(float(value), 1, 1.0)
                optimizer.learning_rate = schedule

    def numpy(self) -> np.ndarray:
        """Return the generator's rate in the present step."""
        return ops.convert_to_numpy(self._optimizers[0].learning_rate)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype)

    def __float__(self) -> float:
        return float(self.numpy())

    def __repr__(self) -> str:
        generator, discriminator = (float(o.learning_rate) for o in self._optimizers)
        return f"<learning rates: generator {generator:g}, discriminator {discriminator:g}>"


def portable(config: Any) -> Any:
    """Return the config of optimizers under the names that every backend knows.

    Keras' optimizers on PyTorch are classes of their own, which no other backend has.

    Args:
        config: what `keras.saving.serialize_keras_object` has returned.
    """
    if isinstance(config, list | tuple):
        return [portable(part) for part in config]
    if not isinstance(config, dict):
        return config
    config = {name: portable(part) for name, part in config.items()}
    if str(config.get("module")).startswith(TORCH_OPTIMIZERS):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config
