"""Convolutions that are fast on a processor, with the numbers of Keras' own.

On JAX, XLA has fast programs for most convolutions and for products of matrices there. It has none
for the gradients of transposed convolutions, none for convolutions with fewer filters than
channels, and none for those of each channel alone. On PyTorch, Keras copies the images, and PyTorch
the kernels, which are larger than the images where these are small.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from keras_pix2pix.types import Tensor

# On PyTorch, kernels of at least so many numbers, and of so many for each place of an image where
# they are applied, are multiplied as matrices.
LARGE, LARGE_FOR_A_PLACE = 2**20, 2**13


class Conv2D(layers.Conv2D):
    """`keras.layers.Conv2D` for `"channels_last"`, without groups and dilation."""

    def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        """Convolve, without the bias."""
        if keras.backend.backend() == "torch":
            pads = self._equal_sides(inputs.shape[1:3])
            if pads is not None:
                return _without_copies(inputs, ops.convert_to_tensor(kernel), self.strides, pads)
        alone = self.padding == "valid" and self.strides == (1, 1)
        if alone and self.filters < inputs.shape[-1] and _xla_on_processor():
            return _narrowing(inputs, ops.convert_to_tensor(kernel))
        return super().convolution_op(inputs, kernel)

    def _equal_sides(self, size: Sequence[int]) -> list[int] | None:
        """Return what is padded on both sides of each axis, or `None` if the sides differ."""
        if self.padding == "valid":
            return [0, 0]
        both = _lacking(size, self.kernel_size, self.strides)
        return None if any(n % 2 for n in both) else [n // 2 for n in both]


class Conv2DTranspose(layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` for `"channels_last"`, without dilation."""

    def call(self, inputs: Tensor) -> Tensor:
        """Convolve, and add the bias."""
        # With half of the kernel as the stride, each pixel of the output sees four of the input.
        halves = self.padding == "same" and self.kernel_size == tuple(2 * n for n in self.strides)
        if halves and _xla_on_processor():
            return _finished(self, _transposed(inputs, ops.convert_to_tensor(self.kernel)))
        if halves and keras.backend.backend() == "torch":
            kernel = ops.convert_to_tensor(self.kernel)
            even = not any(stride % 2 for stride in self.strides)
            if even and _is_large(kernel, inputs, math.prod(inputs.shape[:3])):
                return _finished(self, _folded(inputs, kernel, self.strides))
        return super().call(inputs)


