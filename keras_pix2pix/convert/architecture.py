"""Which generator a PyTorch checkpoint is of."""

import re
from typing import Any

import keras
import numpy as np

from keras_pix2pix.networks import Generator, ResNetGenerator, UNetGenerator
from keras_pix2pix.types import PathLike


def generator_for(tensors: dict[str, np.ndarray], path: PathLike) -> Generator:
    """Make an untrained generator of the architecture that a checkpoint has.

    Args:
        tensors: dict from name to array, as in PyTorch's state dict.
        path: path of the checkpoint, for errors.

    Returns:
        A `UNetGenerator` or a `ResNetGenerator`.

    Raises:
        ValueError: if the checkpoint is of neither.
    """
    kernels = [tensor.shape for tensor in tensors.values() if tensor.ndim == 4]
    residual = [
        name for name in tensors if re.fullmatch(r"model\.\d+\.conv_block\.1\.weight", name)
    ]
    make: type[UNetGenerator] | type[ResNetGenerator]
    options: dict[str, Any]
    if "model.model.0.weight" in tensors:
        # The last convolution is transposed: (in, out, height, width).
        filters, channels, output_channels = *kernels[0][:2], kernels[-1][1]
        make, options = UNetGenerator, {"depth": len(kernels) // 2}
    elif residual and "model.1.weight" in tensors:
        filters, channels, output_channels = *kernels[0][:2], kernels[-1][0]
        dropped = any(".conv_block.6." in name and t.ndim == 4 for name, t in tensors.items())
        make = ResNetGenerator
        options = {"blocks": len(residual), "dropout": 0.5 if dropped else 0.0}
    else:
        raise ValueError(
            f"{path} is not of a generator of the PyTorch implementation. Expected: tensors "
            "'model.model.0.weight' (U-Net) or 'model.1.weight' and "
            "'model.10.conv_block.1.weight' (residual generator). Received: tensors such as "
            f"{list(tensors)[:3]}. For a discriminator, give load_pytorch the network as well."
        )
    return make(
        (None, None, channels),
        output_channels,
        filters=filters,
        normalization=_normalization(tensors),
        **options,
    )


def _normalization(tensors: dict[str, np.ndarray]) -> str | keras.Layer | None:
    if any(name.endswith(".weight") and tensor.ndim == 1 for name, tensor in tensors.items()):
        # Batch norm, as the reference runs it: without stored statistics, one image at a time.
        return "instance"
    if sum(name.endswith(".bias") for name in tensors) > 1:
        # Instance norm stores nothing. The convolutions in front of it have biases.
        return keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, scale=False, center=False)
    return None
