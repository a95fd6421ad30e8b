"""Condition: images of any kind, opened, checked and encoded."""

import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.inference.condition import Condition, is_path


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype="uint8")


@pytest.mark.parametrize("by_rows", [False, True])
@pytest.mark.parametrize("kind", ["array", "pillow", "png", "npy"])
def test_rows_and_values_are_those_of_the_image(kind, by_rows, tmp_path):
    image = drawn(5, 7, 3)
    source = image
    if kind == "pillow":
        source = Image.fromarray(image)
    elif kind == "png":
        source = tmp_path / "image.png"
        Image.fromarray(image).save(source)
    elif kind == "npy":
        source = str(tmp_path / "image.npy")
        np.save(source, image)
    condition = Condition((source,), (kp.data.Picture(3),), by_rows)
    assert (condition.height, condition.width) == (5, 7)
    (rows,) = condition.rows(1, 4)
    np.testing.assert_array_equal(rows, image[1:4])
    encoded = condition.encode([rows[:, 2:]])
    assert encoded.dtype == "float32"
    np.testing.assert_allclose(encoded, image[1:4, 2:] / 127.5 - 1, atol=1e-6)


def test_several_images_are_one_array_in_their_order():
    images = drawn(4, 6, 1), drawn(4, 6, 3, seed=1)
    condition = Condition(images, (kp.data.Picture(1), kp.data.Picture(3)))
    encoded = condition.encode(condition.rows(0, 4))
    expected = np.concatenate(images, axis=-1) / 127.5 - 1
    np.testing.assert_allclose(encoded, expected, atol=1e-6)


def test_images_that_do_not_fit_together():
    formats = kp.data.Picture(1), kp.data.Picture(1)
    with pytest.raises(ValueError, match=r"same count, height and width.*\(4, 6, 1\), \(4, 5, 1\)"):
        Condition((drawn(4, 6, 1), drawn(4, 5, 1)), formats)
    with pytest.raises(ValueError, match=r"made up of 2 images, as a tuple\. Received: 1"):
        Condition((drawn(4, 6, 1),), formats)


@pytest.mark.parametrize("shape", [(4, 6), (1, 4, 6, 3), (0, 6, 3), (4, 6, 0)])
def test_what_is_no_image(shape):
    with pytest.raises(ValueError, match=r"Expected an image of shape .*Received: shape \("):
        Condition((drawn(*shape),), (kp.data.Picture(3),))


def test_a_missing_file():
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Condition(("nowhere.png",), (kp.data.Picture(3),))


def test_an_error_names_the_file(tmp_path):
    np.save(tmp_path / "five.npy", drawn(4, 4, 5))
    condition = Condition((tmp_path / "five.npy",), (kp.data.Picture(3),))
    with pytest.raises(ValueError, match=r"five\.npy.*5 channels"):
        condition.encode(condition.rows(0, 4))


def test_what_is_a_path(tmp_path):
    assert is_path("a.png")
    assert is_path(tmp_path)
    assert not is_path(b"a.png")
    assert not is_path(drawn(2, 2, 3))


def test_percentiles_are_of_the_whole_image():
    formats = (kp.data.Picture(1, value_range=("1%", "99%")),)
    image = drawn(6, 7, 1)
    condition = Condition((image,), formats)
    encoded = condition.encode(condition.rows(0, 6))
    assert (encoded.min(), encoded.max()) == (-1, 1)
    with pytest.raises(ValueError, match="taken of its whole image: translate without tile"):
        Condition((image,), formats, by_rows=True)
