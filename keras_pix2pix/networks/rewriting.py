"""The same model with another normalization: batch statistics frozen, or folded into kernels."""

import keras
import numpy as np
from keras import ops

from keras_pix2pix.keras_private import layers_inside
from keras_pix2pix.networks.normalization import deserialize_normalization

NO_BATCH_NORM = (
    "There is {} of this package with normalization='batch' or a BatchNormalization layer. "
    "Received: {}"
)


def rebuilt(network, normalization):
    """A network like `network` that is normalized otherwise, with the weights that both have.

    Args:
        network: a `UNetGenerator`, `ResNetGenerator` or `PatchDiscriminator`.
        normalization: what its `normalization` argument shall be.
    """
    twin = type(network).from_config({**network.get_config(), "normalization": normalization})
    for old, new in zip(blocks(network), blocks(twin), strict=True):
        _copy(old.convolution, new.convolution, "kernel", "bias")
        if old.normalization is not None and new.normalization is not None:
            _copy(old.normalization, new.normalization, "gamma", "beta")
    return twin


def normalization_of(network):
    """How a network of this package is normalized, as it was given; `None` for any other."""
    return deserialize_normalization(getattr(network, "normalization", None))


def with_instance_norms(*networks):
    """Return networks of instance norms that equal those trained with batch norm at batch size 1.

    Raises:
        ValueError: if none of them is a network of this package with batch norm.
    """
    if not any(map(has_batch_norm, networks)):
        raise ValueError(NO_BATCH_NORM.format("no network", _normalizations(networks)))
    return [_with_instance_norm(n) if has_batch_norm(n) else n for n in networks]


def _with_instance_norm(network):
    layer = normalization_of(network)
    if layer == "batch":
        return rebuilt(network, "instance")
    options = {name: getattr(layer, name) for name in ("epsilon", "center", "scale")}
    return rebuilt(network, keras.layers.GroupNormalization(groups=-1, **options))


def without_batch_norm(network):
    """Return the network whose convolutions do what the stored statistics did behind them.

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
        bias = _value(old.convolution, "bias", 0.0) - _value(layer, "moving_mean")
        convolution.bias.assign((_value(layer, "beta", 0.0) + bias * scale).astype("float32"))
        # A transposed convolution has its output channels before those of the input.
        transposed = isinstance(convolution, keras.layers.Conv2DTranspose)
        kernel = _value(convolution, "kernel") * (scale[:, None] if transposed else scale)
        convolution.kernel.assign(kernel.astype("float32"))
    return twin


def has_batch_norm(network):
    """Whether a network of this package is normalized by batch statistics."""
    layer = normalization_of(network)
    return layer == "batch" or isinstance(layer, keras.layers.BatchNormalization)


def with_networks(model, generator, discriminator):
    """A `Pix2Pix` like `model`, of other networks."""
    twin = type(model)(generator, discriminator, name=model.name, dtype=model.dtype_policy)
    twin.formats = model.formats
    return twin


def blocks(network):
    """The layers of a network that are convolution and normalization in one, in their order."""
    return [layer for layer in layers_inside(network) if hasattr(layer, "convolution")]


def _copy(old, new, *names):
    for name in names:
        if getattr(old, name, None) is not None:
            getattr(new, name).assign(ops.convert_to_numpy(getattr(old, name)).copy())


def _value(layer, name, missing=None):
    """A weight as float64, or `missing` where the layer does without it."""
    weight = getattr(layer, name, None)
    return missing if weight is None else ops.convert_to_numpy(weight).astype("float64")


def _normalizations(networks):
    return [normalization_of(network) for network in networks]
