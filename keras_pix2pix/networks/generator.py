"""What all generators have in common."""

import keras
from keras import layers

from keras_pix2pix.networks.padding import check_divisible


class Generator(keras.Model):
    """A functional model whose config is its arguments, for sizes that `size_divisor` divides."""

    least_size = 1

    def __init__(self, inputs, features, output_activation, dtype, **kwargs):
        # Under mixed precision too, the picture itself is float32.
        generated = layers.Activation(output_activation, dtype="float32", name="generated")
        super().__init__(inputs=inputs, outputs=generated(features), **kwargs)
        self.dtype_policy = dtype
        self.image_shape = tuple(inputs.shape[1:])
        self.output_activation = output_activation

    def call(self, inputs, training=None, mask=None):
        check_divisible(*inputs.shape[1:3], self.size_divisor, type(self).__name__, self.least_size)
        return super().call(inputs, training=training, mask=mask)

    def get_config(self):
        return {
            "image_shape": self.image_shape,
            "output_channels": self.output_channels,
            "filters": self.filters,
            "normalization": self.normalization,
            "dropout": self.dropout,
            "output_activation": keras.activations.serialize(
                keras.activations.get(self.output_activation)
            ),
            "name": self.name,
            "trainable": self.trainable,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
        }
