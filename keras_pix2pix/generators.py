"""The networks that turn a condition into a picture: U-Net and ResNet."""

import keras
from keras import layers

from keras_pix2pix.layers import ConvBlock, DeconvBlock, ResidualBlock
from keras_pix2pix.normalization import (
    deserialize_normalization,
    has_offset,
    serialize_normalization,
)
from keras_pix2pix.sizes import check_divisible


class _Generator(keras.Model):
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


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class UNetGenerator(_Generator):
    """The paper's generator: an encoder and a decoder with a skip at every size.

    `depth` blocks halve the image, as many double it again, and each doubling but the last is
    joined by the features of its own size from the way down. Channels double with each level up
    to `8 * filters`. Dropout, the paper's source of noise, is on the first three levels of the
    decoder. With batch normalization no convolution but the last has a bias, as in the reference.

    Args:
        image_shape: tuple `(height, width, channels)` of the condition. Height and width are free
            where `None`, else multiples of `2 ** depth`. Defaults to `(None, None, 3)`.
        output_channels: int, the channels of the generated image. Defaults to `3`.
        depth: int of at least 2, how often the image is halved: 8 is the paper's for 256 pixels,
            5 the article's. Defaults to `8`.
        filters: int, the channels of the first level. Defaults to `64`.
        normalization: `"instance"` (with scale and offset: the paper's batch norm at batch size
            1), `"batch"`, `"group"`, `None`, or a Keras layer that each block clones. Defaults to
            `"instance"`.
        dropout: float in [0, 1). Defaults to `0.5`.
        output_activation: anything `keras.activations.get` takes. Defaults to `"tanh"`, for
            images in [-1, 1].
        skips: bool; `False` gives the paper's plain encoder-decoder. Defaults to `True`.
        dtype: dtype policy. Defaults to the global one. The output is always float32.
        name: str.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)` in [-1, 1].
        training: bool, whether dropout and batch statistics are active.

    Returns:
        A float32 tensor of shape `(batch, height, width, output_channels)`.

    Raises:
        ValueError: for `depth` below 2, a fixed height or width that `2 ** depth` does not
            divide, or an unknown `normalization`.

    Example:

    ```python
    generator = UNetGenerator(image_shape=(128, 128, 1), depth=5)
    picture = generator(masks)  # (4, 128, 128, 1) -> (4, 128, 128, 3)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, sections 3.2.1 and 6.1.1;
        Ronneberger et al. 2015, arXiv 1505.04597.
    """

    def __init__(
        self,
        image_shape=(None, None, 3),
        output_channels=3,
        depth=8,
        filters=64,
        normalization="instance",
        dropout=0.5,
        output_activation="tanh",
        skips=True,
        dtype=None,
        **kwargs,
    ):
        if depth < 2:
            raise ValueError(f"depth must be at least 2. Received: depth={depth}")
        check_divisible(*image_shape[:2], 2**depth, f"UNetGenerator(depth={depth})")
        policy = keras.dtype_policies.get(dtype)
        normalization = deserialize_normalization(normalization)
        shared = {"use_bias": not has_offset(normalization), "dtype": policy}

        def channels(level):
            return filters * min(2**level, 8)

        x = inputs = keras.Input(image_shape, name="condition")
        skipped = []
        for level in range(depth):
            innermost = level == depth - 1
            x = ConvBlock(
                channels(level),
                # At the bottom a single pixel may be left, which a normalization would set to 0.
                normalization=None if level == 0 or innermost else normalization,
                activation="relu" if innermost else "leaky_relu",
                name=f"down_{level + 1}",
                **shared,
            )(x)
            skipped.append(x)
        for level in reversed(range(depth - 1)):
            x = DeconvBlock(
                channels(level),
                normalization=normalization,
                dropout=dropout if level >= depth - 4 else 0.0,
                name=f"up_{level + 2}",
                **shared,
            )(x)
            if skips:
                # The paper activates after joining; ReLU on each part first is the same.
                skip = layers.Activation("relu", dtype=policy, name=f"skip_{level + 1}")(
                    skipped[level]
                )
                x = layers.Concatenate(dtype=policy, name=f"join_{level + 1}")([skip, x])
        x = DeconvBlock(
            output_channels, normalization=None, activation=None, name="up_1", dtype=policy
        )(x)
        super().__init__(inputs, x, output_activation, policy, **kwargs)
        self.output_channels = output_channels
        self.depth = depth
        self.filters = filters
        self.normalization = serialize_normalization(normalization)
        self.dropout = dropout
        self.skips = skips

    @property
    def size_divisor(self):
        """int: height and width must be multiples of it."""
        return 2**self.depth

    def get_config(self):
        return {**super().get_config(), "depth": self.depth, "skips": self.skips}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class ResNetGenerator(_Generator):
    """The residual generator of the reference implementation.

    A 7x7 convolution, two that halve the image, `blocks` residual blocks, two that double it and
    a 7x7 convolution again; borders are mirrored where nothing is halved.

    Args:
        image_shape: tuple `(height, width, channels)` of the condition. Height and width are free
            where `None`, else multiples of 4 from 8 up. Defaults to `(None, None, 3)`.
        output_channels: int, the channels of the generated image. Defaults to `3`.
        blocks: int, the number of residual blocks: 9 is the reference's for 256 pixels, 6 for 128.
            Defaults to `9`.
        filters: int, the channels of the first level. Defaults to `64`.
        normalization: `"instance"` (with scale and offset), `"batch"`, `"group"`, `None`, or a
            Keras layer that each block clones. Defaults to `"instance"`.
        dropout: float in [0, 1), inside each residual block. Defaults to `0.0`.
        output_activation: anything `keras.activations.get` takes. Defaults to `"tanh"`, for
            images in [-1, 1].
        dtype: dtype policy. Defaults to the global one. The output is always float32.
        name: str.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)` in [-1, 1].
        training: bool, whether dropout and batch statistics are active.

    Returns:
        A float32 tensor of shape `(batch, height, width, output_channels)`.

    Raises:
        ValueError: for `blocks` below 1, a fixed height or width that 4 does not divide or that is
            below 8, or an unknown `normalization`.

    Example:

    ```python
    generator = ResNetGenerator(blocks=6)
    picture = generator(maps)  # (1, 128, 128, 3) -> (1, 128, 128, 3)
    ```

    References:
        Johnson et al. 2016, arXiv 1603.08155; Zhu et al. 2017, arXiv 1703.10593, section 7.2.
    """

    size_divisor = 4
    # A quarter of it is mirrored by a pixel, which takes two.
    least_size = 8

    def __init__(
        self,
        image_shape=(None, None, 3),
        output_channels=3,
        blocks=9,
        filters=64,
        normalization="instance",
        dropout=0.0,
        output_activation="tanh",
        dtype=None,
        **kwargs,
    ):
        if blocks < 1:
            raise ValueError(f"blocks must be at least 1. Received: blocks={blocks}")
        check_divisible(*image_shape[:2], self.size_divisor, "ResNetGenerator", self.least_size)
        policy = keras.dtype_policies.get(dtype)
        normalization = deserialize_normalization(normalization)
        shared = {"normalization": normalization, "activation": "relu", "dtype": policy}

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
                filters * 4, normalization, dropout, name=f"residual_{block + 1}", dtype=policy
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
            dtype=policy,
        )(x)
        super().__init__(inputs, x, output_activation, policy, **kwargs)
        self.output_channels = output_channels
        self.blocks = blocks
        self.filters = filters
        self.normalization = serialize_normalization(normalization)
        self.dropout = dropout

    def get_config(self):
        return {**super().get_config(), "blocks": self.blocks}
