"""The residual generator and its block."""

from typing import Any

import keras

from keras_pix2pix.networks.blocks import ConvBlock, DeconvBlock, Shape, make_dropout
from keras_pix2pix.networks.direct import called
from keras_pix2pix.networks.generators.generator import Generator
from keras_pix2pix.networks.network import check_counts
from keras_pix2pix.networks.normalization import (
    Normalization,
    deserialize_normalization,
    serialize_normalization,
)
from keras_pix2pix.networks.padding import check_divisible
from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class ResidualBlock(keras.Layer):
    """Two 3x3 convolutions with reflected borders, added to their input.

    Args:
        filters: int, the number of channels of input and output.
        normalization: `"instance"` (with scale and offset), `"batch"`, `"group"`, `None`, or a
            Keras layer that the block clones. Defaults to `"instance"`.
        dropout: float in [0, 1), the share of activations set to 0 in training, between the two
            convolutions. Defaults to `0.0`.
        **kwargs: `name`, `dtype` and `trainable`, as any Keras layer takes them.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, filters)`.
        training: bool, passed to normalization and dropout.

    Returns:
        A tensor of the input's shape.

    Raises:
        ValueError: for an unknown `normalization`, or if the input does not have `filters`
            channels.

    Example:

    ```python
    features = ResidualBlock(256)(features)  # (1, 64, 64, 256) -> (1, 64, 64, 256)
    ```

    References:
        Johnson et al. 2016, arXiv 1603.08155; the residual network of Zhu et al. 2017,
        arXiv 1703.10593, section 7.2.
    """

    def __init__(
        self,
        filters: int,
        normalization: Normalization = "instance",
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        normalization = deserialize_normalization(normalization)
        self.filters = filters
        self._normalization = serialize_normalization(normalization)
        options: dict[str, Any] = {
            "kernel_size": 3,
            "strides": 1,
            "normalization": normalization,
            "padding": "reflect",
            "dtype": self.dtype_policy,
        }
        self.first = ConvBlock(filters, activation="relu", name="first", **options)
        self.second = ConvBlock(filters, activation=None, name="second", **options)
        self.dropout = make_dropout(dropout, self.dtype_policy)

    def build(self, input_shape: Shape) -> None:
        """Make the weights of both convolutions."""
        if input_shape[-1] != self.filters:
            raise ValueError(
                f"ResidualBlock(filters={self.filters}) adds its output to its input, which must "
                f"have {self.filters} channels. Received: input shape {input_shape}"
            )
        self.first.build(input_shape)
        self.second.build(input_shape)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return the input plus what the convolutions make of it."""
        x = called(self.first, inputs, training)
        if self.dropout is not None:
            x = called(self.dropout, x, training)
        return inputs + called(self.second, x, training)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the input, which is that of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "normalization": self._normalization,
            "dropout": self.dropout.rate if self.dropout else 0.0,
        }


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class ResNetGenerator(Generator):
    """The residual generator of the reference implementation.

    It consists of a 7x7 convolution, two convolutions that halve the image, `blocks` residual
    blocks, two transposed convolutions that double the image, and a 7x7 convolution. Layers that
    keep the size pad with reflected pixels.

    Args:
        image_shape: tuple `(height, width, channels)` of the condition. Height and width are free
            where `None`, else multiples of 4 from 8 up. Defaults to `(None, None, 3)`.
        output_channels: int, the channels of the generated image. Defaults to `3`.
        blocks: int, the number of residual blocks. The reference implementation has 9 for 256
            pixels and 6 for 128 pixels. Defaults to `9`.
        filters: int, the channels of the first level. Defaults to `64`.
        normalization: `"instance"` (with scale and offset), `"batch"`, `"group"`, `None`, or a
            Keras layer that each block clones. Defaults to `"instance"`.
        dropout: float in [0, 1), inside each residual block. Defaults to `0.0`.
        output_activation: anything `keras.activations.get` takes. Defaults to `"tanh"`, for
            images in [-1, 1].
        dtype: dtype policy. Defaults to the global one. The output is always float32.
        **kwargs: `name` and `trainable`.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)` in [-1, 1].
        training: bool, whether dropout and batch statistics are active.

    Returns:
        A float32 tensor of shape `(batch, height, width, output_channels)`.

    Raises:
        ValueError: for `blocks` below 1, for a fixed height or width that is below 8 or not a
            multiple of 4, or for an unknown `normalization`.

    Example:

    ```python
    generator = ResNetGenerator(blocks=6)
    picture = generator(maps)  # (1, 128, 128, 3) -> (1, 128, 128, 3)
    ```

    References:
        Johnson et al. 2016, arXiv 1603.08155; Zhu et al. 2017, arXiv 1703.10593, section 7.2.
    """

    size_divisor = 4
    # The innermost features, a quarter of the size, are reflected by one pixel. That takes two.
    least_size = 8

    def __init__(
        self,
        image_shape: tuple[int | None, int | None, int] = (None, None, 3),
        output_channels: int = 3,
        blocks: int = 9,
        filters: int = 64,
        normalization: Normalization = "instance",
        dropout: float = 0.0,
        output_activation: Any = "tanh",
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        check_counts(output_channels=output_channels, blocks=blocks, filters=filters)
        check_divisible(*image_shape[:2], self.size_divisor, "ResNetGenerator", self.least_size)
        normalization = deserialize_normalization(normalization)
        shared: dict[str, Any] = {
            "normalization": normalization,
            "activation": "relu",
            "dtype": dtype,
        }

        x = inputs = keras.Input(image_shape, name="condition")
        x = ConvBlock(filters, kernel_size=7, strides=1, padding="reflect", name="first", **shared)(
            x
        )
        for level in (1, 2):
            x = ConvBlock(
                filters * 2**level,
                kernel_size=3,
                padding="zeros",
                name=f"down_{level}",
                **shared,
            )(x)
        for block in range(blocks):
            x = ResidualBlock(
                filters * 4, normalization, dropout, name=f"residual_{block + 1}", dtype=dtype
            )(x)
        for level in (1, 0):
            x = DeconvBlock(filters * 2**level, kernel_size=3, name=f"up_{level + 1}", **shared)(x)
        x = ConvBlock(
            output_channels,
            kernel_size=7,
            strides=1,
            normalization=None,
            activation=None,
            padding="reflect",
            name="last",
            dtype=dtype,
        )(x)
        super().__init__(inputs, x, output_activation, dtype, **kwargs)
        self.blocks = blocks
        self.filters = filters
        self.normalization = serialize_normalization(normalization)
        self.dropout = dropout

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the generator."""
        return {
            **super().get_config(),
            "blocks": self.blocks,
            "filters": self.filters,
            "normalization": self.normalization,
            "dropout": self.dropout,
        }
