"""Crop, resize, mirror and rotate arrays of any dtype and number of channels."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image

# How an image of other proportions gets the size that is wanted.
ResizeMode: TypeAlias = Literal["fit", "crop", "pad"] | None
RESIZE_MODES: tuple[ResizeMode, ...] = ("fit", "crop", "pad", None)

# A height and a width in pixels.
Size: TypeAlias = tuple[int, int]
# Left, top, right and bottom in pixels. Fractions are allowed.
Box: TypeAlias = tuple[float, float, float, float]


def as_size(size: int | Size) -> Size:
    """Return a size as a tuple `(height, width)`.

    Args:
        size: int, the side of a square in pixels, or a tuple or list `(height, width)`.

    Raises:
        ValueError: for another number of sides, and for a side below 1.
    """
    sides = np.ravel(size).tolist() * (2 if np.ndim(size) == 0 else 1)
    if len(sides) != 2 or any(type(side) not in (int, float) or side < 1 for side in sides):
        raise ValueError(
            f"image_size must be an int or (height, width), of at least 1 pixel. Received: {size!r}"
        )
    return int(sides[0]), int(sides[1])


def match_proportions(array: np.ndarray, size: Size, mode: ResizeMode, fill: float) -> np.ndarray:
    """Crop or pad an image to the proportions of `size`. Nothing is scaled.

    Args:
        array: array of shape `(height, width, channels)`.
        size: tuple `(height, width)`. Only its proportions count.
        mode: `"crop"` takes the largest part in the middle that has these proportions. `"pad"` adds
            a border that is as narrow as possible. `"fit"` and `None` return the image as it is.
        fill: float, the value of the border.

    Returns:
        An array of shape `(new_height, new_width, channels)`.
    """
    height, width = array.shape[:2]
    if mode in ("fit", None) or height * size[1] == width * size[0]:
        return array
    too_wide = height * size[1] < width * size[0]
    if mode == "crop":
        if too_wide:
            kept = max(1, round(height * size[1] / size[0]))
            start = (width - kept) // 2
            return array[:, start : start + kept]
        kept = max(1, round(width * size[0] / size[1]))
        start = (height - kept) // 2
        return array[start : start + kept]
    missing = (
        (round(width * size[0] / size[1]) - height, 0)
        if too_wide
        else (0, round(height * size[1] / size[0]) - width)
    )
    borders = [(pixels // 2, pixels - pixels // 2) for pixels in missing]
    return np.pad(array, [*borders, (0, 0)], constant_values=fill)


def crop_and_resize(array: np.ndarray, size: Size, box: Box, nearest: bool) -> np.ndarray:
    """Cut `box` out of an image and scale it to `size`, in one pass.

    Args:
        array: array of shape `(height, width, channels)`.
        size: tuple `(height, width)` in pixels of the result.
        box: tuple `(left, top, right, bottom)` in pixels of `array`. Fractions are allowed.
        nearest: bool. `True` takes the nearest pixel, so that a label map keeps its values. `False`
            is bicubic; the result stays in the range of values of `array` (for uint8: 0 to 255).

    Returns:
        An array of shape `(*size, channels)` and the dtype of `array`. If nothing is scaled, it is
        a view of `array`.
    """
    left, top, right, bottom = box
    if abs(right - left - size[1]) + abs(bottom - top - size[0]) < 1e-6:
        column, row = round(left), round(top)
        if abs(left - column) + abs(top - row) < 1e-6:
            return array[row : row + size[0], column : column + size[1]]
    if nearest:
        rows = top + (np.arange(size[0]) + 0.5) * ((bottom - top) / size[0])
        columns = left + (np.arange(size[1]) + 0.5) * ((right - left) / size[1])
        return array.take(rows.astype(int), axis=0).take(columns.astype(int), axis=1)
    return _apply_to_channels(
        array, lambda image: image.resize(size[::-1], Image.Resampling.BICUBIC, box)
    )


def mirror(array: np.ndarray) -> np.ndarray:
    """Return a copy of an image with left and right exchanged."""
    # Channel by channel: four times faster than to copy pixels of a few bytes backwards.
    result = np.empty_like(array, order="C")
    for channel in range(array.shape[-1]):
        result[..., channel] = array[:, ::-1, channel]
    return result


def rotate_and_zoom(
    array: np.ndarray, size: Size, box: Box, angle: float, zoom: float, nearest: bool
) -> np.ndarray:
    """Cut `box` out of an image that is rotated and enlarged around the middle of the box.

    The image is continued by its mirror image on all sides.

    Args:
        array: array of shape `(height, width, channels)`.
        size: tuple `(height, width)` in pixels of the result: the size of the box.
        box: tuple `(left, top, right, bottom)` in pixels of `array`.
        angle: float, degrees, counterclockwise.
        zoom: float, factor of enlargement. Below 1 shrinks the image.
        nearest: bool, as for `crop_and_resize`.

    Returns:
        An array of shape `(*size, channels)` and the dtype of `array`.
    """
    cosine, sine = np.cos(np.radians(angle)) / zoom, np.sin(np.radians(angle)) / zoom
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    # Maps x, y in the result, from its middle, to x, y in the image.
    rotation = np.array([[cosine, -sine], [sine, cosine]])
    offset = np.array(middle) - rotation @ (np.array(size[::-1]) / 2)
    if nearest:
        y, x = np.mgrid[: size[0], : size[1]] + 0.5
        columns, rows = (
            rotation[axis, 0] * x + rotation[axis, 1] * y + offset[axis] for axis in (0, 1)
        )
        return array[_reflect(rows, array.shape[0]), _reflect(columns, array.shape[1])]
    # Pillow does not reflect: give it the surroundings of the box, already reflected.
    reach = int(np.ceil(np.hypot(*size) / zoom)) // 2 + 4
    left, top = (int(middle[axis]) - reach for axis in (0, 1))
    rows, columns = (
        _reflect(np.arange(start, start + 2 * reach), length)
        for start, length in ((top, array.shape[0]), (left, array.shape[1]))
    )
    surroundings = array.take(rows, axis=0).take(columns, axis=1)
    (a, b), (c, d) = rotation
    affine = (a, b, offset[0] - left, c, d, offset[1] - top)
    return _apply_to_channels(
        surroundings,
        lambda image: image.transform(
            size[::-1], Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC
        ),
    )


def _reflect(positions: np.ndarray, length: int) -> np.ndarray:
    """Return the index of the pixel at each position. An axis is reflected at both ends."""
    indices = np.floor(positions).astype(int) % (2 * length)
    return np.minimum(indices, 2 * length - 1 - indices)


def _apply_to_channels(
    array: np.ndarray, transform: Callable[[Image.Image], Image.Image]
) -> np.ndarray:
    """Apply a function of Pillow images to each channel of an array of any dtype."""
    # Each channel alone: Pillow would multiply the colors of RGBA by alpha, and has no other modes.
    if array.dtype == np.uint8 and array.shape[-1] == 3:
        return np.asarray(transform(Image.fromarray(array)))
    channels = np.moveaxis(array if array.dtype == np.uint8 else array.astype("float32"), -1, 0)
    result = np.stack(
        [np.asarray(transform(Image.fromarray(channel))) for channel in channels], axis=-1
    )
    if array.dtype == np.uint8:
        return result
    # Clip after rounding: float32 cannot represent the largest values of wide integers.
    low, high = array.min(), array.max()
    if np.isnan(low):
        # There is no data at some pixels.
        low, high = (ufunc.reduce(array, axis=None) for ufunc in (np.fmin, np.fmax))
    result = np.clip(result.astype("float64"), low, high)
    return (np.rint(result) if array.dtype.kind in "biu" else result).astype(array.dtype)
