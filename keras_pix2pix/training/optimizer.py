"""The optimizers of generator and discriminator, as the one optimizer that Keras expects."""

import contextlib

import keras
import numpy as np
from keras import ops

from keras_pix2pix.keras_private import TORCH_OPTIMIZERS, moving_averages, trained_variables


def paper_adam():
    """Adam as the paper (section 3.3) and the reference set it."""
    return keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.999, epsilon=1e-8)


class GANOptimizer(keras.optimizers.Optimizer):
    """Two optimizers, each with the variables of its own network.

    Its variables are those of both, so that checkpoints, backups, the JAX trainer and weight
    averaging see everything; Keras' learning rate and EMA callbacks find the inner optimizers in
    `optimizers`. It counts the generator's iterations and takes no step itself.

    Args:
        generator: a Keras optimizer or a `LossScaleOptimizer`.
        discriminator: the same, another instance.
        generator_variables: list of the generator's trainable variables.
        discriminator_variables: list of the discriminator's trainable variables.
    """

    def __init__(self, generator, discriminator, generator_variables, discriminator_variables):
        super().__init__(learning_rate=0.0, name="gan_optimizer")
        self.generator = generator
        self.discriminator = discriminator
        generator.build(generator_variables)
        discriminator.build(discriminator_variables)
        self.built = True

    @property
    def optimizers(self):
        """The two optimizers, without the loss scaling that mixed precision wraps around them."""
        return [getattr(o, "inner_optimizer", o) for o in (self.generator, self.discriminator)]

    @property
    def variables(self):
        return self.generator.variables + self.discriminator.variables

    @property
    def iterations(self):
        return self.generator.iterations

    @contextlib.contextmanager
    def averages(self):
        """Until the end, the networks have the moving averages of their weights.

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
        _exchange(averaging)
        try:
            yield
        finally:
            _exchange(averaging)

    def finalize_variable_values(self, var_list):
        for optimizer in self.optimizers:
            optimizer.finalize_variable_values(trained_variables(optimizer))

    # The two inner optimizers are saved as its parts; it has nothing of its own to save.
    def save_own_variables(self, store):
        pass

    def load_own_variables(self, store):
        pass


def _exchange(optimizers):
    """Exchange weights and their moving averages."""
    for optimizer in optimizers:
        for variable, average in zip(trained_variables(optimizer), moving_averages(optimizer)):
            value = np.array(ops.convert_to_numpy(variable))
            variable.assign(average)
            average.assign(value)


def portable(config):
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