class DepthwiseConv2D(layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` for `"channels_last"`, padding `"same"`, without dilation."""

    def call(self, inputs: Tensor) -> Tensor:
        """Convolve, and add the bias."""
        if not _xla_on_processor():
            return super().call(inputs)
        kernel = ops.convert_to_tensor(self.kernel)
        return _finished(self, _channelwise(inputs, kernel, self.strides[0]))


def _xla_on_processor() -> bool:
    if keras.backend.backend() != "jax":
        return False
    import jax

    return jax.default_backend() == "cpu"


def _lacking(size: Sequence[int], kernel_size: Sequence[int], strides: Sequence[int]) -> list[int]:
    """Return how many pixels the padding `"same"` adds to each axis of images."""
    return [
        max((-(-n // stride) - 1) * stride + k - n, 0)
        for n, k, stride in zip(size, kernel_size, strides)
    ]


def _finished(layer: keras.Layer, outputs: Tensor) -> Tensor:
    return layer.activation(outputs if layer.bias is None else outputs + layer.bias)


def _without_copies(
    x: Tensor, kernel: Tensor, strides: Sequence[int], pads: Sequence[int]
) -> Tensor:
    """Convolve images where they lie in memory. Keras copies them to channels first and back."""
    from torch.nn.functional import conv2d

    sides = zip(x.shape[1:3], kernel.shape, strides, pads)
    rows, columns = ((side + 2 * pad - k) // stride + 1 for side, k, stride, pad in sides)
    if _is_large(kernel, x, x.shape[0] * rows * columns):
        return _unfolded(x, kernel, strides, pads)
    x, kernel = x.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1)
    return conv2d(x, kernel, stride=tuple(strides), padding=tuple(pads)).permute(0, 2, 3, 1)


def _is_large(kernel: Tensor, x: Tensor, places: int) -> bool:
    """Return whether a kernel is much larger than an image, and both are on a processor.

    There, PyTorch's convolutions copy the kernel forward and backward.
    """
    return x.is_cpu and kernel.numel() >= max(LARGE, LARGE_FOR_A_PLACE * places)


def _unfolded(x: Tensor, kernel: Tensor, strides: Sequence[int], pads: Sequence[int]) -> Tensor:
    """Convolve by one product of matrices: of the patches of images, and the kernel."""
    from torch.nn import functional

    rows, columns, _, filters = kernel.shape
    x = functional.pad(x, (0, 0, pads[1], pads[1], pads[0], pads[0]))
    patches = x.unfold(1, rows, strides[0]).unfold(2, columns, strides[1]).permute(0, 1, 2, 4, 5, 3)
    # In memory, the filters come first.
    return functional.linear(patches.flatten(3), kernel.permute(3, 0, 1, 2).reshape(filters, -1))


def _folded(x: Tensor, kernel: Tensor, strides: Sequence[int]) -> Tensor:
    """Convolve transposed by one product of matrices, and add what overlaps.

    Args:
        x: tensor of shape `(batch, height, width, channels)`.
        kernel: tensor of shape `(2 * strides[0], 2 * strides[1], filters, channels)`.
        strides: sequence of two even ints.

    Returns:
        A tensor of shape `(batch, height * strides[0], width * strides[1], filters)`.
    """
    from torch.nn.functional import fold

    # In memory, the channels come first.
    parts = x.flatten(1, 2) @ kernel.permute(3, 2, 0, 1).flatten(1)
    size = tuple(side * stride for side, stride in zip(x.shape[1:3], strides))
    edges = tuple(stride // 2 for stride in strides)
    image = fold(parts.transpose(1, 2), size, tuple(kernel.shape[:2]), 1, edges, tuple(strides))
    return image.permute(0, 2, 3, 1)


def _narrowing(x: Tensor, kernel: Tensor) -> Tensor:
    """Multiply each pixel with the whole kernel, and add what is of one place: rows, then columns.

    Args:
        x: array of shape `(batch, height, width, channels)`.
        kernel: array of shape `(rows, columns, channels, filters)`.

    Returns:
        An array of shape `(batch, height - rows + 1, width - columns + 1, filters)`.
    """
    rows, columns, channels, filters = kernel.shape
    height, width = x.shape[1] - rows + 1, x.shape[2] - columns + 1
    parts = x @ kernel.transpose(2, 0, 1, 3).reshape(channels, -1)
    parts = parts.reshape(*x.shape[:3], rows, columns * filters)
    added: Any = sum(parts[:, i : i + height, :, i] for i in range(rows))
    added = added.reshape(*added.shape[:3], columns, filters)
    image: Any = sum(added[:, :, j : j + width, j] for j in range(columns))
    return image


def _transposed(x: Tensor, kernel: Tensor) -> Tensor:
    """Multiply each pixel with the whole kernel, and add what overlaps: the rows, then the columns.

    Args:
        x: array of shape `(batch, height, width, channels)`.
        kernel: array of shape `(2 * stride, 2 * stride, filters, channels)`.

    Returns:
        An array of shape `(batch, height * stride, width * stride, filters)`.
    """
    batch, height, width, channels = x.shape
    stride, filters = kernel.shape[0] // 2, kernel.shape[2]
    parts = x @ kernel.reshape(-1, channels).T
    parts = parts.reshape(batch, height, width, 2, stride, 2, stride * filters)
    parts = parts.transpose(0, 3, 1, 4, 5, 2, 6)
    rows = _overlapped(parts[:, 0], parts[:, 1], axis=1)
    image = _overlapped(rows[:, :, :, 0], rows[:, :, :, 1], axis=3)
    image = image.reshape(batch, (height + 1) * stride, (width + 1) * stride, filters)
    edge = stride // 2
    return image[:, edge : edge + height * stride, edge : edge + width * stride]


def _overlapped(first: Tensor, second: Tensor, axis: int) -> Tensor:
    """Add two arrays, of which the second begins one place later."""

    def padded(x: Tensor, *sides: int) -> Tensor:
        return ops.pad(x, [sides if i == axis else (0, 0) for i in range(x.ndim)])

    return padded(first, 0, 1) + padded(second, 1, 0)


def _channelwise(x: Tensor, kernel: Tensor, stride: int) -> Tensor:
    """Multiply shifted images with the values of the kernel, and add them.

    Args:
        x: array of shape `(batch, height, width, channels)`.
        kernel: array of shape `(rows, columns, channels, 1)`.
        stride: int.

    Returns:
        An array of shape `(batch, ceil(height / stride), ceil(width / stride), channels)`.
    """
    height, width = (-(-n // stride) for n in x.shape[1:3])
    rows, columns = kernel.shape[:2]
    lacking = _lacking(x.shape[1:3], (rows, columns), (stride, stride))
    x = ops.pad(x, [(0, 0), *((n // 2, n - n // 2) for n in lacking), (0, 0)])
    ends = [stride * (n - 1) + 1 for n in (height, width)]
    image: Any = sum(
        x[:, i : i + ends[0] : stride, j : j + ends[1] : stride] * kernel[i, j, :, 0]
        for i, j in itertools.product(range(rows), range(columns))
    )
    return image
