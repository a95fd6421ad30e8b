"""What a graph takes over from a condition, and the conditions that it can compute from a picture.

The formulas are those of scikit-image, which a graph cannot call.
"""

from collections.abc import Callable

import numpy as np
from keras import ops

from keras_pix2pix.data import Gray, Lightness, PictureCondition
from keras_pix2pix.data.conditions.colorization import HALF_LIGHTNESS, LARGEST_COLOR
from keras_pix2pix.types import Tensor

# From linear red, green and blue to X, Y and Z of the white that scikit-image takes (D65, 2
# degrees), each divided by that of white.
XYZ_FROM_RGB = np.array(
    [[0.412453, 0.35758, 0.180423], [0.212671, 0.71516, 0.072169], [0.019334, 0.119193, 0.950227]],
    "float32",
) / np.array([[0.95047], [1.0], [1.08883]], "float32")
RGB_FROM_XYZ = np.linalg.inv(XYZ_FROM_RGB.astype("float64")).astype("float32")
# The weights of `skimage.color.rgb2gray`.
GRAY = np.array([[0.2125], [0.7154], [0.0721]], "float32")


def of_picture(condition: PictureCondition | None) -> Callable[[Tensor], Tensor]:
    """Return the function that computes a condition in a graph.

    Args:
        condition: the `PictureCondition` of a model, or `None`.

    Returns:
        A function from pictures of shape `(batch, height, width, 3)` in [0, 1] to conditions in
        [-1, 1].

    Raises:
        ValueError: if a graph cannot compute this condition.
    """
    if isinstance(condition, Lightness):
        return lightness
    if isinstance(condition, Gray):
        return lambda unit: gray(unit) * 2 - 1
    raise ValueError(
        "from_picture=True is for models whose condition is Lightness or Gray. A graph cannot hold "
        "what scikit-image computes for others: export without from_picture, and give the file the "
        f"conditions that keras-pix2pix prepare writes. Received: {condition}"
    )


def gray(unit: Tensor) -> Tensor:
    """Return pictures in gray, of one channel.

    Args:
        unit: tensor of shape `(batch, height, width, 3)` in [0, 1].
    """
    return ops.matmul(unit, GRAY)


def lightness(unit: Tensor) -> Tensor:
    """Return the lightness of CIE Lab in [-1, 1].

    Args:
        unit: tensor of shape `(batch, height, width, 3)` of sRGB colors in [0, 1].
    """
    linear = ops.where(
        unit > 0.04045, ops.power(ops.maximum((unit + 0.055) / 1.055, 0.0), 2.4), unit / 12.92
    )
    y = ops.matmul(linear, XYZ_FROM_RGB[1][:, None])
    root = ops.power(ops.maximum(y, 1e-6), 1 / 3)
    f = ops.where(y > 0.008856, root, 7.787 * y + 16 / 116)
    return ops.clip((116 * f - 16) / HALF_LIGHTNESS - 1, -1, 1)


def rgb_from_lab(pixels: Tensor) -> Tensor:
    """Return sRGB colors in [0, 1] of CIE Lab in [-1, 1].

    Args:
        pixels: tensor of shape `(batch, height, width, 3)`.
    """
    pixels = ops.clip(pixels, -1, 1)
    y = ((pixels[..., :1] + 1) * HALF_LIGHTNESS + 16) / 116
    x = y + pixels[..., 1:2] * (LARGEST_COLOR / 500)
    z = ops.maximum(y - pixels[..., 2:] * (LARGEST_COLOR / 200), 0.0)
    f = ops.concatenate([x, y, z], axis=-1)
    xyz = ops.where(f > 0.2068966, f * f * f, (f - 16 / 116) / 7.787)
    linear = ops.matmul(xyz, RGB_FROM_XYZ.T)
    root = ops.power(ops.maximum(linear, 1e-6), 1 / 2.4)
    unit = ops.where(linear > 0.0031308, 1.055 * root - 0.055, 12.92 * linear)
    return ops.clip(unit, 0, 1)


def with_blank_holes(pixels: Tensor) -> Tensor:
    """Return pictures with -1 wherever their last channel is not 1."""
    return ops.where(pixels[..., -1:] > 1 - 1e-6, pixels, -1.0)


def filled(generated: Tensor, condition: Tensor) -> Tensor:
    """Return generated pixels in the holes of a condition, and its own pixels elsewhere."""
    return ops.where(condition[..., -1:] > 0, condition[..., :-1], generated)
