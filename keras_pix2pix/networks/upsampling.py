"""The ways to double height and width, and the block of a decoder that is made of them."""

from typing import Any

import keras
from keras import ops

from keras_pix2pix.networks.blocks import Block, DeconvBlock, Shape, make_dropout
from keras_pix2pix.networks.convolutions import Conv2D
from keras_pix2pix.networks.direct import called
from keras_pix2pix.networks.normalization import Normalization
from keras_pix2pix.types import Tensor

# "deconv" is DeconvBlock, the others are UpsampleBlock.
UPSAMPLINGS = ("deconv", "nearest", "bilinear", "shuffle")


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class UpsampleBlock(Block):
    """Doubling of height and width, convolution, normalization, dropout, activation.

    Use it instead of `DeconvBlock`. A transposed convolution can leave a checkerboard pattern, but
    a convolution of an interpolated image does not. The 3x3 convolution pads by repeating the
    pixels at the border, so that the border looks like the rest.

    Args:
        filters: int, the number of output channels.
        upsampling: `"nearest"` or `"bilinear"` interpolate, then convolve; `"shuffle"` convolves to
            `4 * filters` channels, then makes four pixels of each (sub-pixel convolution). Defaults
            to `"nearest"`.
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
        A tensor of shape `(batch, 2 * height, 2 * width, filters)`.

    Raises:
        ValueError: for an unknown `upsampling` or `normalization`.

    Example:

    ```python
    larger = UpsampleBlock(64, "bilinear")(features)  # (1, 64, 64, 256) -> (1, 128, 128, 64)
    ```

    References:
        Odena et al. 2016, Deconvolution and Checkerboard Artifacts, Distill; Shi et al. 2016,
        arXiv 1609.05158 (sub-pixel convolution).
    """

    def __init__(
        self,
        filters: int,
        upsampling: str = "nearest",
        normalization: Normalization = "instance",
        activation: Any = "relu",
        dropout: float = 0.0,
        use_bias: bool | None = None,
        **kwargs: Any,
    ) -> None:
        if upsampling not in UPSAMPLINGS[1:]:
            raise ValueError(
                f"upsampling must be one of {', '.join(map(repr, UPSAMPLINGS[1:]))}. "
                f"Received: {upsampling!r}"
            )
        super().__init__(filters, 3, 1, normalization, activation, use_bias, **kwargs)
        self.upsampling = upsampling
        self._pad = 1
        self.convolution = self._make_convolution(
            Conv2D, padding="valid", filters=filters * (4 if upsampling == "shuffle" else 1)
        )
        self.dropout = make_dropout(dropout, self.dtype_policy)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return the activated features."""
        shuffled = self.upsampling == "shuffle"
        x = inputs if shuffled else doubled(inputs, self.upsampling)
        x = called(self.convolution, _with_border(_with_border(x, 1), 2))
        return self._finish(depth_to_space(x) if shuffled else x, training)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the output for an input of this shape."""
        batch, height, width, _ = input_shape
        return (batch, *(n and n * 2 for n in (height, width)), self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        config = {
            **super().get_config(),
            "upsampling": self.upsampling,
            "dropout": self.dropout.rate if self.dropout else 0.0,
        }
        del config["kernel_size"], config["strides"]
        return config


def upsampling_block(upsampling: str, filters: int, **options: Any) -> Block:
    """Return a block that doubles height and width in one of the ways of `UPSAMPLINGS`."""
    if upsampling == "deconv":
        return DeconvBlock(filters, **options)
    return UpsampleBlock(filters, upsampling, **options)


def doubled(images: Tensor, interpolation: str) -> Tensor:
    """Double the height and the width of images.

    Args:
        images: tensor of shape `(batch, height, width, channels)`.
        interpolation: `"nearest"` or `"bilinear"`. The latter takes the centers of pixels as
            their places, and the outermost pixels for what lies outside.

    Returns:
        A tensor of shape `(batch, 2 * height, 2 * width, channels)`.
    """
    if interpolation == "nearest":
        # `ops.repeat` makes TensorFlow forget the channels, which LiteRT must know.
        for axis in (1, 2):
            images = _in_turn([images, images], axis)
        return images
    # A gradient of TensorFlow's own resizing cannot be differentiated again.
    before = ops.concatenate([images[:, :1], images[:, :-1]], axis=1)
    after = ops.concatenate([images[:, 1:], images[:, -1:]], axis=1)
    images = _alternated(images, before, after, axis=1)
    before = ops.concatenate([images[:, :, :1], images[:, :, :-1]], axis=2)
    after = ops.concatenate([images[:, :, 1:], images[:, :, -1:]], axis=2)
    return _alternated(images, before, after, axis=2)


def _alternated(images: Tensor, before: Tensor, after: Tensor, axis: int) -> Tensor:
    """Return a pixel near the one before and a pixel near the one after, in turn."""
    return _in_turn([0.75 * images + 0.25 * other for other in (before, after)], axis)


def _in_turn(pair: list[Tensor], axis: int) -> Tensor:
    """Return the rows, or columns, of two images in turn."""
    shape = list(ops.shape(pair[0]))
    shape[axis] = 2 * shape[axis]
    return ops.reshape(ops.stack(pair, axis=axis + 1), shape)


def _with_border(images: Tensor, axis: int) -> Tensor:
    """Repeat the first and the last row, or column. `ops.pad` takes longer on PyTorch."""
    if axis == 1:
        return ops.concatenate([images[:, :1], images, images[:, -1:]], axis=1)
    return ops.concatenate([images[:, :, :1], images, images[:, :, -1:]], axis=2)


def depth_to_space(features: Tensor) -> Tensor:
    """Make a square of four pixels of each pixel's channels.

    Args:
        features: tensor of shape `(batch, height, width, 4 * channels)`. The first quarter of the
            channels becomes the pixel at the upper left, then follow the upper right, the lower
            left and the lower right one.

    Returns:
        A tensor of shape `(batch, 2 * height, 2 * width, channels)`.
    """
    batch, height, width, channels = ops.shape(features)
    x = ops.reshape(features, (batch, height, width, 2, 2, channels // 4))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (batch, 2 * height, 2 * width, channels // 4))
