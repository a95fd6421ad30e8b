"""The residual generator."""

import keras

from keras_pix2pix.networks.blocks import ConvBlock, DeconvBlock, ResidualBlock
from keras_pix2pix.networks.generator import Generator
from keras_pix2pix.networks.normalization import (
    deserialize_normalization,
    serialize_normalization,
)
from keras_pix2pix.networks.padding import check_divisible


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class ResNetGenerator(Generator):
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
