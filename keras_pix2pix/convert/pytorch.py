"""Checkpoints of the PyTorch implementation <-> Keras weights."""

import keras
import numpy as np
from keras import ops

from keras_pix2pix.convert.architecture import generator_for
from keras_pix2pix.data.files.writing import atomic_path
from keras_pix2pix.networks import ResNetGenerator, UNetGenerator
from keras_pix2pix.networks.blocks import ConvBlock
from keras_pix2pix.networks.patchgan import PatchDiscriminator

# What PyTorch's normalizations store and Keras' instance normalization has no use for.
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def load_pytorch(path, model=None):
    """Load a checkpoint of the reference implementation (`latest_net_G.pth`) into a network.

    Old (2017) and new PyTorch formats are read; no code of the file is executed. A network that is
    given must have the checkpoint's architecture:

    - `--netG unet_256` is `UNetGenerator(depth=8)`, `unet_128` has depth 7;
    - `--netG resnet_9blocks` is `ResNetGenerator(blocks=9)`;
    - `--netD basic` with `--n_layers_D` 1 to 5 is a `PatchDiscriminator` with a receptive field of
      16, 34, 70 (the default), 142, 286; `--netD pixel` has 1;
    - `--norm batch` (the default) is `normalization="batch"`, and `--norm instance` is
      `keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, scale=False, center=False)`.

    A network with `normalization="instance"` takes a batch-norm checkpoint too, without its stored
    statistics: exactly the network that was trained, if it was trained at batch size 1.

    Args:
        path: path of the `.pth` file.
        model: `UNetGenerator`, `ResNetGenerator` or `PatchDiscriminator`. Defaults to `None`, the
            generator that the checkpoint is of, with `normalization="instance"` in the place of
            batch norm.

    Returns:
        `model`, with the checkpoint's weights.

    Raises:
        ImportError: without PyTorch (`pip install keras-pix2pix[torch]`).
        ValueError: if the file is no checkpoint, or naming the first tensor that does not fit;
            the model is then unchanged; and for another kind of model or normalization.

    Example:

    ```python
    generator = load_pytorch("latest_net_G.pth")
    generator = load_pytorch("latest_net_G.pth", UNetGenerator(normalization="instance"))
    ```
    """
    tensors = _read(path)
    model = generator_for(tensors, path) if model is None else model
    values = []
    for name, variable in _named_variables(model):
        if variable is None:
            tensors.pop(name, None)
            continue
        if name not in tensors:
            raise ValueError(f"{path} has no tensor {name!r}, which {model.name} needs")
        value = tensors.pop(name)
        if _to_keras(value).shape != tuple(variable.shape):
            raise ValueError(
                f"Tensor {name!r} of {path} does not fit {model.name}: expected shape "
                f"{_to_torch(np.empty(variable.shape)).shape}, received {value.shape}"
            )
        values.append((variable, _to_keras(value)))
    if tensors:
        raise ValueError(f"{path} has a tensor {next(iter(tensors))!r}, which {model.name} lacks")
    for variable, value in values:
        variable.assign(value)
    return model


def save_pytorch(model, path):
    """Write a network as a checkpoint that the reference implementation loads.

    A network with `normalization="instance"` becomes one of `--norm batch`, without statistics:
    the same network as the reference runs it, unless with `--eval` or more than one image a batch.

    Args:
        model: `UNetGenerator`, `ResNetGenerator` or `PatchDiscriminator`.
        path: path of the `.pth` file.

    Raises:
        ImportError: without PyTorch (`pip install keras-pix2pix[torch]`).
        ValueError: for another kind of model or normalization.

    Example:

    ```python
    save_pytorch(model.generator, "latest_net_G.pth")
    ```
    """
    torch = _torch()
    tensors = {}
    for name, variable in _named_variables(model):
        if variable is not None:
            value = ops.convert_to_numpy(variable)
            # A copy of its own: on the torch backend the array is the variable's own memory.
            tensors[name] = torch.from_numpy(_to_torch(value).astype("float32"))
            continue
        normalization, _, tensor = name.rpartition(".")
        scale = tensors.get(f"{normalization}.weight")
        if scale is not None and tensor == "num_batches_tracked":
            # Keras does not count batches; nothing in PyTorch's default settings reads it.
            tensors[name] = torch.tensor(0)
        elif scale is not None:
            tensors[name] = torch.full_like(scale, tensor == "running_var")
    with atomic_path(path) as temporary:
        torch.save(tensors, temporary)


