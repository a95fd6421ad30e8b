"""The U-Net: an encoder and a decoder with skips."""

from typing import Any

import keras
from keras import layers

from keras_pix2pix.networks.blocks import ConvBlock
from keras_pix2pix.networks.generators.generator import Generator
from keras_pix2pix.networks.network import check_counts
from keras_pix2pix.networks.noise import FixedNoise
from keras_pix2pix.networks.normalization import (
    Normalization,
    deserialize_normalization,
    has_offset,
    serialize_normalization,
)
from keras_pix2pix.networks.padding import check_divisible
from keras_pix2pix.networks.upsampling import UPSAMPLINGS, upsampling_block


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class UNetGenerator(Generator):
    """The paper's generator: an encoder and a decoder with a skip at every size.

    `depth` blocks halve the image, and `depth` blocks double it again. A skip concatenates the
    output of each block of the decoder, except the last, with the features of the same size from
    the encoder. Each level has twice as many channels as the level before, up to `max_filters`. The
    first three levels of the decoder have dropout, which is the paper's source of noise. With batch
    normalization only the last convolution has a bias, as in the reference implementation.

    The paper's generator has three kinds of artifacts. Transposed convolutions leave a checkerboard
    pattern: use `upsampling="nearest"` to avoid it. A normalization of few values, as at 4x4 pixels
    and below, leaves a spot at the same place in every picture: use `plain_levels` to leave out
    this normalization. Where a condition is flat, it draws streaks that begin at the border:
    use `noise` to draw texture there.

    Args:
        image_shape: tuple `(height, width, channels)` of the condition. Height and width are free
            where `None`, else multiples of `2 ** depth`. Defaults to `(None, None, 3)`.
        output_channels: int, the channels of the generated image. Defaults to `3`.
        depth: int of at least 2, the number of times the image is halved. The paper has 8 for 256
            pixels. Defaults to `8`.
        filters: int, the channels of the first level. Defaults to `64`.
        normalization: `"instance"` (with scale and offset: the paper's batch norm at batch size
            1), `"batch"`, `"group"`, `None`, or a Keras layer that each block clones. Defaults to
            `"instance"`.
        dropout: float in [0, 1). Defaults to `0.5`.
        output_activation: anything `keras.activations.get` takes. Defaults to `"tanh"`, for
            images in [-1, 1].
        skips: bool; `False` gives the paper's plain encoder-decoder. Defaults to `True`.
        upsampling: how the decoder doubles the image. `"deconv"` is the paper's transposed
            convolution; `"nearest"`, `"bilinear"` and `"shuffle"` are those of `UpsampleBlock`.
            Defaults to `"deconv"`.
        max_filters: int, the maximum number of channels of a level. Defaults to `None`, which is
            `8 * filters`.
        plain_levels: int from 0 to `depth`, the number of innermost levels without normalization,
            in encoder and decoder. Their blocks have a bias. The size of level n is that of the
            image divided by `2 ** n`. For example, at 128 pixels and depth 7, the three innermost
            levels have 4x4, 2x2 and 1x1 pixels. Defaults to `0`, where only the last block of the
            encoder has no normalization.
        noise: int, the channels of fixed noise that are joined to the condition. The noise is the
            same for every image, and repeats every `2 ** depth` pixels. So a picture depends only
            on its condition. Defaults to `0`.
        dtype: dtype policy. Defaults to the global one. The output is always float32.
        **kwargs: `name` and `trainable`.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)` in [-1, 1].
        training: bool, whether dropout and batch statistics are active.

    Returns:
        A float32 tensor of shape `(batch, height, width, output_channels)`.

    Raises:
        ValueError: for `depth` below 2, for a fixed height or width that is not a multiple of
            `2 ** depth`, for an unknown `normalization` or `upsampling`, for `max_filters` below 1,
            for `plain_levels` outside of 0 to `depth`, or
            for `noise` below 0.

    Example:

    ```python
    generator = UNetGenerator(image_shape=(128, 128, 1), depth=5)
    picture = generator(masks)  # (4, 128, 128, 1) -> (4, 128, 128, 3)

    # Without checkerboards, spots and streaks, and with a quarter of the parameters:
    generator = UNetGenerator(
        depth=7, max_filters=256, upsampling="nearest", plain_levels=3, noise=1, dropout=0.0
    )
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, sections 3.2.1 and 6.1.1;
        Ronneberger et al. 2015, arXiv 1505.04597; on spots, Karras et al. 2019, arXiv 1912.04958,
        section 2; on checkerboards, Odena et al. 2016, Deconvolution and Checkerboard Artifacts.
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
        upsampling: str = "deconv",
        max_filters: int | None = None,
        plain_levels: int = 0,
        noise: int = 0,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        if depth < 2:
            raise ValueError(f"depth must be at least 2. Received: depth={depth}")
        check_counts(output_channels=output_channels, filters=filters)
        check_divisible(*image_shape[:2], 2**depth, f"UNetGenerator(depth={depth})")
        if upsampling not in UPSAMPLINGS:
            raise ValueError(
                f"upsampling must be one of {', '.join(map(repr, UPSAMPLINGS))}. "
                f"Received: {upsampling!r}"
            )
        if max_filters is not None:
            check_counts(max_filters=max_filters)
        if not 0 <= plain_levels <= depth:
            raise ValueError(
                f"plain_levels must be from 0 to depth={depth}. "
                f"Received: plain_levels={plain_levels}"
            )
        if noise < 0:
            raise ValueError(f"noise must be at least 0. Received: noise={noise}")
        normalization = deserialize_normalization(normalization)

        def channels(level: int) -> int:
            return min(filters * 2**level, 8 * filters if max_filters is None else max_filters)

        def shared(level: int) -> dict[str, Any]:
            if level >= depth - plain_levels:
                return {"normalization": None, "dtype": dtype}
            use_bias = not has_offset(normalization)
            return {"normalization": normalization, "use_bias": use_bias, "dtype": dtype}

        x = inputs = keras.Input(image_shape, name="condition")
        if noise:
            # Tiles begin at multiples of this period, and so get the noise of the whole image.
            x = FixedNoise(2**depth, noise, dtype=dtype, name="noise")(x)
        skipped = []
        for level in range(depth):
            options, innermost = shared(level), level == depth - 1
            if level == 0 or innermost:
                # At the bottom a single pixel may be left, which a normalization would set to 0.
                options["normalization"] = None
            x = ConvBlock(
                channels(level),
                activation="relu" if innermost else "leaky_relu",
                name=f"down_{level + 1}",
                **options,
            )(x)
            skipped.append(x)
        for level in reversed(range(depth - 1)):
            x = upsampling_block(
                upsampling,
                channels(level),
                dropout=dropout if level >= depth - 4 else 0.0,
                name=f"up_{level + 2}",
                **shared(level),
            )(x)
            if skips:
                # The paper activates after joining; ReLU on each part first is the same.
                skip = layers.Activation("relu", dtype=dtype, name=f"skip_{level + 1}")(
                    skipped[level]
                )
                x = layers.Concatenate(dtype=dtype, name=f"join_{level + 1}")([skip, x])
        x = upsampling_block(
            upsampling,
            output_channels,
            normalization=None,
            activation=None,
            name="up_1",
            dtype=dtype,
        )(x)
        super().__init__(inputs, x, output_activation, dtype, **kwargs)
        self.size_divisor = 2**depth
        self.depth = depth
        self.filters = filters
        self.normalization = serialize_normalization(normalization)
        self.dropout = dropout
        self.skips = skips
        self.upsampling = upsampling
        self.max_filters = max_filters
        self.plain_levels = plain_levels
        self.noise = noise

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the generator."""
        return {
            **super().get_config(),
            "depth": self.depth,
            "filters": self.filters,
            "normalization": self.normalization,
            "dropout": self.dropout,
            "skips": self.skips,
            "upsampling": self.upsampling,
            "max_filters": self.max_filters,
            "plain_levels": self.plain_levels,
            "noise": self.noise,
        }
