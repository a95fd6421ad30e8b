"""Resizing, cutting and turning arrays of any dtype and number of channels."""

import numpy as np
from PIL import Image

RESIZES = ("fit", "crop", "pad", None)


def framed(array, size, how, fill):
    """The part of an image that becomes the picture of `size`, before it is scaled.

    Args:
        array: array of shape `(height, width, channels)`.
        size: tuple `(height, width)`, of which only the proportions count.
        how: `"fit"` and `None` take the whole image, `"crop"` the largest part in its middle that
            has these proportions, `"pad"` the smallest frame around it, filled with `fill`.
        fill: number, in the array's own values.
    """
    height, width = array.shape[:2]
    if how in ("fit", None) or height * size[1] == width * size[0]:
        return array
    too_wide = height * size[1] < width * size[0]
    if how == "crop":
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
    sides = [(lacking // 2, lacking - lacking // 2) for lacking in missing]
    return np.pad(array, [*sides, (0, 0)], constant_values=fill)


def resize(array, size, box, nearest):
    """Cut `box` out of an image and scale it to `size`, in one pass.

    Args:
        array: array of shape `(height, width, channels)`.
        size: tuple `(height, width)` wanted.
        box: tuple `(left, top, right, bottom)` in pixels of `array`, fractions allowed.
        nearest: bool, whether every pixel keeps a value that the image has, as a mask must;
            otherwise bicubic, which never leaves the range of values that the image has (of uint8:
            0 to 255).

    Returns:
        An array of shape `(*size, channels)` and the dtype of `array`.
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
    return _planewise(array, lambda plane: plane.resize(size[::-1], Image.Resampling.BICUBIC, box))


def mirror(array):
    """A copy with left and right exchanged."""
    # Plane by plane, which is four times faster than copying pixels of a few bytes backwards.
    result = np.empty_like(array, order="C")
    for channel in range(array.shape[-1]):
        result[..., channel] = array[:, ::-1, channel]
    return result


def turn(array, size, box, angle, zoom, nearest):
    """Cut `box` out of an image, turned and enlarged around its middle.

    What lies outside the image is its mirror image.

    Args:
        array: array of shape `(height, width, channels)`.
        size: tuple `(height, width)` wanted: that of the box, as nothing is scaled but by `zoom`.
        box: tuple `(left, top, right, bottom)` in pixels of `array`.
        angle: float, degrees, counterclockwise.
        zoom: float, above 1 to enlarge.
        nearest: bool, as for `resize`.

    Returns:
        An array of shape `(*size, channels)` and the dtype of `array`.
    """
    cosine, sine = np.cos(np.radians(angle)) / zoom, np.sin(np.radians(angle)) / zoom
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    # Where the picture's x, y (from its middle) is found in the image.
    rotation = np.array([[cosine, -sine], [sine, cosine]])
    offset = np.array(middle) - rotation @ (np.array(size[::-1]) / 2)
    if nearest:
        y, x = np.mgrid[: size[0], : size[1]] + 0.5
        columns, rows = (
            rotation[axis, 0] * x + rotation[axis, 1] * y + offset[axis] for axis in (0, 1)
        )
        return array[_mirrored(rows, array.shape[0]), _mirrored(columns, array.shape[1])]
    reach = int(np.ceil(np.hypot(*size) / zoom)) // 2 + 4
    left, top = (int(middle[axis]) - reach for axis in (0, 1))
    rows, columns = (
        _mirrored(np.arange(start, start + 2 * reach), length)
        for start, length in ((top, array.shape[0]), (left, array.shape[1]))
    )
    around = array.take(rows, axis=0).take(columns, axis=1)
    (a, b), (c, d) = rotation
    found = (a, b, offset[0] - left, c, d, offset[1] - top)
    return _planewise(
        around,
        lambda plane: plane.transform(
            size[::-1], Image.Transform.AFFINE, found, Image.Resampling.BICUBIC
        ),
    )


def _mirrored(positions, count):
    """Pixel numbers of positions, mirrored at both ends as often as needed."""
    numbers = np.floor(positions).astype(int) % (2 * count)
    return np.minimum(numbers, 2 * count - 1 - numbers)


def _planewise(array, scaled):
    """`scaled`, a function of a Pillow image, on all channels and dtypes."""
    # Pillow takes planes of bytes or floats one by one, and would weigh the colors of RGBA.
    if array.dtype == np.uint8 and array.shape[-1] == 3:
        return np.asarray(scaled(Image.fromarray(array)))
    planes = np.moveaxis(array if array.dtype == np.uint8 else array.astype("float32"), -1, 0)
    result = np.stack([np.asarray(scaled(Image.fromarray(plane))) for plane in planes], axis=-1)
    if array.dtype == np.uint8:
        return result
    # Clipped after rounding, for float32 does not hold the ends of wide integers.
    result = np.clip(result.astype("float64"), array.min(), array.max())
    return (np.rint(result) if array.dtype.kind in "biu" else result).astype(array.dtype)
