"""Generator: the base class of all generators."""

from typing import Any

import keras
from keras import layers

from keras_pix2pix.networks.network import Network
from keras_pix2pix.networks.padding import check_divisible
from keras_pix2pix.types import Tensor


class Generator(Network):
    """A functional model from condition to picture; subclass it to write a generator of your own.

    A subclass builds its layers in `__init__`, between a `keras.Input` and the last features, and
    hands both to `super().__init__`. `Generator` then

    - adds the activation of the output, in float32;
    - refuses images of an unsuitable size, with an error that names suitable sizes;
    - puts the common arguments of all generators into the config. A subclass must add its own
      arguments, because `save` and `load_model` need them.

    The generator of a `Pix2Pix` can also be a functional or sequential model of another class.
    `Pix2Pix` pads images for it if it has the attributes `size_divisor` and `least_size`.

    Args:
        inputs: `keras.Input` of shape `(height, width, channels)`, the condition in [-1, 1].
        features: symbolic tensor of shape `(batch, height, width, output_channels)`, the output of
            the last layer, before the activation.
        output_activation: anything `keras.activations.get` takes. Defaults to `"tanh"`, for
            pictures in [-1, 1].
        dtype: dtype policy, the same as that of the layers. Defaults to the global one.
        name: str. Defaults to `None`: a name made from that of the class.
        trainable: bool, as for any Keras model. Defaults to `None`, which is `True`.

    Attributes:
        size_divisor: int, the divisor of height and width: `2 ** n` if the network halves an image
            n times. A subclass sets it. Defaults to `1`.
        least_size: int, the smallest height and width, a multiple of `size_divisor`. A subclass
            sets it. Defaults to `1`.
        image_shape: tuple `(height, width, channels)` of the condition.
        output_channels: int, the channels of the generated picture.
        output_activation: as given.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)` in [-1, 1].
        training: bool, whether dropout and batch statistics are active.

    Returns:
        A float32 tensor of shape `(batch, height, width, output_channels)`.

    Raises:
        ValueError: if called with an unsuitable height or width.

    Example:

    ```python
    @keras.saving.register_keras_serializable(package="mine")
    class SmallGenerator(keras_pix2pix.Generator):
        size_divisor = 2

        def __init__(
            self,
            image_shape=(None, None, 3),
            output_channels=3,
            filters=64,
            output_activation="tanh",
            dtype=None,
            **kwargs,
        ):
            x = inputs = keras.Input(image_shape, name="condition")
            x = keras_pix2pix.ConvBlock(filters, normalization=None, dtype=dtype)(x)
            x = keras_pix2pix.DeconvBlock(filters, dtype=dtype)(x)
            x = keras_pix2pix.ConvBlock(
                output_channels, 3, 1, normalization=None, activation=None, dtype=dtype
            )(x)
            super().__init__(inputs, x, output_activation, dtype, **kwargs)
            self.filters = filters

        def get_config(self):
            return {**super().get_config(), "filters": self.filters}


    model = keras_pix2pix.Pix2Pix(SmallGenerator(filters=8))
    ```
    """

    size_divisor = 1
    least_size = 1

    def __init__(
        self,
        inputs: Tensor,
        features: Tensor,
        output_activation: Any = "tanh",
        dtype: Any = None,
        name: str | None = None,
        trainable: bool | None = None,
    ) -> None:
        try:
            keras.activations.get(output_activation)
        except (ValueError, TypeError) as error:
            raise ValueError(
                "output_activation must be a name that keras.activations knows, such as 'tanh', or "
                f"a function. Received: output_activation={output_activation!r}"
            ) from error
        # Under mixed precision too, the picture itself is float32.
        generated = layers.Activation(output_activation, dtype="float32", name="generated")
        super().__init__(inputs=inputs, outputs=generated(features), name=name, trainable=trainable)
        self.dtype_policy = keras.dtype_policies.get(dtype)
        self.image_shape = tuple(inputs.shape[1:])
        self.output_channels = features.shape[-1]
        self.output_activation = output_activation

    def call(self, inputs: Tensor, training: bool | None = None, mask: Any = None) -> Tensor:
        """Return the generated pictures."""
        height, width = inputs.shape[1:3]
        check_divisible(height, width, self.size_divisor, type(self).__name__, self.least_size)
        return super().call(inputs, training=training, mask=mask)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that all generators have."""
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            "output_channels": self.output_channels,
            "output_activation": keras.activations.serialize(
                keras.activations.get(self.output_activation)
            ),
        }
