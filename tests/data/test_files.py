"""Finding images in folders; what PairDataset makes of it is tested there."""

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data.files import Half, images_by_stem, natural_order


def test_natural_order_takes_any_name():
    names = ["b", "m²", "10", "a2b10", "٣", "a2b9", "", "2"]
    assert sorted(names, key=natural_order) == ["", "2", "٣", "10", "a2b9", "a2b10", "b", "m²"]
    assert natural_order("²") == ["²"]


def test_halves_share_the_image(tmp_path):
    whole = np.arange(2 * 6, dtype="uint8").reshape(2, 6)
    Image.fromarray(whole).save(tmp_path / "pair.png")
    left, right = (Half(tmp_path / "pair.png", half)()[..., 0] for half in ("left", "right"))
    np.testing.assert_array_equal(np.hstack([left, right]), whole)


def test_images_are_found_by_name_without_ending(tmp_path):
    for name in ("a.png", "b.JPEG", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch()
    assert set(images_by_stem(tmp_path)) == {"a", "b"}
    (tmp_path / "a.webp").touch()
    with pytest.raises(ValueError, match="same name"):
        images_by_stem(tmp_path)