def _torch():
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            "Checkpoints are read and written with PyTorch: pip install keras-pix2pix[torch]"
        ) from error
    return torch


def _read(path):
    torch = _torch()
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:
        # PyTorch raises OSError, struct.error, IndexError and more on broken files.
        raise ValueError(f"{path} is not a PyTorch checkpoint of weights: {error}") from error
    if not isinstance(tensors, dict) or not all(map(torch.is_tensor, tensors.values())):
        raise ValueError(f"{path} is a PyTorch file, but not a state dict of tensors")
    return {name: tensor.detach().float().numpy() for name, tensor in tensors.items()}


def _to_keras(value):
    """(out, in, height, width), or (in, out, ...) of a transposed convolution, to Keras' order."""
    return value.transpose(2, 3, 1, 0) if value.ndim == 4 else value


def _to_torch(value):
    return value.transpose(3, 2, 0, 1) if value.ndim == 4 else value


def _named_variables(model):
    """Pairs of a PyTorch name and a Keras variable, in the order of the state dict.

    The variable is `None` where PyTorch may store a tensor that Keras has not.
    """
    if isinstance(model, UNetGenerator):
        layers = _unet_layers(model, 0, "model.model.")
    elif isinstance(model, ResNetGenerator):
        layers = _resnet_layers(model)
    elif isinstance(model, PatchDiscriminator):
        layers = _discriminator_layers(model)
    else:
        raise ValueError(
            "Expected a UNetGenerator, a ResNetGenerator or a PatchDiscriminator. Received: "
            f"{type(model).__name__}"
        )
    if not _in_pytorch(model.normalization):
        raise ValueError(
            "Only networks with batch or instance normalization can be exchanged with the PyTorch "
            f"implementation. Received: {model.name} with normalization={model.normalization!r}"
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


def _in_pytorch(normalization):
    """Whether the reference has the `normalization` of a network, or its equal at batch size 1."""
    if isinstance(normalization, dict):
        groups = normalization["config"].get("groups")
        return normalization["class_name"] == "BatchNormalization" or groups == -1
    return normalization in ("batch", "instance")


def _unet_layers(model, level, prefix):
    """The layers of a level and of those inside it; PyTorch nests them like dolls."""
    down, up = model.get_layer(f"down_{level + 1}"), model.get_layer(f"up_{level + 1}")
    outermost, innermost = level == 0, level == model.depth - 1
    # Each Sequential lists: activation, convolution, normalization, inner level, and back up.
    index = 0 if outermost else 1
    yield f"{prefix}{index}", down.convolution
    if down.normalization is not None:
        index += 1
        yield f"{prefix}{index}", down.normalization
    if not innermost:
        index += 1
        yield from _unet_layers(model, level + 1, f"{prefix}{index}.model.")
    yield f"{prefix}{index + 2}", up.convolution
    if up.normalization is not None:
        yield f"{prefix}{index + 3}", up.normalization


def _resnet_layers(model):
    """The reference's Sequential: a number for every padding and activation, too."""
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


def _discriminator_layers(model):
    """Convolution and activation; convolution, normalization, activation; ...; convolution."""
    name = "net" if model.receptive_field == 1 else "model"
    index = 0
    blocks = [layer for layer in model.layers if isinstance(layer, ConvBlock)]
    for number, block in enumerate(blocks, start=1):
        yield from _numbered(f"{name}.{index}", f"{name}.{index + 1}", block)
        index += 2 if number == 1 else 3


def _numbered(convolution, normalization, block):
    yield convolution, block.convolution
    if block.normalization is not None:
        yield normalization, block.normalization
