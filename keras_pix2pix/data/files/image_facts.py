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
        few_colors: bool, whether the image has few colors, as a label map has.
        blurred_label_map: bool, whether the image looks like a label map stored as JPEG.
        digest: bytes, the same for equal images only.
    """

    size: tuple[int, int]
    channels: int
    dtype: str
    low: float
    high: float
    few_colors: bool
    blurred_label_map: bool
    digest: bytes


def image_facts(image: np.ndarray) -> ImageFacts:
    """Return the facts about an image of shape `(height, width, channels)`."""
    height, width, channels = image.shape
    return ImageFacts(
        (height, width),
        channels,
        image.dtype.name,
        float(image.min()),
        float(image.max()),
        has_few_colors(image),
        _is_blurred_label_map(image),
        hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest(),
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
