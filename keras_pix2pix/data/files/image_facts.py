"""Facts about one image that an audit of a set of pairs collects."""

import hashlib
from typing import NamedTuple

import numpy as np

from keras_pix2pix.data.files.colors import has_few_colors

# A label map that was stored as JPEG: nearly all its values lie near a few peaks of its histogram.
PEAKS, PEAK_WIDTH, PEAK_SHARE = 4, 16, 0.97


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
        grey: bool, whether there are several channels, and all are equal.
        few_colors: bool, whether the image has few colors, as a label map has.
        blurred_label_map: bool, whether the image looks like a label map stored as JPEG.
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
        below_full = image.max(where=image < high, initial=0)
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
        _is_blurred_label_map(image),
        hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest(),
    )


def _is_grey(image: np.ndarray) -> bool:
    # Nearly every picture of colors shows so in a few of its pixels.
    return image.shape[-1] > 1 and all(
        bool((part == part[..., :1]).all()) for part in (image[::16, ::16], image)
    )


def _is_blurred_label_map(image: np.ndarray) -> bool:
    if image.dtype != np.uint8:
        return False
    counts = np.bincount(image[..., 0].ravel(), minlength=256)
    if (counts > 0).sum() <= 32:
        return False
    near = 0
    for _ in range(PEAKS):
        peak = int(counts.argmax())
        around = slice(max(0, peak - PEAK_WIDTH), peak + PEAK_WIDTH + 1)
        near += int(counts[around].sum())
        counts[around] = 0
    return near >= PEAK_SHARE * image[..., 0].size
