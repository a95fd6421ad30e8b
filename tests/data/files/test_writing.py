"""Image files that are written whole or not at all."""

import re

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix.data.files.writing import atomic_path, suffix_for, write_image, write_rows


def noise(*shape, dtype="uint8"):
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def test_write_image_makes_the_folder_and_replaces_the_file(tmp_path):
    path = tmp_path / "some" / "folder" / "image.png"
    for array in (noise(5, 7, 3), noise(3, 2, 3)):
        write_image(path, Image.fromarray(array))
        np.testing.assert_array_equal(read_image(path), array)
    assert list(path.parent.iterdir()) == [path]


def test_write_image_that_fails_keeps_the_old_file(tmp_path):
    path = tmp_path / "image.jpg"
    write_image(path, Image.new("RGB", (4, 4)))
    before = path.read_bytes()
    with pytest.raises(OSError, match="RGBA"):
        write_image(path, Image.new("RGBA", (4, 4)))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def drawn(dtype, channels, height=9, width=7):
    high = np.iinfo(dtype).max
    shape = (height, width, channels)
    return np.random.default_rng(0).integers(0, high, shape, dtype, endpoint=True)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_png_is_read_back(dtype, channels, tmp_path):
    image = drawn(dtype, channels)
    path = tmp_path / "deep" / "picture.png"
    assert suffix_for(image.dtype, channels) == ".png"
    write_rows(path, image.shape, image.dtype, np.split(image, (4, 5)))
    np.testing.assert_array_equal(read_image(path), image)
    with Image.open(path) as picture:
        picture.verify()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_deep_png_of_one_column_whose_channels_lie_apart(channels, tmp_path):
    """A network's pictures may lie in memory channel by channel."""
    image = np.moveaxis(noise(channels, 9, 1, dtype="uint16"), 0, -1)
    path = tmp_path / "picture.png"
    write_rows(path, image.shape, image.dtype, [image])
    np.testing.assert_array_equal(read_image(path), image)


@pytest.mark.parametrize(("dtype", "channels"), [("float32", 3), ("uint8", 5), ("uint32", 1)])
def test_npy_is_read_back(dtype, channels, tmp_path):
    image = np.arange(9 * 7 * channels, dtype=dtype).reshape(9, 7, channels)
    write_rows(tmp_path / "picture.npy", image.shape, image.dtype, np.split(image, [4]))
    np.testing.assert_array_equal(np.load(tmp_path / "picture.npy"), image)


def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path):
    image = drawn("uint8", 3)

    def bands():
        yield image[:4]
        raise RuntimeError

    for suffix in (".png", ".npy", ".tif"):
        with pytest.raises(RuntimeError):
            write_rows(tmp_path / f"picture{suffix}", image.shape, image.dtype, bands())
        assert not list(tmp_path.iterdir())


def test_the_temporary_file_is_hidden_beside_the_file_and_of_its_kind(tmp_path):
    path = tmp_path / "new" / "image.v2.png"
    with atomic_path(str(path)) as temporary:
        assert temporary.parent == tmp_path / "new"
        assert re.fullmatch(r"\.image\.v2\.[0-9a-f]{8}\.partial\.png", temporary.name)
        assert not path.exists()
        temporary.write_bytes(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert list(path.parent.iterdir()) == [path]


def test_two_processes_write_the_same_file(tmp_path):
    path = tmp_path / "image.png"
    with atomic_path(path) as one:
        with atomic_path(path) as other:
            one.write_bytes(b"one")
            other.write_bytes(b"other")
        assert path.read_bytes() == b"other"
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_was_not_finished_leaves_the_old_one(tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_bytes(b"ha")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".png", ".npy", ".tif"])
def test_a_file_by_rows_appears_when_all_is_written(suffix, tmp_path):
    image = drawn("uint8", 3)
    path = tmp_path / f"image{suffix}"
    path.write_bytes(b"old")

    def bands():
        yield image[:, ::-1][:4]
        assert path.read_bytes() == b"old"
        yield image[:, ::-1][4:]
        assert path.read_bytes() == b"old"

    write_rows(path, image.shape, image.dtype, bands())
    np.testing.assert_array_equal(read_image(path), image[:, ::-1])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "float32", "bool"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_png_is_for_unsigned_integers_of_8_or_16_bits_and_up_to_4_channels(dtype, channels):
    png = dtype in ("uint8", "uint16") and channels <= 4
    assert suffix_for(np.dtype(dtype), channels, "a/b.jpg") == (".png" if png else ".tif")
    assert suffix_for(np.dtype(dtype), channels, "b.npy") == (".png" if png else ".npy")
    assert suffix_for(np.dtype(dtype), channels, "b.TIFF") == ".tiff"


def test_a_palette_is_that_of_the_file(tmp_path):
    """Pillow reads indices and colors; a palette may have fewer than 256."""
    indices = drawn("uint8", 1) % 3
    palette = np.array([[0, 0, 0], [200, 10, 30], [1, 2, 3]], "uint8")
    for name in ("map.png", "map.tif"):
        bands = np.split(indices, [4])
        write_rows(tmp_path / name, indices.shape, indices.dtype, bands, palette=palette)
        with Image.open(tmp_path / name) as image:
            assert image.mode == "P"
            np.testing.assert_array_equal(np.asarray(image), indices[..., 0])
            np.testing.assert_array_equal(
                np.asarray(image.convert("RGB")), palette[indices[..., 0]]
            )
