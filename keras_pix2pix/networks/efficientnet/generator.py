"""The U-Net whose encoder is EfficientNet-Lite0 with its ImageNet weights."""

from typing import Any

import keras
from keras import layers

from keras_pix2pix.networks.blocks import ConvBlock
from keras_pix2pix.networks.direct import Graph
from keras_pix2pix.networks.efficientnet.architecture import (
    LAST_OF_SIZE,
    block_outputs,
    draw_weights,
    load_imagenet_weights,
)
from keras_pix2pix.networks.generators.generator import Generator
from keras_pix2pix.networks.network import check_counts
from keras_pix2pix.networks.normalization import (
    Normalization,
    deserialize_normalization,
    serialize_normalization,
)
from keras_pix2pix.networks.padding import check_divisible
from keras_pix2pix.networks.upsampling import UPSAMPLINGS, upsampling_block


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class EfficientNetGenerator(Generator):
    """A U-Net with a pretrained encoder: EfficientNet-Lite0 with its ImageNet weights.

    Use it for photos as conditions: photo to label map, or photo to photo. It needs few pairs to
    recognize the objects in a photo. The encoder halves the photo five times, and the decoder
    doubles it five times. At every size, a skip passes the features of the encoder to the decoder.
    The last skip passes the photo itself.

    At first, the decoder has random weights, and its gradients could destroy the pretrained weights
    of the encoder. `Pix2Pix.compile(frozen_encoder_steps=...)` freezes the encoder for a number of
    steps. `train_encoder=False` freezes it for the whole training.

    The batch norms of the encoder always use the statistics of ImageNet. They are part of its
    kernels and biases. Photos of one channel are repeated to three.

    Args:
        image_shape: tuple `(height, width, channels)` of the condition, with 1 or 3 channels.
            Height and width are free where `None`, else multiples of 32. Defaults to `(None, None,
            3)`.
        output_channels: int, the channels of the generated image. Defaults to `3`.
        filters: int, the channels of the decoder at half of the size. Each deeper level has twice
            as many, up to `8 * filters`. At full size there are half as many. Defaults to `32`.
        normalization: normalization in the decoder: `"instance"` (with scale and offset),
            `"batch"`, `"group"`, `None`, or a Keras layer that each block clones. The innermost
            block, at 1/16 of the size, has none, since too few pixels are left. Defaults to
            `"instance"`.
        dropout: float in [0, 1), on the first three levels of the decoder. Defaults to `0.0`.
        output_activation: anything `keras.activations.get` takes. Defaults to `"tanh"`, for
            images in [-1, 1]. For label maps and `losses.LabelCrossEntropy` it is
            `losses.label_probabilities`.
        upsampling: how the decoder doubles the image: `"deconv"`, `"nearest"`, `"bilinear"` or
            `"shuffle"`, as in `UNetGenerator`. Defaults to `"nearest"`.
        weights: `"imagenet"`, or `None` for random weights. Use `None` to train the encoder from
            the start, or to load weights into it. The file of a saved model contains all weights,
            so loading it does not need the package with the ImageNet weights. Defaults to
            `"imagenet"`.
        train_encoder: bool, whether the encoder is trained at all. Defaults to `True`.
        dtype: dtype policy. Defaults to the global one. The output is always float32.
        **kwargs: `name` and `trainable`.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)` in [-1, 1].
        training: bool, whether dropout and batch statistics are active.

    Returns:
        A float32 tensor of shape `(batch, height, width, output_channels)`.

    Raises:
        ImportError: if the weights are not installed. The message says what to install.
        ValueError: if the condition does not have 1 or 3 channels, for a fixed height or width that
            is not a multiple of 32, or for an unknown `normalization`, `upsampling` or `weights`.

    Example:

    ```python
    model = keras_pix2pix.Pix2Pix(EfficientNetGenerator())
    model.compile(frozen_encoder_steps=1000)
    ```

    References:
        EfficientNet: Tan and Le 2019, arXiv 1905.11946. The version "Lite" has no
        squeeze-and-excitation, and ReLU6 instead of swish. A U-Net with a pretrained encoder:
        Iglovikov and Shvets 2018, arXiv 1801.05746.
    """

    size_divisor = 32
    least_size = 32

    def __init__(
        self,
        image_shape: tuple[int | None, int | None, int] = (None, None, 3),
        output_channels: int = 3,
        filters: int = 32,
        normalization: Normalization = "instance",
        dropout: float = 0.0,
        output_activation: Any = "tanh",
        upsampling: str = "nearest",
        weights: str | None = "imagenet",
        train_encoder: bool = True,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        check_counts(output_channels=output_channels, filters=filters)
        _check(image_shape, upsampling, weights)
        normalization = deserialize_normalization(normalization)
        inputs = keras.Input(image_shape, name="condition")
        photo = inputs
        if image_shape[-1] == 1:
            photo = layers.Concatenate(dtype=dtype, name="grey_as_rgb")([inputs] * 3)
        *skips, x = _encoder(weights, dtype)(photo)
        for level in (4, 3, 2, 1, 0):
            x = upsampling_block(
                upsampling,
                filters * 2 ** (level - 1) if level else max(filters // 2, 1),
                normalization=None if level == 4 else normalization,
                dropout=dropout if level >= 2 else 0.0,
                name=f"up_{level + 1}",
                dtype=dtype,
            )(x)
            skip = skips[level - 1] if level else inputs
            x = layers.Concatenate(dtype=dtype, name=f"join_{level}")([skip, x])
        x = ConvBlock(
            output_channels,
            kernel_size=3,
            strides=1,
            normalization=None,
            activation=None,
            padding="reflect",
            name="last",
            dtype=dtype,
        )(x)
        super().__init__(inputs, x, output_activation, dtype, **kwargs)
        if not train_encoder:
            self.encoder.trainable = False
        self.filters = filters
        self.normalization = serialize_normalization(normalization)
        self.dropout = dropout
        self.upsampling = upsampling

    @property
    def encoder(self) -> keras.Model:
        """The Keras model from photos in [-1, 1] to their features at five sizes."""
        return self.get_layer("encoder")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the generator, without the weights."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "normalization": self.normalization,
            "dropout": self.dropout,
            "upsampling": self.upsampling,
            "weights": None,
            "train_encoder": self.encoder.trainable,
        }


def _check(
    image_shape: tuple[int | None, int | None, int], upsampling: str, weights: str | None
) -> None:
    if image_shape[-1] not in (1, 3):
        raise ValueError(
            "EfficientNetGenerator takes photos of 3 channels, or grey ones of 1, which its "
            f"encoder has learned from. Received: image_shape={image_shape}. UNetGenerator and "
            "ResNetGenerator take any number of channels."
        )
    check_divisible(*image_shape[:2], 32, "EfficientNetGenerator", 32)
    if upsampling not in UPSAMPLINGS:
        raise ValueError(
            f"upsampling must be one of {', '.join(map(repr, UPSAMPLINGS))}. "
            f"Received: {upsampling!r}"
        )
    if weights not in ("imagenet", None):
        raise ValueError(f"weights must be 'imagenet' or None. Received: {weights!r}")


def _encoder(weights: str | None, dtype: Any) -> keras.Model:
    """Return EfficientNet-Lite0 from photos to the features at 1/2, 1/4, ... 1/32 of the size."""
    photos = keras.Input((None, None, 3))
    outputs = block_outputs(photos, dtype)
    features = [outputs[block] for block in LAST_OF_SIZE]
    network = Graph(photos, features, name="encoder")
    network.dtype_policy = keras.dtype_policies.get(dtype)
    if weights is None:
        draw_weights(network)
    else:
        load_imagenet_weights(network)
    return network
