"""Facts about one image that an audit of a set of pairs collects."""

import hashlib
from typing import NamedTuple

import numpy as np

from keras_pix2pix.data.files.colors import color_codes, has_few_colors

# A label map that was stored as JPEG: nearly all its values lie near a few peaks of its histogram.
PEAKS, PEAK_WIDTH, PEAK_SHARE = 4, 16, 0.97
# The same for colors: flat areas hold a few colors to within the width of a spike.
MIN_FLAT, MOST_SPIKES, MIN_SPIKE, SPIKE_WIDTH = 0.4, 32, 0.003, 4


class ImageFacts(NamedTuple):
    """Facts about one image.

    Attributes:
        size: tuple `(height, width)` in pixels.
        channels: int.
        dtype: str, name of the dtype.
        low, high: floats, the smallest and the largest value.
        high_below_full: float, for images of few colors the largest value below the largest of
            their dtype; else `high`.
        plain: bool, whether all pixels that have a class have the same value.
        grey: bool, whether there are several channels, and all are equal in the rows looked at.
        few_colors: bool, whether the image has few colors, as a label map has.
        blurred_label_map: bool, whether the image looks like a label map stored as JPEG.
        flat_colors: bool, whether it does so by its colors.
        digest: bytes, the same for equal images only.
    """

    size: tuple[int, int]
    channels: int
    dtype: str
    low: float
    high: float
    high_below_full: float
    plain: bool
    grey: bool
    few_colors: bool
    blurred_label_map: bool
    flat_colors: bool
    digest: bytes


def image_facts(image: np.ndarray, no_class: int | None = None) -> ImageFacts:
    """Return the facts about an image.

    Args:
        image: array of shape `(height, width, channels)`.
        no_class: int, the value of pixels without a class. Defaults to `None`: there are none.
    """
    height, width, channels = image.shape
    low, high, few_colors = image.min(), image.max(), has_few_colors(image)
    below_full = high
    if few_colors and image.dtype.kind == "u" and high == np.iinfo(image.dtype).max:
        # Of some rows: to find them all would take longer than to find out the colors.
        ids = image[::4, :, 0]
        below_full = ids.max(where=ids < high, initial=0)
    many_colors = image.dtype == np.uint8 and not few_colors
    flat_colors = many_colors and has_flat_colors(image)
    classes = image if no_class is None else image[image != no_class]
    return ImageFacts(
        (height, width),
        channels,
        image.dtype.name,
        float(low),
        float(high),
        float(below_full),
        bool(low == high if no_class is None else np.ptp(classes) == 0 if classes.size else True),
        _is_grey(image),
        few_colors,
        flat_colors or (many_colors and _has_few_greys(image)),
        flat_colors,
        hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest(),
    )


def _is_grey(image: np.ndarray) -> bool:
    # Some rows tell.
    rows = image[:: max(1, len(image) // 8)]
    return image.shape[-1] > 1 and bool((rows[..., 1:] == rows[..., :-1]).all())


def is_blurred_label_map(image: np.ndarray) -> bool:
    """Return whether an image is flat but for its edges, as a label map stored as JPEG.

    Args:
        image: array of shape `(height, width, channels)`.
    """
    if image.dtype != np.uint8 or has_few_colors(image):
        return False
    return _has_few_greys(image) or has_flat_colors(image)


def _has_few_greys(image: np.ndarray) -> bool:
    # In all channels: drawings in red and yellow on white have little but 255 in the first.
    channels = np.moveaxis(image, -1, 0)
    return all(map(_has_few_peaks, channels)) and len(np.unique(channels[0])) > 32


def _has_few_peaks(channel: np.ndarray) -> bool:
    counts = np.bincount(channel.ravel(), minlength=256)
    near = 0
    for _ in range(PEAKS):
        peak = int(counts.argmax())
        around = slice(max(0, peak - PEAK_WIDTH), peak + PEAK_WIDTH + 1)
        near += int(counts[around].sum())
        counts[around] = 0
    return near >= PEAK_SHARE * channel.size


def has_flat_colors(image: np.ndarray) -> bool:
    """Return whether most pixels lie in flat areas of a few colors, and the others near them.

    Args:
        image: uint8 array of shape `(height, width, channels)`.
    """
    if image.shape[-1] != 3 or min(image.shape[:2]) < 16:
        return False
    # A few rows show at once that most photos are not flat, some more tell of others.
    for some, least in ((8, MIN_FLAT - 0.05), (20, MIN_FLAT)):
        rows = image[:: max(1, len(image) // some)].astype("int16")
        flat = _is_flat(rows)
        if flat.mean() < least:
            return False
    _, first, numbers = np.unique(color_codes(rows[:, :-1]), return_index=True, return_inverse=True)
    colors = rows[:, :-1].reshape(-1, rows.shape[-1])[first]
    count, flat_count = (
        np.bincount(n.ravel(), minlength=len(colors)) for n in (numbers, numbers[flat])
    )
    near = np.zeros((0, len(colors)), bool)
    left = flat_count.copy()
    colored = np.ptp(colors, axis=-1) > PEAK_WIDTH
    if count[colored].sum() < 0.05 * flat.size:
        return False
    while len(near) < MOST_SPIKES and left.max() >= MIN_SPIKE * flat.size:
        distance = np.abs(colors - colors[left.argmax()]).max(axis=-1)
        near = np.vstack([near, distance <= PEAK_WIDTH])
        left[distance <= SPIKE_WIDTH] = 0
    if len(near) < 3 or left.sum() > 0.3 * flat.sum():
        return False
    # A photo of something before a white wall is flat around it only.
    share = count[near.any(axis=0)].sum() / flat.size
    wall = count[near[0]].sum() / flat.size
    return bool(share >= 0.9 or (share >= 0.7 and share - wall >= 0.6 * (1 - wall)))


def _is_flat(rows: np.ndarray) -> np.ndarray:
    """Return whether each RGB pixel but the last of a row hardly differs from the next one."""
    equal = np.abs(np.diff(rows, axis=1)) <= 2
    # Faster than a reduction along a short axis.
    return equal[..., 0] & equal[..., 1] & equal[..., 2]
