"""Halves of images that hold a pair."""

import numpy as np
import pytest

from keras_pix2pix.data.pairing.halves import OTHER_HALF, HalfOfImage

WHOLE = np.arange(4 * 6 * 2).reshape(4, 6, 2)
HALVES = {
    "left": WHOLE[:, :3],
    "right": WHOLE[:, 3:],
    "top": WHOLE[:2],
    "bottom": WHOLE[2:],
}


@pytest.mark.parametrize("half", HALVES)
def test_a_half_is_cut_out(half):
    np.testing.assert_array_equal(HalfOfImage("pair.png", half).cut(WHOLE), HALVES[half])


def test_the_other_half_is_the_rest_of_the_image():
    assert OTHER_HALF == {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


@pytest.mark.parametrize(
    "half, length, image",
    [
        ("left", "width to hold two images. Received: 5", WHOLE[:, :5]),
        ("right", "width to hold two images. Received: 5", WHOLE[:, :5]),
        ("top", "height to hold two images. Received: 3", WHOLE[:3]),
        ("bottom", "height to hold two images. Received: 3", WHOLE[:3]),
    ],
)
def test_an_odd_length_has_no_halves(half, length, image):
    with pytest.raises(ValueError, match=f"pair.png must have an even {length}"):
        HalfOfImage("pair.png", half).cut(image)


def test_the_other_length_may_be_odd():
    assert HalfOfImage("a.png", "left").cut(WHOLE[:3]).shape == (3, 3, 2)
    assert HalfOfImage("a.png", "top").cut(WHOLE[:, :5]).shape == (2, 5, 2)


def test_a_half_is_named_with_its_file():
    assert str(HalfOfImage("a.png", "top")) == "a.png (top half)"
