"""Which generator a PyTorch checkpoint is of."""

import re

import keras

from keras_pix2pix.networks import ResNetGenerator, UNetGenerator


def generator_for(tensors, path):
    """An untrained generator of the architecture that a checkpoint of the reference has.

    Args:
        tensors: dict from name to array, as PyTorch's state dict has them.
        path: path of the checkpoint, for errors.

    Returns:
        A `UNetGenerator` or a `ResNetGenerator`.

    Raises:
        ValueError: if it is of neither.
    """
    kernels = [tensor.shape for tensor in tensors.values() if tensor.ndim == 4]
    residual = [
        name for name in tensors if re.fullmatch(r"model\.\d+\.conv_block\.1\.weight", name)
    ]
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
            f"{path} is not of a generator of the PyTorch implementation. Received: tensors such "
            f"as {list(tensors)[:3]}"
        )
    return make(
        (None, None, channels),
        output_channels,
        filters=filters,
        normalization=_normalization(tensors),
        **options,
    )


def _normalization(tensors):
    if any(name.endswith(".weight") and tensor.ndim == 1 for name, tensor in tensors.items()):
        # Batch norm, as the reference runs it: without stored statistics, one image at a time.
        return "instance"
    return keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, scale=False, center=False)
