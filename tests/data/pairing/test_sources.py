"""One image of every pair: its name, its channels, and what its images show."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import Labels, Picture
from keras_pix2pix.data.pairing.halves import HalfOfImage
from keras_pix2pix.data.pairing.sources import ImageSource, make_sources


def noise(*shape, dtype="uint8"):
    return np.random.default_rng(0).integers(0, 200, shape).astype(dtype)


def test_an_image_is_called_by_its_file_or_its_number():
    images = [
        "some/a.png",
        Path("b.png"),
        HalfOfImage("c.png", "top"),
        noise(2, 2, 1),
        lambda: None,
    ]
    column = ImageSource(images, Picture(), "target")
    named = [column.name(number) for number in range(5)]
    assert named == ["some/a.png", "b.png", "c.png (top half)", "target 3", "target 4"]
    assert column.short_names() == ["a", "b", "2", "3", "4"]


def test_a_file_is_read_once_a_pair_unless_it_is_read_another_way(tmp_path):
    path = str(tmp_path / "a.png")
    image = Image.frombytes("P", (2, 2), bytes([0, 1, 1, 0]))
    image.putpalette([9, 9, 9, 200, 0, 0])
    image.save(path)
    halves = [HalfOfImage(path, "left"), HalfOfImage(path, "right")]
    files = {}
    left, right = (ImageSource([half], Picture(), "condition").read(0, files) for half in halves)
    assert list(files) == [(path, False)]
    np.testing.assert_array_equal(left[..., 0], [[9], [200]])
    np.testing.assert_array_equal(right[..., 0], [[200], [9]])
    labels = ImageSource([halves[0]], Labels(2), "condition").read(0, files)
    np.testing.assert_array_equal(labels[..., 0], [[0], [1]])
    assert len(files) == 2


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "bool"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_first_image_tells_type_and_channels(dtype, channels):
    images = (noise(3, 16, 16, channels) > 99).astype(dtype)
    column = ImageSource(images, Picture(), "target").with_complete_format(range(3))
    stored = "uint8" if dtype == "bool" else dtype
    assert column.format == Picture(channels, None, "nearest", None, stored)
    chosen = Picture(interpolation="bicubic", dtype="float64")
    format = ImageSource(images, chosen, "target").with_complete_format(range(3)).format
    assert (format.interpolation, format.dtype) == ("bicubic", "float64")
    labels = ImageSource(images, Labels(2), "target")
    assert labels.with_complete_format(range(3)) is labels


@pytest.mark.parametrize("bad", [noise(4, 4), None, b"a.png", noise(1, 4, 4, 3)])
def test_what_is_no_image_is_refused(bad):
    column = ImageSource([bad, lambda: bad], Picture(), "target")
    for number in (0, 1):
        with pytest.raises(ValueError, match=rf"target {number} must be an array of shape"):
            column.read(number, {})


def test_columns_have_a_title_each():
    images = noise(2, 4, 4, 1)
    titles = [column.title for column in make_sources(images, images, (Picture(), Picture()))]
    assert titles == ["condition", "target"]
    several = make_sources((images, images), images, (Picture(1), Picture()))
    assert [column.title for column in several] == ["condition[0]", "condition[1]", "target"]
    # One format stands for all condition images.
    assert several[1].format == Picture(1)
