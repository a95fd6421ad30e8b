"""A fixed noise beside an image: something to make texture of, where the image is flat."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_pix2pix.networks.blocks import Shape
from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class FixedNoise(layers.Layer):
    """Join channels of noise to images, the same noise for every image.

    A network of convolutions makes the same of the same pixels. Where a condition is flat, it has
    only the border to tell one place from another, and what it draws there are streaks that begin
    at the border. Noise tells places apart. It is drawn once, with a seed of its own, and repeats
    itself every `period` pixels, so a picture depends on nothing but its condition, and a tile that
    begins at a multiple of the period gets the noise that it has in the whole image.

    Args:
        period: int, the side in pixels of the square that is repeated.
        channels: int. Defaults to `1`.
        **kwargs: `name`, `dtype` and `trainable`, as any Keras layer takes them.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)`.

    Returns:
        A tensor of the same shape with more channels. The noise has mean 0 and deviation 1.

    References:
        Noise as a source of detail: Karras et al. 2019, arXiv 1812.04948, section 3.2.
    """

    def __init__(self, period: int, channels: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.period = period
        self.channels = channels
        # Of numpy, so that it is the same on every backend.
        self._square = np.random.default_rng(0).standard_normal(
            (1, period, period, channels), "float32"
        )

    def call(self, inputs: Tensor) -> Tensor:
        """Return the images and the noise."""
        batch, height, width, _ = ops.shape(inputs)
        noise = ops.convert_to_tensor(self._square, self.compute_dtype)
        for axis, side in ((1, height), (2, width)):
            noise = ops.take(noise, ops.arange(side) % self.period, axis=axis)
        noise = ops.broadcast_to(noise, (batch, height, width, self.channels))
        return ops.concatenate([inputs, noise], axis=-1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the output for an input of this shape."""
        *sides, channels = input_shape
        return (*sides, channels and channels + self.channels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {**super().get_config(), "period": self.period, "channels": self.channels}
