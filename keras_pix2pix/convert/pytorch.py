"""Checkpoints of the PyTorch implementation: loaded into and saved from Keras networks."""

import io
import os
from types import ModuleType

import keras
import numpy as np
from keras import ops

from keras_pix2pix.convert.architecture import generator_for
from keras_pix2pix.convert.state_dict import named_variables, optional_biases
from keras_pix2pix.data.files.writing import atomic_path
from keras_pix2pix.types import PathLike

# What torch.nn.DataParallel puts in front of every name.
DATA_PARALLEL = "module."


def load_pytorch(path: PathLike, model: keras.Model | None = None) -> keras.Model:
    """Load a checkpoint of the reference implementation (`latest_net_G.pth`) into a network.

    PyTorch's old (2017) and new formats are read. No code of the file is executed. Names may begin
    with `module.`, as `torch.nn.DataParallel` writes them. The network must have the architecture
    of the checkpoint:

    - `--netG unet_256` is `UNetGenerator(depth=8)`, `unet_128` has depth 7;
    - `--netG resnet_9blocks` is `ResNetGenerator(blocks=9)`;
    - `--netD basic` with `--n_layers_D` 1 to 5 is a `PatchDiscriminator` with a receptive field of
      16, 34, 70 (the default), 142, 286; `--netD pixel` has 1;
    - `--norm batch` (the default) is `normalization="batch"`, `--norm instance` is
      `keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, scale=False, center=False)`, and
      `--norm none` is `normalization=None`.

    A network with `normalization="instance"` also accepts a batch-norm checkpoint, without its
    stored statistics. The result equals the trained network, if the training had batch size 1. A
    network with `normalization=None` accepts convolutions with and without biases. A missing bias
    is set to 0, so the output is the same.

    Args:
        path: path of the `.pth` file.
        model: `UNetGenerator`, `ResNetGenerator` or `PatchDiscriminator`. Defaults to `None`: a
            new generator of the architecture that the checkpoint has. It has
            `normalization="instance"` for a checkpoint with batch norm, `None` for one of
            `--norm none`, and the layer above for any other. Give the network if the convolutions
            have biases and no normalization: such a file looks like one of `--norm instance`.

    Returns:
        `model`, with the checkpoint's weights.

    Raises:
        ImportError: without PyTorch (`pip install keras-pix2pix[torch]`).
        FileNotFoundError: if there is no such file.
        ValueError: if the file is no checkpoint; if a tensor is missing, is left over or has
            another shape; and for an unsuitable class of model or normalization. The message lists
            the expected and the received names. The model is then unchanged.

    Example:

    ```python
    generator = load_pytorch("latest_net_G.pth")
    generator = load_pytorch("latest_net_G.pth", UNetGenerator(normalization="instance"))
    ```
    """
    tensors = _read(path)
    model = generator_for(tensors, path) if model is None else model
    named, optional = list(named_variables(model)), optional_biases(model)
    names = (
        f"Expected: tensors such as {[name for name, _ in named][:3]}. "
        f"Received: {list(tensors)[:3]}"
    )
    values = []
    for name, variable in named:
        if variable is None:
            tensors.pop(name, None)
            continue
        if name not in tensors and name in optional:
            values.append((variable, np.zeros(variable.shape, "float32")))
            continue
        if name not in tensors:
            raise ValueError(f"{path} has no tensor {name!r}, which {model.name} needs. {names}")
        value = tensors.pop(name)
        if _to_keras(value).shape != tuple(variable.shape):
            raise ValueError(
                f"Tensor {name!r} of {path} does not fit {model.name}: expected shape "
                f"{_to_torch(np.empty(variable.shape)).shape}, received {value.shape}"
            )
        values.append((variable, _to_keras(value)))
    if tensors:
        raise ValueError(
            f"{path} has a tensor {next(iter(tensors))!r}, which {model.name} lacks. {names}"
        )
    for variable, value in values:
        variable.assign(value)
    return model


