"""The building blocks: convolution, normalization, dropout and activation in one layer."""

import random

import keras
from keras import layers, ops

from keras_pix2pix.networks.normalization import (
    deserialize_normalization,
    has_offset,
    initializer,
    make_normalization,
    serialize_normalization,
)

PADDINGS = ("same", "valid", "zeros", "reflect")


class _Block(keras.Layer):
    """What ConvBlock and DeconvBlock share: a convolution and what follows it."""

    # Pixels that are put around the image before the convolution.
    _pad = 0

    def __init__(
        self, filters, kernel_size, strides, normalization, activation, use_bias, **kwargs
    ):
        super().__init__(**kwargs)
        normalization = deserialize_normalization(normalization)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.activation = keras.activations.get(activation)
        self.use_bias = not has_offset(normalization) if use_bias is None else use_bias
        self.normalization = make_normalization(normalization, filters, self.dtype_policy)
        self._normalization = serialize_normalization(normalization)
        self.dropout = None

    def build(self, input_shape):
        self.convolution.build(self._padded_shape(input_shape))
        if self.normalization is not None:
            self.normalization.build(self.compute_output_shape(input_shape))

    def _padded_shape(self, shape):
        batch, height, width, channels = shape
        return (batch, *(n and n + 2 * self._pad for n in (height, width)), channels)

    def _finish(self, x, training):
        """What follows the convolution."""
        if self.normalization is not None:
            x = self.normalization(x, training=training)
        if self.dropout is not None:
            x = self.dropout(x, training=training)
        return self.activation(x)

    def _convolution(self, layer, **kwargs):
        return layer(
            self.filters,
            self.kernel_size,
            strides=self.strides,
            use_bias=self.use_bias,
            kernel_initializer=initializer(),
            dtype=self.dtype_policy,
            name="convolution",
            **kwargs,
        )

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "normalization": self._normalization,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
        }


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class ConvBlock(_Block):
    """Convolution, normalization, activation.

    Kernels start as N(0, 0.02), the scale of a normalization as N(1, 0.02), offsets at 0.

    Args:
        filters: int, the number of output channels.
        kernel_size: int, the side of the kernel. Defaults to `4`.
        strides: int. Defaults to `2`, which halves height and width.
        normalization: `"instance"` (with scale and offset), `"batch"`, `"group"`, `None`, or a
            Keras layer that the block clones. Defaults to `"instance"`.
        activation: anything `keras.activations.get` takes. Defaults to `"leaky_relu"`, whose slope
            is 0.2 as in the paper.
        padding: `"same"` or `"valid"` as in Keras; `"zeros"` or `"reflect"` put
            `(kernel_size - 1) // 2` pixels on every side as PyTorch does, of zeros or mirrored
            from the image. Defaults to `"same"`.
        use_bias: bool, whether the convolution adds a bias. Defaults to `None`: only where no
            normalization brings an offset of its own.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)`.
        training: bool, passed to the normalization.

    Returns:
        A tensor of shape `(batch, new_height, new_width, filters)`.

    Raises:
        ValueError: for an unknown `normalization` or `padding`.

    Example:

    ```python
    half = ConvBlock(64)(images)  # (1, 256, 256, 3) -> (1, 128, 128, 64)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, section 6.1.
    """

    def __init__(
        self,
        filters,
        kernel_size=4,
        strides=2,
        normalization="instance",
        activation="leaky_relu",
        padding="same",
        use_bias=None,
        **kwargs,
    ):
        super().__init__(
            filters, kernel_size, strides, normalization, activation, use_bias, **kwargs
        )
        if padding not in PADDINGS:
            raise ValueError(
                f"padding must be one of {', '.join(map(repr, PADDINGS))}. Received: {padding!r}"
            )
        self.padding = padding
        explicit = padding in ("zeros", "reflect")
        self._pad = (kernel_size - 1) // 2 if explicit else 0
        self.convolution = self._convolution(
            layers.Conv2D, padding="valid" if explicit else padding
        )

    def call(self, inputs, training=None):
        x = inputs
        if self._pad:
            sides = [(0, 0), (self._pad, self._pad), (self._pad, self._pad), (0, 0)]
            x = ops.pad(x, sides, mode="constant" if self.padding == "zeros" else "reflect")
        return self._finish(self.convolution(x), training)

    def compute_output_shape(self, input_shape):
        return self.convolution.compute_output_shape(self._padded_shape(input_shape))

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class DeconvBlock(_Block):
    """Transposed convolution, normalization, dropout, activation.

    Height and width grow by exactly `strides`.

    Args:
        filters: int, the number of output channels.
        kernel_size: int, the side of the kernel, at least `strides`. Defaults to `4`.
        strides: int. Defaults to `2`, which doubles height and width.
        normalization: `"instance"` (with scale and offset), `"batch"`, `"group"`, `None`, or a
            Keras layer that the block clones. Defaults to `"instance"`.
        activation: anything `keras.activations.get` takes. Defaults to `"relu"`.
        dropout: float in [0, 1), the share of activations set to 0 in training. Defaults to `0.0`.
        use_bias: bool, whether the convolution adds a bias. Defaults to `None`: only where no
            normalization brings an offset of its own.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)`.
        training: bool, passed to normalization and dropout.

    Returns:
        A tensor of shape `(batch, height * strides, width * strides, filters)`.

    Raises:
        ValueError: for an unknown `normalization` or a kernel smaller than the strides.

    Example:

    ```python
    double = DeconvBlock(64, dropout=0.5)(features)  # (1, 64, 64, 256) -> (1, 128, 128, 64)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, section 6.1.
    """

    def __init__(
        self,
        filters,
        kernel_size=4,
        strides=2,
        normalization="instance",
        activation="relu",
        dropout=0.0,
        use_bias=None,
        **kwargs,
    ):
        super().__init__(
            filters, kernel_size, strides, normalization, activation, use_bias, **kwargs
        )
        if kernel_size < strides:
            raise ValueError(
                "kernel_size must be at least strides, or pixels are left without a value. "
                f"Received: kernel_size={kernel_size}, strides={strides}"
            )
        # Keras' "same" cuts an odd surplus at the other end than PyTorch: cut it here.
        surplus = kernel_size - strides
        self._crop = ((surplus + 1) // 2, surplus // 2) if surplus % 2 else None
        self.convolution = self._convolution(
            layers.Conv2DTranspose, padding="valid" if self._crop else "same"
        )
        self.dropout = _make_dropout(dropout, self.dtype_policy)

    def call(self, inputs, training=None):
        x = self.convolution(inputs)
        if self._crop:
            start, end = self._crop
            x = x[:, start : -end or None, start : -end or None]
        return self._finish(x, training)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        return (batch, *(n and n * self.strides for n in (height, width)), self.filters)

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout.rate if self.dropout else 0.0}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class ResidualBlock(keras.Layer):
    """Two 3x3 convolutions with mirrored borders, added to their input.

    Args:
        filters: int, the number of channels of input and output.
        normalization: `"instance"` (with scale and offset), `"batch"`, `"group"`, `None`, or a
            Keras layer that the block clones. Defaults to `"instance"`.
        dropout: float in [0, 1), the share of activations set to 0 in training, between the two
            convolutions. Defaults to `0.0`.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, filters)`.
        training: bool, passed to normalization and dropout.

    Returns:
        A tensor of the input's shape.

    Raises:
        ValueError: for an unknown `normalization`, or an input of other than `filters` channels.

    Example:

    ```python
    features = ResidualBlock(256)(features)  # (1, 64, 64, 256) -> (1, 64, 64, 256)
    ```

    References:
        Johnson et al. 2016, arXiv 1603.08155; the residual network of Zhu et al. 2017,
        arXiv 1703.10593, section 7.2.
    """

    def __init__(self, filters, normalization="instance", dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        normalization = deserialize_normalization(normalization)
        self.filters = filters
        self._normalization = serialize_normalization(normalization)
        options = {
            "kernel_size": 3,
            "strides": 1,
            "normalization": normalization,
            "padding": "reflect",
            "dtype": self.dtype_policy,
        }
        self.first = ConvBlock(filters, activation="relu", name="first", **options)
        self.second = ConvBlock(filters, activation=None, name="second", **options)
        self.dropout = _make_dropout(dropout, self.dtype_policy)

    def build(self, input_shape):
        if input_shape[-1] != self.filters:
            raise ValueError(
                f"ResidualBlock(filters={self.filters}) adds its output to its input, which must "
                f"have {self.filters} channels. Received: input shape {input_shape}"
            )
        self.first.build(input_shape)
        self.second.build(input_shape)

    def call(self, inputs, training=None):
        x = self.first(inputs, training=training)
        if self.dropout is not None:
            x = self.dropout(x, training=training)
        return inputs + self.second(x, training=training)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "normalization": self._normalization,
            "dropout": self.dropout.rate if self.dropout else 0.0,
        }


def _make_dropout(rate, dtype):
    """A dropout layer, or None for a rate of 0."""
    if not rate:
        return None
    # Without a seed of its own, Keras' dropout on torch ignores the state that the model saves.
    return layers.Dropout(rate, seed=random.randint(1, 2**31 - 1), dtype=dtype)
