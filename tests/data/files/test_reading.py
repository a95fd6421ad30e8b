"""Reading files exactly, value ranges, and resizing."""

import os
import re
import struct
import sys
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_pix2pix.data.files.conversion import with_channels
from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.files.reading import map_tiff, read_image, to_upright
from keras_pix2pix.data.files.rows import open_rows
from keras_pix2pix.data.pairing.sources import ImageSource
from keras_pix2pix.inference.condition import Condition


def noise(*shape, dtype="uint8"):
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def read(path, channels=None):
    """An image file with these channels."""
    image = read_image(path)
    return image if channels is None else with_channels(image, channels, str(path))


def refused(path, *words, channels=None):
    """The error names the file and holds these words."""
    with pytest.raises(ValueError, match=re.escape(str(path))) as error:
        read(path, channels)
    assert all(word in str(error.value) for word in words)


def deep_png(path, array, color_type):
    """A PNG of 16 bits a channel, which Pillow cannot write in color."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    height, width = array.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, color_type, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "array",
    [noise(5, 7), noise(5, 7, 2), noise(5, 7, 3), noise(5, 7, 4), noise(5, 7, dtype="uint16")],
    ids=["grey", "grey and alpha", "RGB", "RGBA", "16 bits"],
)
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_every_value_of_a_lossless_file_is_kept(tmp_path, array, ending):
    path = tmp_path / f"image.{ending}"
    Image.fromarray(array).save(path)
    image = read_image(path)
    assert image.dtype == array.dtype
    np.testing.assert_array_equal(image, np.atleast_3d(array))


def test_floats_of_a_tiff_are_kept(tmp_path):
    array = np.linspace(-1, 1, 35, dtype="float32").reshape(5, 7)
    Image.fromarray(array).save(tmp_path / "image.tif")
    image = read_image(tmp_path / "image.tif")
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image[..., 0], array)


def test_big_endian_tiff_is_read_in_native_order(tmp_path):
    array = noise(5, 7, dtype="uint16")
    big = Image.frombytes("I;16B", (7, 5), array.astype(">u2").tobytes())
    big.save(tmp_path / "image.tif")
    assert (tmp_path / "image.tif").read_bytes()[:2] == b"MM"
    image = read_image(tmp_path / "image.tif")
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image[..., 0], array)


def test_one_bit_is_read_as_black_and_white(tmp_path):
    array = noise(5, 7) > 127
    Image.fromarray(array).save(tmp_path / "image.png")
    np.testing.assert_array_equal(read_image(tmp_path / "image.png")[..., 0], array * np.uint8(255))


def test_palette_becomes_its_colors(tmp_path):
    image = Image.frombytes("P", (2, 2), bytes([0, 1, 2, 1]))
    image.putpalette([255, 0, 0, 0, 128, 0, 7, 8, 9])
    image.save(tmp_path / "image.png")
    expected = [[[255, 0, 0], [0, 128, 0]], [[7, 8, 9], [0, 128, 0]]]
    np.testing.assert_array_equal(read_image(tmp_path / "image.png"), expected)
    image.save(tmp_path / "clear.png", transparency=1)
    np.testing.assert_array_equal(read_image(tmp_path / "clear.png")[..., 3], [[255, 0], [255, 0]])


@pytest.mark.parametrize("mode, key, other", [("L", 3, 9), ("RGB", (3, 3, 3), (3, 3, 9))])
def test_a_transparent_color_is_not_ignored(tmp_path, mode, key, other):
    image = Image.new(mode, (4, 2), key)
    image.paste(other, (0, 0, 1, 2))
    path = tmp_path / "image.png"
    image.save(path, transparency=key)
    np.testing.assert_array_equal(read_image(path)[..., 3], [[255, 0, 0, 0]] * 2)
    refused(path, "not opaque", channels=3)


@pytest.mark.parametrize(
    "orientation, upright",
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.transpose(1, 0, 2)),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: a[::-1, ::-1].transpose(1, 0, 2)),
        (8, lambda a: np.rot90(a)),
    ],
)
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_exif_orientation_is_applied(tmp_path, orientation, upright, ending):
    array = noise(5, 7, 3)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"image.{ending}"
    Image.fromarray(array).save(path, exif=exif)
    np.testing.assert_array_equal(read_image(path), upright(array))


def test_exif_orientation_of_a_jpeg_photo_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = Image.new("RGB", (16, 8), "white")
    photo.paste("black", (0, 0, 8, 8))
    photo.save(tmp_path / "image.jpg", exif=exif)
    image = read_image(tmp_path / "image.jpg")
    assert image.shape == (16, 8, 3)
    assert image[:8].max() < 20 and image[8:].min() > 235


def test_grey_is_repeated_to_three_channels(tmp_path):
    grey = noise(5, 7)
    Image.fromarray(grey).save(tmp_path / "image.png")
    image = read(tmp_path / "image.png", channels=3)
    np.testing.assert_array_equal(image, np.stack([grey] * 3, axis=-1))


def test_equal_colors_become_one_channel_and_others_are_refused(tmp_path):
    path = tmp_path / "image.png"
    array = np.repeat(noise(5, 7, 1), 3, axis=-1)
    Image.fromarray(array).save(path)
    np.testing.assert_array_equal(read(path, channels=1), array[..., :1])
    array[4, 6, 2] ^= 1
    Image.fromarray(array).save(path)
    refused(path, "3 channels", "1 channels are wanted", channels=1)


@pytest.mark.parametrize("colors", [1, 3])
@pytest.mark.parametrize("wanted", [1, 3])
def test_opaque_alpha_is_dropped_and_a_transparent_pixel_is_refused(tmp_path, colors, wanted):
    path = tmp_path / "image.png"
    array = np.repeat(noise(5, 7, 1), colors + 1, axis=-1)
    array[..., -1] = 255
    Image.fromarray(array).save(path)
    expected = np.repeat(array[..., :1], wanted, axis=-1)
    np.testing.assert_array_equal(read(path, channels=wanted), expected)
    array[4, 6, -1] = 254
    Image.fromarray(array).save(path)
    refused(path, "not opaque", f"{wanted} channels are wanted", channels=wanted)
    np.testing.assert_array_equal(read(path, channels=colors + 1), array)


def test_cmyk_is_refused(tmp_path):
    path = tmp_path / "image.jpg"
    Image.new("CMYK", (4, 4)).save(path)
    refused(path, "CMYK", "Convert it")


@pytest.mark.parametrize("color_type, channels", [(2, 3), (4, 2), (6, 4)])
def test_colors_of_16_bits_are_kept(tmp_path, monkeypatch, color_type, channels):
    path = tmp_path / "image.png"
    array = noise(4, 4, channels, dtype="uint16")
    deep_png(path, array, color_type)
    image = read_image(path)
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, array)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    refused(path, "16 bits", "pip install keras-pix2pix[deep]")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64", "int16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("kind", ["npy", "tif", "planar.tif"])
def test_any_number_of_channels_and_depth_is_kept(tmp_path, dtype, channels, kind):
    array = (noise(6, 7, channels, dtype="uint16") / 3).astype(dtype)
    path = tmp_path / f"image.{kind}"
    if kind == "npy":
        np.save(path, array)
    elif kind == "tif":
        extra = {"extrasamples": ["unspecified"] * (channels - 1)} if channels > 1 else {}
        data = array if channels > 1 else array[..., 0]
        tifffile.imwrite(path, data, photometric="minisblack", **extra)
    else:
        planes = np.moveaxis(array, -1, 0) if channels > 1 else array[..., 0]
        extra = {"planarconfig": "separate"} if channels > 1 else {}
        tifffile.imwrite(path, planes, photometric="minisblack", **extra)
    image = read_image(path)
    assert image.dtype == array.dtype
    np.testing.assert_array_equal(image, array)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_tiff_colors_of_16_bits_are_kept_in_either_order(tmp_path, order, planes):
    array = noise(5, 7, 3, dtype="uint16")
    tifffile.imwrite(
        tmp_path / "image.tif",
        array if planes == "contig" else np.moveaxis(array, -1, 0),
        photometric="rgb",
        byteorder=order,
        planarconfig=planes,
    )
    image = read_image(tmp_path / "image.tif")
    assert image.dtype == np.uint16 and image.dtype.isnative
    np.testing.assert_array_equal(image, array)


@pytest.mark.parametrize("name", ["image.tif", "IMAGE.TIFF"])
def test_channels_beside_colors_and_alpha_are_not_dropped(tmp_path, name):
    array = noise(5, 7, 5)
    extra = ["unspecified"] * 2
    tifffile.imwrite(tmp_path / name, array, photometric="rgb", extrasamples=extra)
    np.testing.assert_array_equal(read_image(tmp_path / name), array)


def test_a_pickled_array_is_not_loaded(tmp_path):
    """Whoever loads a pickle runs what it says."""
    np.save(tmp_path / "image.npy", noise(5, 7).astype(object))
    refused(tmp_path / "image.npy", "cannot be read as an image")


def test_a_grey_npy_file_may_lack_the_channel_axis(tmp_path):
    np.save(tmp_path / "image.npy", noise(5, 7))
    np.testing.assert_array_equal(read_image(tmp_path / "image.npy")[..., 0], noise(5, 7))


def test_indices_of_a_palette_are_kept_on_demand(tmp_path):
    image = Image.frombytes("P", (2, 2), bytes([0, 1, 7, 1]))
    image.putpalette([9, 9, 9] * 8)
    image.save(tmp_path / "image.png", transparency=1)
    indices = read_image(tmp_path / "image.png", palette_indices=True)
    np.testing.assert_array_equal(indices[..., 0], [[0, 1], [7, 1]])


def test_the_photo_of_a_phone_s_file_of_several_is_taken(tmp_path):
    red, blue = (Image.new("RGB", (8, 8), color) for color in ("red", "blue"))
    red.save(tmp_path / "image.jpg", "MPO", save_all=True, append_images=[blue])
    assert (read_image(tmp_path / "image.jpg")[0, 0] == [254, 0, 0]).all()


@pytest.mark.parametrize("ending", ["gif", "png", "webp", "tif"])
def test_several_pictures_in_a_file_are_refused(tmp_path, ending):
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    path = tmp_path / f"image.{ending}"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    refused(path, "pictures", "one is wanted")
    frames[0].save(path)
    assert read_image(path).shape == (4, 4, 3)


def test_a_stack_of_pictures_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", noise(3, 4, 5, 2, dtype="uint16"), imagej=True)
    refused(tmp_path / "a.tif", "one is wanted")


def test_pictures_of_two_sizes_are_refused(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for side in (4, 5):
            file.write(noise(side, side), photometric="minisblack")
    refused(tmp_path / "a.tif", "one is wanted")


def test_channels_of_imagej_are_channels(tmp_path):
    planes = noise(2, 5, 7, dtype="uint16")
    tifffile.imwrite(tmp_path / "a.tif", planes, imagej=True, metadata={"axes": "CYX"})
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), np.moveaxis(planes, 0, -1))


@pytest.mark.parametrize(
    ("channels", "options", "words"),
    [
        (4, {"photometric": "separated"}, "SEPARATED"),
        (3, {"photometric": "rgb", "extratags": [(274, "H", 1, 6, True)]}, "turned or mirrored"),
    ],
)
def test_a_tiff_whose_values_need_a_change_is_refused(tmp_path, channels, options, words):
    array = noise(5, 7, channels, dtype="uint16")
    tifffile.imwrite(tmp_path / "a.tif", array, **options)
    refused(tmp_path / "a.tif", words)


def test_a_mapped_file_cannot_be_written_to(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", noise(5, 7, 3), photometric="rgb")
    mapped = map_tiff(tmp_path / "a.tif")()
    np.testing.assert_array_equal(mapped, noise(5, 7, 3))
    assert not mapped.flags.writeable


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 8)
    Image.fromarray(noise(5, 5)).save(tmp_path / "image.png")
    refused(tmp_path / "image.png", "decompression bomb")


def test_any_file_name_can_be_shown(tmp_path):
    path = os.fsdecode(os.fsencode(str(tmp_path)) + b"/caf\xe9.png")
    with open(path, "wb") as file:
        file.write(b"no image")
    with pytest.raises(ValueError, match=r"caf\\xe9\.png cannot be read") as error:
        read_image(path)
    str(error.value).encode()


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "bmp", "tif"])
def test_a_truncated_file_is_named(tmp_path, ending):
    path = tmp_path / f"image.{ending}"
    Image.fromarray(noise(64, 64, 3)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    refused(path, "cannot be read")


@pytest.mark.parametrize("content", [b"", b"These are words, not pixels.\n"], ids=["empty", "text"])
def test_a_file_that_is_no_image_is_named(tmp_path, content):
    path = tmp_path / "image.png"
    path.write_bytes(content)
    refused(path, "cannot be read as an image")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.png"):
        read_image(tmp_path / "nothing.png")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", ">u2", "uint32"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_white_is_zero_is_read_with_black_at_zero(tmp_path, dtype, compression):
    stored = np.array([[0, 1, np.iinfo(dtype).max]], dtype)
    path = tmp_path / "image.tif"
    order = ">" if dtype.startswith(">") else "<"
    tifffile.imwrite(
        path, stored, photometric="miniswhite", compression=compression, byteorder=order
    )
    expected = np.iinfo(dtype).max - stored[0]
    np.testing.assert_array_equal(read_image(path)[0, :, 0], expected)
    np.testing.assert_array_equal(open_rows(path)[0:1][0, :, 0], expected)
    # Pillow opens no other of these.
    if dtype in ("uint8", "uint16"):
        with Image.open(path) as image:
            upright = to_upright(image, False, in_place=False)
        np.testing.assert_array_equal(np.asarray(upright)[0], expected)


@pytest.mark.parametrize("dtype", ["float32", "int16"])
def test_white_is_zero_of_numbers_without_a_largest_is_refused(tmp_path, dtype):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, np.zeros((4, 5), dtype), photometric="miniswhite")
    refused(path, "MINISWHITE", dtype)


def bands(path, dtype="uint16", extra=(), **options):
    """A TIFF of four bands that are full everywhere, with this tag ExtraSamples or without it."""
    image = noise(5, 7, 4, dtype=dtype)
    image[..., 3] = np.iinfo(dtype).max
    tifffile.imwrite(path, image, photometric="rgb", extrasamples=extra or None, **options)
    if not extra:
        content = path.read_bytes()
        # Another tag in its place, of no meaning.
        path.write_bytes(content.replace(struct.pack("<HH", 338, 3), struct.pack("<HH", 65000, 3)))
    return image


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("extra", [(), ["unspecified"]])
def test_a_fourth_band_is_no_alpha_unless_the_file_says_so(tmp_path, dtype, extra):
    path = tmp_path / "image.tif"
    image = bands(path, dtype, extra)
    np.testing.assert_array_equal(read_image(path), image)

    def source(format):
        return ImageSource([path], format, "condition").read(0, {})

    with pytest.raises(ValueError, match=r"image\.tif has 4 channels.*3 channels are wanted"):
        source(Picture(3))
    with pytest.raises(ValueError, match=r"image\.tif has 4 channels.*3 channels are wanted"):
        Condition([path], [Picture(3)])
    np.testing.assert_array_equal(source(Picture()), image)
    np.testing.assert_array_equal(source(Picture(3, alpha="drop")), image[..., :3])
    bands(path, dtype, ["unassalpha"])
    np.testing.assert_array_equal(source(Picture(3)), image[..., :3])


@pytest.mark.parametrize("channels", [8, 13])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_many_bands_are_read_without_a_word(tmp_path, channels, dtype, caplog):
    image = noise(6, 7, channels, dtype=dtype)
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, image, photometric="minisblack", planarconfig="contig")
    np.testing.assert_array_equal(read_image(path), image)
    assert caplog.records == []


def test_channels_that_were_written_as_pages_are_told_how_to_be_written(tmp_path):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, noise(6, 7, 13))
    refused(path, "(6, 7, 13)", "planarconfig='contig'")


def test_channels_that_come_first_are_recognized(tmp_path):
    np.save(tmp_path / "image.npy", noise(3, 40, 64))
    refused(tmp_path / "image.npy", "Are its 3 channels first?", "moveaxis", channels=3)


def test_integers_of_pillow_are_not_advised_to_become_grey(tmp_path):
    tifffile.imwrite(tmp_path / "image.tif", np.arange(-3, 3, dtype="int16").reshape(2, 3))
    with (
        Image.open(tmp_path / "image.tif") as image,
        pytest.raises(ValueError, match="path of a TIFF file, or an array"),
    ):
        to_upright(image, False, in_place=False)
    assert read_image(tmp_path / "image.tif").min() == -3