def save_pytorch(model: keras.Model, path: PathLike) -> None:
    """Save a network as a checkpoint for the reference implementation.

    A network with `normalization="instance"` is saved as a checkpoint of `--norm batch`, without
    statistics. The reference implementation then computes the same, if it runs without `--eval` and
    with one image at a time.

    A network with `normalization=None` has a bias in every convolution, but the reference
    implementation with `--norm none` has fewer biases. If all the others are 0, as after loading
    such a checkpoint, they are left out, and the reference implementation loads the file. Otherwise
    all biases are written. Then PyTorch loads the file into a network whose convolutions have
    `bias=True`.

    Args:
        model: `UNetGenerator`, `ResNetGenerator` or `PatchDiscriminator`.
        path: path of the `.pth` file.

    Raises:
        ImportError: without PyTorch (`pip install keras-pix2pix[torch]`).
        OSError: if the file cannot be written.
        ValueError: for an unsuitable class of model or normalization.

    Example:

    ```python
    save_pytorch(model.generator, "latest_net_G.pth")
    ```
    """
    torch = _torch()
    tensors = {}
    named, optional = list(named_variables(model)), optional_biases(model)
    if any(ops.convert_to_numpy(variable).any() for name, variable in named if name in optional):
        optional = set()
    for name, variable in named:
        if name in optional:
            continue
        if variable is not None:
            value = ops.convert_to_numpy(variable)
            tensors[name] = torch.from_numpy(_to_torch(value).astype("float32"))
            continue
        normalization, _, tensor = name.rpartition(".")
        scale = tensors.get(f"{normalization}.weight")
        if scale is not None and tensor == "num_batches_tracked":
            # Keras does not count batches; nothing in PyTorch's default settings reads it.
            tensors[name] = torch.tensor(0)
        elif scale is not None:
            tensors[name] = torch.full_like(scale, tensor == "running_var")
    # Written from memory, since PyTorch's own writer hides what the system says.
    file = io.BytesIO()
    torch.save(tensors, file)
    with atomic_path(os.path.expanduser(path)) as temporary:
        temporary.write_bytes(file.getbuffer())


def _torch() -> ModuleType:
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            "Checkpoints are read and written with PyTorch: pip install keras-pix2pix[torch]"
        ) from error
    return torch


def _read(path: PathLike) -> dict[str, np.ndarray]:
    torch = _torch()
    try:
        tensors = torch.load(os.path.expanduser(path), map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:
        # PyTorch raises OSError, struct.error, IndexError and more on broken files.
        raise ValueError(f"{path} is not a PyTorch checkpoint of weights: {error}") from error
    if not isinstance(tensors, dict) or not all(
        isinstance(name, str) and torch.is_tensor(tensor) for name, tensor in tensors.items()
    ):
        found = f"a {type(tensors).__name__}"
        if isinstance(tensors, dict):
            found += f" with the keys {list(tensors)[:5]}"
        raise ValueError(
            f"{path} is a PyTorch file, but not a state dict of tensors. Expected: a dict from "
            f"names such as 'model.model.0.weight' to tensors. Received: {found}. Save the state "
            "dict of one network by itself."
        )
    if all(name.startswith(DATA_PARALLEL) for name in tensors):
        tensors = {name.removeprefix(DATA_PARALLEL): value for name, value in tensors.items()}
    return {name: tensor.detach().float().numpy() for name, tensor in tensors.items()}


def _to_keras(value: np.ndarray) -> np.ndarray:
    """Return a kernel of PyTorch, (out, in, height, width), in Keras' order of axes.

    The kernel of a transposed convolution, (in, out, height, width), has the same order reversed.
    """
    return value.transpose(2, 3, 1, 0) if value.ndim == 4 else value


def _to_torch(value: np.ndarray) -> np.ndarray:
    """Return a kernel of Keras in PyTorch's order of axes."""
    return value.transpose(3, 2, 0, 1) if value.ndim == 4 else value
