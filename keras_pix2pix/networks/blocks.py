"""The building blocks: convolution, normalization, dropout and activation in one layer."""

import random
from typing import Any

import keras
from keras import layers, ops

from keras_pix2pix.networks.convolutions import Conv2D, Conv2DTranspose
from keras_pix2pix.networks.direct import called
from keras_pix2pix.networks.initialization import Normal
from keras_pix2pix.networks.normalization import (
    Normalization,
    deserialize_normalization,
    has_offset,
    make_normalization,
    serialize_normalization,
)
from keras_pix2pix.networks.spectral import SpectralConv2D
from keras_pix2pix.types import Tensor

PADDINGS = ("same", "valid", "zeros", "reflect")

# (batch, height, width, channels); None where a size is free.
Shape = tuple[int | None, ...]


class Block(keras.Layer):
    """What all blocks share: a convolution and the layers behind it."""

    convolution: keras.Layer
    dropout: keras.Layer | None
    # Pixels that are put around the image before the convolution.
    _pad = 0

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int,
        normalization: Normalization,
        activation: Any,
        use_bias: bool | None,
        **kwargs: Any,
    ) -> None:
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

    def build(self, input_shape: Shape) -> None:
        """Make the weights of the convolution and of the normalization."""
        self.convolution.build(self._padded_shape(input_shape))
        if self.normalization is not None:
            self.normalization.build(self.compute_output_shape(input_shape))

    def _padded_shape(self, shape: Shape) -> Shape:
        batch, height, width, channels = shape
        return (batch, *(n and n + 2 * self._pad for n in (height, width)), channels)

    def _finish(self, x: Tensor, training: bool | None) -> Tensor:
        """Apply the layers behind the convolution."""
        if self.normalization is not None:
            x = called(self.normalization, x, training)
        if self.dropout is not None:
            x = called(self.dropout, x, training)
        return self.activation(x)

    def _make_convolution(
        self, layer: type[keras.Layer], padding: str, filters: int | None = None
    ) -> keras.Layer:
        return layer(
            filters or self.filters,
            self.kernel_size,
            strides=self.strides,
            padding=padding,
            # Whatever keras.config.image_data_format() says.
            data_format="channels_last",
            use_bias=self.use_bias,
            kernel_initializer=Normal(),
            dtype=self.dtype_policy,
            name="convolution",
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that all blocks have."""
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
class ConvBlock(Block):
    """Convolution, normalization, activation.

    Kernels are initialized from N(0, 0.02), scales of a normalization from N(1, 0.02), and offsets
    with 0.

    Args:
        filters: int, the number of output channels.
        kernel_size: int, the side of the kernel in pixels. Defaults to `4`.
        strides: int. Defaults to `2`, which halves height and width.
        normalization: `"instance"` (with scale and offset), `"batch"`, `"group"`, `None`, or a
            Keras layer that the block clones. Defaults to `"instance"`.
        activation: anything `keras.activations.get` takes. Defaults to `"leaky_relu"`, whose slope
            is 0.2 as in the paper.
        padding: `"same"` or `"valid"` as in Keras. `"zeros"` and `"reflect"` put
            `(kernel_size - 1) // 2` pixels on every side as PyTorch does: zeros, or the reflected
            image. Defaults to `"same"`.
        use_bias: bool, whether the convolution adds a bias. Defaults to `None`: it does if the
            normalization adds no offset.
        spectral: bool, whether the kernel is divided by its largest singular value (spectral
            normalization). This limits the gradient of a discriminator. Defaults to `False`.
        **kwargs: `name`, `dtype` and `trainable`, as any Keras layer takes them.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)`.
        training: bool, passed to the normalization. With `spectral`, each call with `True` improves
            the estimate of the singular value.

    Returns:
        A tensor of shape `(batch, new_height, new_width, filters)`.

    Raises:
        ValueError: for an unknown `normalization` or `padding`.

    Example:

    ```python
    features = ConvBlock(64)(images)  # (1, 256, 256, 3) -> (1, 128, 128, 64)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, section 6.1; spectral normalization, Miyato et al.
        2018, arXiv 1802.05957.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 4,
        strides: int = 2,
        normalization: Normalization = "instance",
        activation: Any = "leaky_relu",
        padding: str = "same",
        use_bias: bool | None = None,
        spectral: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters, kernel_size, strides, normalization, activation, use_bias, **kwargs
        )
        if padding not in PADDINGS:
            raise ValueError(
                f"padding must be one of {', '.join(map(repr, PADDINGS))}. Received: {padding!r}"
            )
        self.padding = padding
        self.spectral = spectral
        explicit = padding in ("zeros", "reflect")
        self._pad = (kernel_size - 1) // 2 if explicit else 0
        self.convolution = self._make_convolution(
            SpectralConv2D if spectral else Conv2D,
            padding="valid" if explicit else padding,
        )

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return the activated features."""
        x = inputs
        if self._pad:
            sides = [(0, 0), (self._pad, self._pad), (self._pad, self._pad), (0, 0)]
            x = ops.pad(x, sides, mode="constant" if self.padding == "zeros" else "reflect")
        return self._finish(called(self.convolution, x, training), training)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the output for an input of this shape."""
        return self.convolution.compute_output_shape(self._padded_shape(input_shape))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {**super().get_config(), "padding": self.padding, "spectral": self.spectral}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class DeconvBlock(Block):
    """Transposed convolution, normalization, dropout, activation.

    Height and width grow by exactly `strides`.

    Args:
        filters: int, the number of output channels.
        kernel_size: int, the side of the kernel in pixels, at least `strides`. Defaults to `4`.
        strides: int. Defaults to `2`, which doubles height and width.
        normalization: `"instance"` (with scale and offset), `"batch"`, `"group"`, `None`, or a
            Keras layer that the block clones. Defaults to `"instance"`.
        activation: anything `keras.activations.get` takes. Defaults to `"relu"`.
        dropout: float in [0, 1), the share of activations set to 0 in training. Defaults to `0.0`.
        use_bias: bool, whether the convolution adds a bias. Defaults to `None`: it does if the
            normalization adds no offset.
        **kwargs: `name`, `dtype` and `trainable`, as any Keras layer takes them.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)`.
        training: bool, passed to normalization and dropout.

    Returns:
        A tensor of shape `(batch, height * strides, width * strides, filters)`.

    Raises:
        ValueError: for an unknown `normalization` or a kernel smaller than the strides.

    Example:

    ```python
    larger = DeconvBlock(64, dropout=0.5)(features)  # (1, 64, 64, 256) -> (1, 128, 128, 64)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, section 6.1.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 4,
        strides: int = 2,
        normalization: Normalization = "instance",
        activation: Any = "relu",
        dropout: float = 0.0,
        use_bias: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters, kernel_size, strides, normalization, activation, use_bias, **kwargs
        )
        if kernel_size < strides:
            raise ValueError(
                "kernel_size must be at least strides, or pixels are left without a value. "
                f"Received: kernel_size={kernel_size}, strides={strides}"
            )
        # If kernel_size - strides is odd, one side of the output is cropped by one pixel more than
        # the other. Keras' "same" takes the other side than PyTorch: the block crops by itself.
        surplus = kernel_size - strides
        self._crop = ((surplus + 1) // 2, surplus // 2) if surplus % 2 else None
        self.convolution = self._make_convolution(
            Conv2DTranspose, padding="valid" if self._crop else "same"
        )
        self.dropout = make_dropout(dropout, self.dtype_policy)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return the activated features."""
        x = called(self.convolution, inputs)
        if self._crop:
            start, end = self._crop
            x = x[:, start : -end or None, start : -end or None]
        return self._finish(x, training)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the output for an input of this shape."""
        batch, height, width, _ = input_shape
        return (batch, *(n and n * self.strides for n in (height, width)), self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {**super().get_config(), "dropout": self.dropout.rate if self.dropout else 0.0}


def make_dropout(rate: float, dtype: Any) -> keras.Layer | None:
    """Return a dropout layer with a seed of its own, or `None` for a rate of 0.

    Raises:
        ValueError: for a rate outside of [0, 1).
    """
    if not 0 <= rate < 1:
        raise ValueError(f"dropout must be a float in [0, 1). Received: dropout={rate!r}")
    if not rate:
        return None
    # Without a seed of its own, Keras' dropout on torch ignores the state that the model saves.
    return layers.Dropout(rate, seed=random.randint(1, 2**31 - 1), dtype=dtype)
