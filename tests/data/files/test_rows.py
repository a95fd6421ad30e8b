"""Images read and written by rows."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_pix2pix.data.files import rows
from keras_pix2pix.data.files.images import read_image
from keras_pix2pix.data.files.rows import ending_for, open_rows, writing_rows


def drawn(dtype, channels, height=9, width=7):
    high = np.iinfo(dtype).max
    shape = (height, width, channels)
    return np.random.default_rng(0).integers(0, high, shape, dtype, endpoint=True)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_png_is_read_back(dtype, channels, tmp_path):
    image = drawn(dtype, channels)
    path = tmp_path / "deep" / "picture.png"
    assert ending_for(image.dtype, channels) == ".png"
    with writing_rows(path, image.shape, image.dtype) as write:
        for start in (0, 4, 5):
            write(image[start : {0: 4, 4: 5, 5: 9}[start]])
    np.testing.assert_array_equal(read_image(path), image)
    with Image.open(path) as picture:
        picture.verify()


@pytest.mark.parametrize(("dtype", "channels"), [("float32", 3), ("uint8", 5), ("uint32", 1)])
def test_what_png_cannot_hold_is_npy(dtype, channels, tmp_path):
    image = np.arange(9 * 7 * channels, dtype=dtype).reshape(9, 7, channels)
    assert ending_for(image.dtype, channels) == ".npy"
    with writing_rows(tmp_path / "picture.npy", image.shape, image.dtype) as write:
        write(image[:4])
        write(image[4:])
    np.testing.assert_array_equal(np.load(tmp_path / "picture.npy"), image)


def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path):
    image = drawn("uint8", 3)
    with (
        pytest.raises(RuntimeError),
        writing_rows(tmp_path / "picture.png", image.shape, image.dtype) as write,
    ):
        write(image[:4])
        raise RuntimeError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.png", "a.npy", "a.tif", "packed.tif", "a.jpg", "grey.png"])
def test_rows_are_those_of_the_whole(name, tmp_path):
    path = tmp_path / name
    image = drawn("uint8", 1 if name == "grey.png" else 3)
    if name.endswith(".npy"):
        np.save(path, image)
    elif name.endswith(".tif"):
        options = {"compression": "zlib", "predictor": False} if name == "packed.tif" else {}
        tifffile.imwrite(path, image, photometric="rgb", **options)
    else:
        Image.fromarray(image.squeeze()).save(path)
    opened = open_rows(path)
    assert opened.shape == image.shape
    np.testing.assert_array_equal(opened[0:9], read_image(path))
    np.testing.assert_array_equal(opened[3:8], read_image(path)[3:8])


def test_palettes_and_turned_photos(tmp_path):
    image = Image.fromarray(drawn("uint8", 3))
    exif = Image.Exif()
    exif[274] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    image.quantize(5).save(tmp_path / "palette.png")
    for name, indices in (("turned.png", False), ("palette.png", False), ("palette.png", True)):
        opened = open_rows(tmp_path / name, indices)
        np.testing.assert_array_equal(
            opened[0 : opened.shape[0]], read_image(tmp_path / name, indices)
        )


def test_large_images_need_tiles_and_larger_ones_are_refused(tmp_path, monkeypatch):
    Image.new("L", (40, 30)).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(ValueError, match=r"large\.png is so large.*tile=512.*1200 pixels"):
        read_image(tmp_path / "large.png")
    assert open_rows(tmp_path / "large.png").shape == (30, 40, 1)
    assert Image.MAX_IMAGE_PIXELS == 500
    monkeypatch.setattr(rows, "LARGEST", 1000)
    with pytest.raises(ValueError, match="1200 pixels"):
        open_rows(tmp_path / "large.png")


@pytest.mark.parametrize("name", ["a.png", "a.npy", "a.tif"])
def test_empty_and_missing_files(name, tmp_path):
    with pytest.raises(FileNotFoundError, match="no file"):
        open_rows(tmp_path / name)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ValueError, match=f"{name} cannot be read"):
        open_rows(tmp_path / name)
