"""Images read and written by rows."""

import struct
import zlib

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


NAMES = ["a.png", "a.npy", "a.tif", "packed.tif", "deep.tif", "a.jpg", "grey.png", "grey.npy"]


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_those_of_the_whole(name, tmp_path):
    path = tmp_path / name
    image = drawn("uint16" if name == "deep.tif" else "uint8", 1 if "grey" in name else 3)
    if name.endswith(".npy"):
        np.save(path, image[..., 0] if "grey" in name else image)
    elif name.endswith(".tif"):
        options = {} if name == "a.tif" else {"compression": "zlib", "predictor": False}
        tifffile.imwrite(path, image, photometric="rgb", **options)
    else:
        Image.fromarray(image.squeeze()).save(path)
    opened = open_rows(path)
    assert opened.shape == image.shape
    np.testing.assert_array_equal(opened[0:9], read_image(path))
    np.testing.assert_array_equal(opened[3:8], read_image(path)[3:8])


@pytest.mark.parametrize("name", ["a.npy", "a.tif", "A.TIFF"])
def test_what_can_be_mapped_is_never_read_as_a_whole(name, tmp_path, monkeypatch):
    image = drawn("uint16", 3)
    if name == "a.npy":
        np.save(tmp_path / name, image)
    else:
        tifffile.imwrite(tmp_path / name, image, photometric="rgb")
    load, loaded = np.load, []
    monkeypatch.setattr(rows, "open_image", None)
    monkeypatch.setattr(
        np, "load", lambda *args, **how: loaded.append(load(*args, **how)) or loaded[-1]
    )
    part = open_rows(tmp_path / name)[2:4]
    assert all(isinstance(array, np.memmap) for array in loaded)
    assert bool(loaded) == (name == "a.npy")
    # A copy: a part of a map would keep the map.
    assert type(part) is np.ndarray and part.flags.writeable
    np.testing.assert_array_equal(part, image[2:4])


def test_a_stack_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 3, 4, 5)))
    with pytest.raises(ValueError, match=r"a\.npy must hold one image"):
        open_rows(tmp_path / "a.npy")


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
    assert open_rows(tmp_path / "palette.png").shape == (9, 7, 3)


def test_large_images_need_tiles_and_larger_ones_are_refused(tmp_path, monkeypatch):
    Image.new("L", (40, 30)).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(ValueError, match=r"large\.png is so large.*tile=512.*1200 pixels"):
        read_image(tmp_path / "large.png")
    assert open_rows(tmp_path / "large.png").shape == (30, 40, 1)
    assert Image.MAX_IMAGE_PIXELS == 500
    # Pillow would warn above half of what is allowed.
    monkeypatch.setattr(rows, "MAX_PIXELS", 1300)
    assert open_rows(tmp_path / "large.png").shape == (30, 40, 1)
    monkeypatch.setattr(rows, "MAX_PIXELS", 1000)
    with pytest.raises(ValueError, match="1200 pixels"):
        open_rows(tmp_path / "large.png")


def test_half_a_gigapixel_is_the_limit(tmp_path):
    """The file has a header of one row too many, and no pixels."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 2**15, 2**14 + 1, 8, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    with pytest.raises(ValueError, match="so large"):
        open_rows(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.png", "a.npy", "a.tif"])
def test_empty_and_missing_files(name, tmp_path):
    with pytest.raises(FileNotFoundError, match="no file"):
        open_rows(tmp_path / name)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ValueError, match=f"{name} cannot be read"):
        open_rows(tmp_path / name)
