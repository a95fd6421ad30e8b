"""The U-Net: an encoder and a decoder with skips."""

from typing import Any

import keras
from keras import layers

from keras_pix2pix.networks.blocks import ConvBlock, DeconvBlock
from keras_pix2pix.networks.generator import Generator
from keras_pix2pix.networks.normalization import (
    Normalization,
    deserialize_normalization,
    has_offset,
    serialize_normalization,
)
from keras_pix2pix.networks.padding import check_divisible


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class UNetGenerator(Generator):
    """The paper's generator: an encoder and a decoder with a skip at every size.

    `depth` blocks halve the image, and `depth` blocks double it again. Each block that doubles the
    image, but the last, is followed by a skip: the features of the same size from the encoder are
    concatenated. Channels double with each level up to `8 * filters`. Dropout, the paper's source
    of noise, is on the first three levels of the decoder. With batch normalization only the last
    convolution has a bias, as in the reference implementation.

    Args:
        image_shape: tuple `(height, width, channels)` of the condition. Height and width are free
            where `None`, else multiples of `2 ** depth`. Defaults to `(None, None, 3)`.
        output_channels: int, the channels of the generated image. Defaults to `3`.
        depth: int of at least 2, how often the image is halved. The paper has 8 for 256 pixels.
            Defaults to `8`.
        filters: int, the channels of the first level. Defaults to `64`.
        normalization: `"instance"` (with scale and offset: the paper's batch norm at batch size
            1), `"batch"`, `"group"`, `None`, or a Keras layer that each block clones. Defaults to
            `"instance"`.
        dropout: float in [0, 1). Defaults to `0.5`.
        output_activation: anything `keras.activations.get` takes. Defaults to `"tanh"`, for
            images in [-1, 1].
        skips: bool; `False` gives the paper's plain encoder-decoder. Defaults to `True`.
        dtype: dtype policy. Defaults to the global one. The output is always float32.
        **kwargs: `name` and `trainable`.

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
        image_shape: tuple[int | None, int | None, int] = (None, None, 3),
        output_channels: int = 3,
        depth: int = 8,
        filters: int = 64,
        normalization: Normalization = "instance",
        dropout: float = 0.5,
        output_activation: Any = "tanh",
        skips: bool = True,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        if depth < 2:
            raise ValueError(f"depth must be at least 2. Received: depth={depth}")
        check_divisible(*image_shape[:2], 2**depth, f"UNetGenerator(depth={depth})")
        normalization = deserialize_normalization(normalization)
        shared: dict[str, Any] = {"use_bias": not has_offset(normalization), "dtype": dtype}

        def channels(level: int) -> int:
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
                skip = layers.Activation("relu", dtype=dtype, name=f"skip_{level + 1}")(
                    skipped[level]
                )
                x = layers.Concatenate(dtype=dtype, name=f"join_{level + 1}")([skip, x])
        x = DeconvBlock(
            output_channels, normalization=None, activation=None, name="up_1", dtype=dtype
        )(x)
        super().__init__(inputs, x, output_activation, dtype, **kwargs)
        self.size_divisor = 2**depth
        self.depth = depth
        self.filters = filters
        self.normalization = serialize_normalization(normalization)
        self.dropout = dropout
        self.skips = skips

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the generator."""
        return {
            **super().get_config(),
            "depth": self.depth,
            "filters": self.filters,
            "normalization": self.normalization,
            "dropout": self.dropout,
            "skips": self.skips,
        }
