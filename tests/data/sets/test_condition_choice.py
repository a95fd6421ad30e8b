"""Which side is the condition: names first, then what the images show."""

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data.sets.condition_choice import choose_folders, choose_half, sample_sizes


def write(path, values, size=(8, 8)):
    pixels = np.random.default_rng(0).integers(0, values, (*size, 3), dtype="uint8")
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize(
    ("names", "condition", "expected"),
    [
        (("Photos", "Masks"), None, ("Masks", "Photos")),
        (("gt", "input"), None, ("input", "gt")),
        (("Photos", "Masks"), "Photos", ("Photos", "Masks")),
        (("edges", "masks", "images"), None, ("masks", "images")),
        (("edges", "masks", "images"), "edges", ("edges", "images")),
    ],
)
def test_names_say_the_direction(names, condition, expected):
    assert choose_folders(dict.fromkeys(names), condition) == expected


def test_where_names_say_nothing_the_label_maps_are_the_condition(tmp_path):
    maps, photos = write(tmp_path / "1.png", 2), write(tmp_path / "2.png", 256)
    sides = {"one": {"a": photos}, "two": {"a": maps}}
    assert choose_folders(sides, None) == ("two", "one")


def test_of_three_names_that_say_nothing_none_is_chosen():
    with pytest.raises(ValueError, match="one, two, three are condition and target"):
        choose_folders(dict.fromkeys(("one", "two", "three")), None)


def test_broken_images_have_no_size_and_no_half(tmp_path):
    (tmp_path / "1.png").write_bytes(b"")
    images = [tmp_path / "1.png"]
    assert sample_sizes(images) == []
    assert choose_half(tmp_path, images, None, False) is None


def test_images_that_are_not_two_squares_have_the_half_that_is_asked_for(tmp_path):
    images = [write(tmp_path / "1.png", 256, (8, 12))]
    assert sample_sizes(images) == [(12, 8)]
    assert choose_half(tmp_path, images, None, False) is None
    assert choose_half(tmp_path, images, "top", False) == "top"
    assert choose_half(tmp_path, images, "top", True) == "bottom"
