"""Palettes in files: the forms that sets come with, and what is refused."""

import argparse

import pytest
from PIL import Image

from keras_pix2pix_cli.options.formats import format_text, to_format
from keras_pix2pix_cli.options.palette_file import read_palette

COLORS = [(64, 128, 64), (192, 0, 128), (0, 0, 0)]


@pytest.mark.parametrize(
    "text",
    [
        "64 128 64\tAnimal\n192 0 128\tArchway 2\n0 0 0\tVoid\n",
        "name,r,g,b\nAnimal,64,128,64\nArch 2,192,0,128\nVoid,0,0,0",
        "# CamVid\n\n64, 128, 64\n192; 0; 128\n  0 0 0  ",
        "\ufeffAnimal 64 128 64\nLane 2 192 0 128\nVoid 0 0 0\n",
    ],
)
def test_colors_with_and_without_names(text, tmp_path):
    file = tmp_path / "colors=8.txt"
    file.write_text(text, encoding="utf-8")
    assert read_palette(str(file)) == COLORS
    said = format_text(f"labels:palette={file},ignore=0,0,0")
    format = to_format(said, [])
    assert format.palette == tuple(COLORS[:2]) and format.ignore == COLORS[2]


@pytest.mark.parametrize(
    ("name", "padding", "pixels", "classes"),
    [
        ("map.png", 0, [0, 1, 2], 3),
        # A class need not be in this image.
        ("map.png", 0, [0, 0, 1], 3),
        # Editors fill up a palette, with a color that may be that of a class.
        ("map.png", 9, [0, 1, 2], 3),
        ("map.png", 9, [0, 1, 1], 2),
        # These formats store 4 and 256 colors.
        ("map.gif", 1, [0, 1, 2], 3),
        ("map.tif", 253, [0, 1, 2], 3),
    ],
)
def test_the_palette_of_an_indexed_image(name, padding, pixels, classes, tmp_path):
    image = Image.new("P", (3, 1))
    image.putdata(pixels)
    image.putpalette([value for color in COLORS + [(0, 0, 0)] * padding for value in color])
    file = tmp_path / name
    image.save(file)
    assert read_palette(str(file)) == COLORS[:classes]
    assert to_format(f"labels:palette={file}", []).palette == tuple(COLORS[:classes])


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_an_image_without_a_palette_is_refused(mode, tmp_path):
    file = tmp_path / "map.png"
    Image.new(mode, (2, 2)).save(file)
    advice = f"mode {mode}. labels:palette without a file looks the colors up in all label maps"
    with pytest.raises(argparse.ArgumentTypeError, match=advice):
        format_text(f"labels:palette={file}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"0 0 0 0\n", "line 1: 0 0 0 0"),
        (b"0 0 0 sky\nroad\n", "line 2: road"),
        (b"0 0 256 sky\n", "line 1: 0 0 256 sky"),
        (b"0 0 0 sky\n", "at least two classes. Received: 1"),
        (b"\x89PNG\r\n\x1a\n\xff", "neither a text file nor an image"),
        (None, "cannot be read as a palette"),
    ],
)
def test_other_files_are_refused(content, message, tmp_path):
    file = tmp_path / "colors.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        format_text(f"labels:palette={file}")
