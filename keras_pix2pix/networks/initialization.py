"""Initial weights."""

import keras
import numpy as np

from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class Normal(keras.initializers.RandomNormal):
    """Draw weights from a normal distribution with NumPy.

    JAX would compile a program for every shape, which takes about a second each. And the same seed
    gives the same weights on every backend.

    Args:
        mean: float. Defaults to `0.0`, as the paper has it for kernels.
        stddev: float, the standard deviation. Defaults to `0.02`, as in the paper.
        seed: int. Two calls with the same seed return the same. Defaults to `None`: one that
            `keras.utils.set_random_seed` decides.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.02, seed: int | None = None) -> None:
        super().__init__(mean, stddev, seed)

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        """Return a tensor of a shape."""
        values = np.random.default_rng(self.seed).standard_normal(shape, "float32")
        values *= np.float32(self.stddev)
        values += np.float32(self.mean)
        return keras.ops.convert_to_tensor(values, dtype or keras.config.floatx())
