"""The same network with another normalization: batch norm becomes instance norm, or goes away."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_pix2pix.keras_private import layers_inside
from keras_pix2pix.networks.network import copy_flags
from keras_pix2pix.networks.normalization import Normalization, deserialize_normalization

NO_BATCH_NORM = (
    "There is {} of this package with normalization='batch' or a BatchNormalization layer. "
    "Received: {}"
)


def rebuilt(network: keras.Model, normalization: Normalization) -> keras.Model:
    """Return a copy of a network that has another normalization, and the other weights.

    Args:
        network: a network of this package.
        normalization: the `normalization` argument of the copy.

    Returns:
        A network of the same class, with the kernels, biases, scales and offsets of `network`
        where it has them, too, and what its spectral normalization has estimated. Frozen layers
        stay frozen.
    """
    config = {**network.get_config(), "normalization": normalization}
    # Without a normalization the layers have other numbers.
    config.pop("frozen_layers", None)
    twin = type(network).from_config(config)
    for old, new in zip(blocks(network), blocks(twin), strict=True):
        new.trainable = old.trainable
        new.convolution.trainable = old.convolution.trainable
        _copy(old.convolution, new.convolution, "kernel", "bias", "u")
        if old.normalization is not None and new.normalization is not None:
            new.normalization.trainable = old.normalization.trainable
            _copy(old.normalization, new.normalization, "gamma", "beta")
    if hasattr(network, "encoder"):
        copy_flags(network.encoder, twin.encoder)
        twin.encoder.set_weights(network.encoder.get_weights())
    return twin


def normalization_of(network: keras.Model) -> Normalization:
    """Return the `normalization` argument of a network of this package, `None` for any other."""
    given = getattr(network, "normalization", None)
    # A network of the user may mean something else by that name.
    return deserialize_normalization(given) if isinstance(given, dict) else given


def has_batch_norm(network: keras.Model) -> bool:
    """Return whether a network of this package is normalized by batch statistics."""
    layer = normalization_of(network)
    return layer == "batch" or isinstance(layer, keras.layers.BatchNormalization)


def with_instance_norms(*networks: keras.Model) -> list[keras.Model]:
    """Return networks with instance norm that equal those trained with batch norm.

    They are equal if the networks were trained at batch size 1: each image was then normalized by
    its own statistics. Networks without batch norm are returned as they are.

    Raises:
        ValueError: if none of them is a network of this package with batch norm.
    """
    if not any(map(has_batch_norm, networks)):
        raise ValueError(NO_BATCH_NORM.format("no network", _normalizations(networks)))
    return [_with_instance_norm(n) if has_batch_norm(n) else n for n in networks]


def _with_instance_norm(network: keras.Model) -> keras.Model:
    layer = normalization_of(network)
    if layer == "batch":
        return rebuilt(network, "instance")
    options = {name: getattr(layer, name) for name in ("epsilon", "center", "scale")}
    return rebuilt(network, keras.layers.GroupNormalization(groups=-1, **options))


def without_batch_norm(network: keras.Model) -> keras.Model:
    """Return the network without batch norm that generates the same pictures.

    The stored statistics, scales and offsets become part of the kernels and biases.

    Raises:
        ValueError: if it is not a network of this package with batch norm.
    """
    if not has_batch_norm(network):
        raise ValueError(NO_BATCH_NORM.format("no generator", _normalizations([network])))
    twin = rebuilt(network, None)
    for old, new in zip(blocks(network), blocks(twin)):
        if old.normalization is None:
            continue
        layer, convolution = old.normalization, new.convolution
        scale = 1 / np.sqrt(_value(layer, "moving_variance") + layer.epsilon)
        scale = scale * _value(layer, "gamma", 1.0)
        offset = _value(layer, "beta", 0.0) - _value(layer, "moving_mean") * scale
        # Four channels of a convolution become one of the normalization where pixels are shuffled.
        repeats = convolution.filters // len(scale)
        scale, offset = np.tile(scale, repeats), np.tile(offset, repeats)
        bias = _value(old.convolution, "bias", 0.0) * scale + offset
        convolution.bias.assign(bias.astype("float32"))
        # The kernel of a transposed convolution has the axis of the outputs before the last one.
        transposed = isinstance(convolution, keras.layers.Conv2DTranspose)
        kernel = _value(convolution, "kernel") * (scale[:, None] if transposed else scale)
        convolution.kernel.assign(kernel.astype("float32"))
    return twin


def with_networks(
    model: keras.Model, generator: keras.Model, discriminator: keras.Model
) -> keras.Model:
    """Return a `Pix2Pix` like `model` that has other networks. It is not compiled."""
    twin = type(model)(generator, discriminator, name=model.name, dtype=model.dtype_policy)
    twin.formats, twin.seen, twin.condition = model.formats, model.seen, model.condition
    return twin


def blocks(network: keras.Model) -> list[Any]:
    """Return the blocks of a network that have a convolution, in their order."""
    return [layer for layer in layers_inside(network) if hasattr(layer, "convolution")]


def _copy(old: keras.Layer, new: keras.Layer, *names: str) -> None:
    for name in names:
        if getattr(old, name, None) is not None:
            getattr(new, name).assign(ops.convert_to_numpy(getattr(old, name)))


def _value(layer: keras.Layer, name: str, missing: Any = None) -> Any:
    """Return a weight as a float64 array, or `missing` where the layer has no such weight."""
    weight = getattr(layer, name, None)
    return missing if weight is None else ops.convert_to_numpy(weight).astype("float64")


def _normalizations(networks: Iterable[keras.Model]) -> list[Normalization]:
    return [normalization_of(network) for network in networks]
