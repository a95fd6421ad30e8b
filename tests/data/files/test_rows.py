"""Images read and written by rows."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_pix2pix.data.files import rows
from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix.data.files.rows import open_rows


def drawn(dtype, channels, height=9, width=7):
    high = np.iinfo(dtype).max
    shape = (height, width, channels)
    return np.random.default_rng(0).integers(0, high, shape, dtype, endpoint=True)


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
    monkeypatch.setattr(rows, "MAX_PIXELS", 1000)
    with pytest.raises(ValueError, match="1200 pixels"):
        open_rows(tmp_path / "large.png")


@pytest.mark.parametrize("name", ["a.png", "a.npy", "a.tif"])
def test_empty_and_missing_files(name, tmp_path):
    with pytest.raises(FileNotFoundError, match="no file"):
        open_rows(tmp_path / name)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ValueError, match=f"{name} cannot be read"):
        open_rows(tmp_path / name)
