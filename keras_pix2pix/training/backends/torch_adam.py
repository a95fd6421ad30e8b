"""Adam on PyTorch: weights that lie in memory as convolutions read them, updated in one pass."""

import functools
from typing import Any

import keras
import torch

from keras_pix2pix.keras_private import (
    adam_slots,
    is_adam,
    layers_inside,
    plain_update,
    replace_method,
    replace_value,
    slots_of_variables,
)
from keras_pix2pix.types import Tensor

# From Keras' (height, width, in, out), the order of the axes in which PyTorch's convolutions and
# transposed convolutions read a kernel. In another order, each use would copy it.
CONVOLUTION, TRANSPOSED = (3, 0, 1, 2), (3, 2, 0, 1)


def prepare(model: keras.Model) -> None:
    """Lay out kernels as PyTorch reads them, and let Adam update weights in one pass over them.

    What an optimizer keeps for each weight is laid out like it. What Keras does around the update
    stays as it is: clipping, weight decay, accumulated gradients, averages.

    Args:
        model: a compiled `Pix2Pix`.
    """
    lay_out(model.generator)
    lay_out(model.discriminator)
    averages = model.optimizer.generator_averages
    pairs = [] if averages is None else [*zip(averages.weights, averages.averages)]
    for optimizer in model.optimizer.optimizers:
        pairs += slots_of_variables(optimizer)
        if is_adam(optimizer):
            replace_method(optimizer, "_backend_update_step", functools.partial(_update, optimizer))
    for variable, slot in pairs:
        if slot.shape == variable.shape:
            _lay_out(slot, _order(variable.value))


def lay_out(network: keras.Model) -> None:
    """Lay out the kernels of a network as PyTorch reads them. Their values and shapes stay."""
    for layer in layers_inside(network):
        if isinstance(layer, keras.layers.Conv2DTranspose):
            _lay_out(layer.kernel, TRANSPOSED)
        elif isinstance(layer, keras.layers.Conv2D):
            # For one filter, a small batch and one thread, PyTorch has a way to differentiate that
            # refuses the other order.
            _lay_out(layer.kernel, TRANSPOSED if layer.filters == 1 else CONVOLUTION)


def _lay_out(variable: keras.Variable, order: tuple[int, ...]) -> None:
    """Move the values of a variable, so that this order of the axes is contiguous."""
    value = variable.value.data
    back = [order.index(axis) for axis in range(len(order))]
    replace_value(variable, value.permute(order).contiguous().permute(back))


def _order(tensor: Tensor) -> tuple[int, ...]:
    """Return the order of the axes in which a tensor lies in memory."""
    return tuple(sorted(range(tensor.dim()), key=lambda axis: -tensor.stride(axis)))


def _update(
    optimizer: keras.optimizers.Adam,
    gradients: list[Tensor],
    variables: list[keras.Variable],
    learning_rate: Any,
) -> None:
    tensors = [variable.value.detach() for variable in variables]
    slots = [adam_slots(optimizer, variable) for variable in variables]
    momenta, velocities = ([slot.value.detach() for slot in each] for each in zip(*slots))
    orders = [_order(tensor) for tensor in tensors]
    changed = [_in_order(each, orders) for each in (tensors, momenta, velocities)]
    if not all(map(_can_be_fused, changed)):
        plain_update(optimizer, gradients, variables, learning_rate)
        return
    step = int(keras.ops.convert_to_numpy(optimizer.iterations)) + 1
    tensors, momenta, velocities = changed
    torch._fused_adam_(
        tensors,
        [gradient.to(torch.float32).contiguous() for gradient in _in_order(gradients, orders)],
        momenta,
        velocities,
        [],
        [torch.tensor(float(step))] * len(tensors),
        lr=float(learning_rate),
        beta1=optimizer.beta_1,
        beta2=optimizer.beta_2,
        weight_decay=0.0,
        # Keras adds epsilon before the correction of the bias, PyTorch behind it.
        eps=optimizer.epsilon / (1 - optimizer.beta_2**step) ** 0.5,
        amsgrad=False,
        maximize=False,
    )


def _in_order(tensors: list[Tensor], orders: list[tuple[int, ...]]) -> list[Tensor]:
    return [tensor.permute(order) for tensor, order in zip(tensors, orders)]


def _can_be_fused(changed: list[Tensor]) -> bool:
    """Return whether PyTorch's kernel can change these tensors.

    It takes numbers in the order of memory, and knows of no other. On a GPU, the number of the step
    would have to be waited for.
    """
    return all(
        tensor.is_contiguous() and tensor.device.type == "cpu" and tensor.dtype == torch.float32
        for tensor in changed
    )
