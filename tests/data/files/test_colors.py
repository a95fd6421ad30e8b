"""Counting and finding the colors of label maps."""

import numpy as np
import pytest

from keras_pix2pix.data.files.colors import count_colors, has_few_colors, has_thin_lines

PALETTE = [(0, 0, 0), (200, 10, 10), (10, 200, 10)]


def maps(count=3):
    """Color-coded maps, in which the colors of the palette have 6, 3 and 1 of 10 parts."""
    index = np.array([0] * 6 + [1] * 3 + [2])
    return [
        np.array(PALETTE, "uint8")[np.roll(index, n)][None].repeat(4, axis=0) for n in range(count)
    ]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "bool"])
@pytest.mark.parametrize("channels", [1, 2, 3, 5, 12])
def test_few_colors_are_at_most_the_limit(dtype, channels):
    rng = np.random.default_rng(0)
    codes = rng.permutation(np.arange(240) % 20).reshape(12, 20)
    if dtype == "bool":
        planes = [codes >> bit & 1 for bit in range(channels)]
    else:
        planes = [(codes * (channel + 3)) % 23 for channel in range(channels)]
    image = np.stack(planes, axis=-1).astype(dtype)
    count = len(np.unique(image.reshape(-1, channels), axis=0))
    assert has_few_colors(image, limit=count)
    assert not has_few_colors(image, limit=count - 1)


def test_colors_are_counted():
    colors, counts = count_colors(maps()[0])
    assert dict(zip(map(tuple, colors.tolist()), counts.tolist())) == dict(
        zip(PALETTE, (24, 12, 4))
    )
    deep = np.array([[[65535, 1], [1, 65535], [1, 65535]]], "uint16")
    assert sorted(count_colors(deep)[1].tolist()) == [1, 2]


def test_thin_lines_are_told_from_areas():
    image = np.zeros((9, 9, 1), "uint8")
    assert not has_thin_lines(image)
    np.fill_diagonal(image[..., 0], 1)
    image[4] = 2
    assert has_thin_lines(image)
    assert has_thin_lines(image.repeat(3, axis=2))
    image[6:, 2:] = 1
    assert not has_thin_lines(image)
    assert not has_thin_lines(image[:1])
    assert not has_thin_lines(np.random.default_rng(0).integers(0, 2, (16, 16, 1), "uint8"))
