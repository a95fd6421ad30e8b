"""The names that the PyTorch implementation gives to the weights of its networks."""

from collections.abc import Iterator
from typing import Any

import keras

from keras_pix2pix.networks.blocks import ConvBlock
from keras_pix2pix.networks.discriminators.patchgan import PatchDiscriminator
from keras_pix2pix.networks.generators.resnet import ResNetGenerator
from keras_pix2pix.networks.generators.unet import UNetGenerator

# What PyTorch's normalizations store and Keras' instance normalization has no use for.
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def named_variables(model: keras.Model) -> Iterator[tuple[str, keras.Variable | None]]:
    """Yield the names of PyTorch with the variables of Keras, in the order of the state dict.

    Args:
        model: `UNetGenerator`, `ResNetGenerator` or `PatchDiscriminator`.

    Yields:
        Tuples of a name and a variable. The variable is `None` where PyTorch may store a tensor
        and Keras has none.

    Raises:
        ValueError: for another kind of model or normalization.
    """
    layers = _layers(model)
    if not _in_pytorch(model.normalization):
        raise ValueError(
            "Only networks with batch or instance normalization, or without any, can be exchanged "
            f"with the PyTorch implementation. Received: {model.name} with "
            f"normalization={model.normalization!r}"
        )
    for name, layer in layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Conv2DTranspose)):
            tensors = {"weight": layer.kernel, "bias": layer.bias}
        else:
            moving = isinstance(layer, keras.layers.BatchNormalization)
            tensors = {
                "weight": layer.gamma,
                "bias": layer.beta,
                "running_mean": layer.moving_mean if moving else None,
                "running_var": layer.moving_variance if moving else None,
                "num_batches_tracked": None,
            }
        for tensor, variable in tensors.items():
            if variable is not None or tensor in STATISTICS:
                yield f"{name}.{tensor}", variable


def optional_biases(model: keras.Model) -> set[str]:
    """Return the names of the biases that `--norm none` networks of PyTorch do not have.

    A convolution of the PyTorch implementation has a bias with instance norm. Without any
    normalization, and with batch norm, only the first and the last one may have.

    Args:
        model: `UNetGenerator`, `ResNetGenerator` or `PatchDiscriminator`.

    Returns:
        A set of names; empty for a network with a normalization.
    """
    if model.normalization is not None:
        return set()
    names = [name for name, _ in _layers(model)]
    if isinstance(model, PatchDiscriminator):
        # The last convolution of the pixel discriminator has a bias with instance norm only.
        names = names[1:] if model.receptive_field == 1 else names[1:-1]
    else:
        names = names[:-1]
    return {f"{name}.bias" for name in names}


def _layers(model: keras.Model) -> Iterator[tuple[str, keras.Layer]]:
    """Return the convolutions and normalizations of a network with their names in PyTorch."""
    if isinstance(model, UNetGenerator):
        defaults = {"upsampling": "deconv", "max_filters": None, "plain_levels": 0, "noise": 0}
        if different := {n: v for n in defaults if (v := getattr(model, n)) != defaults[n]}:
            raise ValueError(
                f"The U-Net of the PyTorch implementation has {defaults}. Received: {model.name} "
                f"with {different}"
            )
        return _unet_layers(model, 0, "model.model.")
    if isinstance(model, ResNetGenerator):
        return _resnet_layers(model)
    if isinstance(model, PatchDiscriminator):
        if model.spectral:
            raise ValueError(
                "The discriminator of the PyTorch implementation has no spectral normalization. "
                f"Received: {model.name} with spectral=True"
            )
        return _discriminator_layers(model)
    raise ValueError(
        "Expected a UNetGenerator, a ResNetGenerator or a PatchDiscriminator. Received: "
        f"{type(model).__name__}"
    )


def _in_pytorch(normalization: Any) -> bool:
    """Return whether the reference has a normalization, or its equal at batch size 1."""
    if isinstance(normalization, dict):
        groups = normalization["config"].get("groups")
        return normalization["class_name"] == "BatchNormalization" or groups == -1
    return normalization in ("batch", "instance", None)


def _unet_layers(
    model: UNetGenerator, level: int, prefix: str
) -> Iterator[tuple[str, keras.Layer]]:
    """Yield the layers of a level and of all levels inside it, as PyTorch nests them."""
    down, up = model.get_layer(f"down_{level + 1}"), model.get_layer(f"up_{level + 1}")
    outermost, innermost = level == 0, level == model.depth - 1
    # Each Sequential lists: activation, convolution, normalization, inner level, and back up. The
    # outermost and the innermost convolution on the way down have no normalization; with
    # `--norm none` the others have an Identity in its place.
    index = 0 if outermost else 1
    yield f"{prefix}{index}", down.convolution
    if not (outermost or innermost):
        index += 1
        if down.normalization is not None:
            yield f"{prefix}{index}", down.normalization
    if not innermost:
        index += 1
        yield from _unet_layers(model, level + 1, f"{prefix}{index}.model.")
    yield f"{prefix}{index + 2}", up.convolution
    if up.normalization is not None:
        yield f"{prefix}{index + 3}", up.normalization


def _resnet_layers(model: ResNetGenerator) -> Iterator[tuple[str, keras.Layer]]:
    """Yield the layers by their number in a Sequential that counts paddings and activations."""
    index = 1
    for name in ("first", "down_1", "down_2"):
        yield from _numbered(f"model.{index}", f"model.{index + 1}", model.get_layer(name))
        index += 3
    # Inside a block: padding, convolution, normalization, ReLU, [dropout], padding, convolution.
    second = 6 if model.dropout else 5
    for block in range(model.blocks):
        layer = model.get_layer(f"residual_{block + 1}")
        prefix = f"model.{index}.conv_block."
        yield from _numbered(f"{prefix}1", f"{prefix}2", layer.first)
        yield from _numbered(f"{prefix}{second}", f"{prefix}{second + 1}", layer.second)
        index += 1
    for name in ("up_2", "up_1"):
        yield from _numbered(f"model.{index}", f"model.{index + 1}", model.get_layer(name))
        index += 3
    yield f"model.{index + 1}", model.get_layer("last").convolution


def _discriminator_layers(model: PatchDiscriminator) -> Iterator[tuple[str, keras.Layer]]:
    """Yield the layers by their number in a Sequential that counts activations."""
    name = "net" if model.receptive_field == 1 else "model"
    index = 0
    blocks = [layer for layer in model.layers if isinstance(layer, ConvBlock)]
    for number, block in enumerate(blocks, start=1):
        yield from _numbered(f"{name}.{index}", f"{name}.{index + 1}", block)
        index += 2 if number == 1 else 3


def _numbered(
    convolution: str, normalization: str, block: ConvBlock
) -> Iterator[tuple[str, keras.Layer]]:
    yield convolution, block.convolution
    if block.normalization is not None:
        yield normalization, block.normalization
