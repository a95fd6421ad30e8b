"""Halves of images that hold a pair."""

import numpy as np
import pytest

from keras_pix2pix.data.pairing.halves import HalfOfImage


@pytest.mark.parametrize("one, other, axis", [("left", "right", 1), ("top", "bottom", 0)])
def test_halves_share_the_image(one, other, axis):
    whole = np.arange(4 * 6 * 2).reshape(4, 6, 2)
    halves = [HalfOfImage("pair.png", half).cut(whole) for half in (one, other)]
    assert halves[0].shape == halves[1].shape
    np.testing.assert_array_equal(np.concatenate(halves, axis), whole)
    odd = whole[:3] if axis == 0 else whole[:, :5]
    length = "an even height" if axis == 0 else "an even width"
    with pytest.raises(ValueError, match=rf"pair\.png must have {length}.*Received: [35]"):
        HalfOfImage("pair.png", one).cut(odd)


def test_a_half_is_named_with_its_file():
    assert str(HalfOfImage("a.png", "top")) == "a.png (top half)"
