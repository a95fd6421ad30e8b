"""Palettes in text files: the forms that sets come with, and what is refused."""

import argparse

import pytest

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
    ("content", "message"),
    [
        (b"0 0 0 0\n", "line 1: 0 0 0 0"),
        (b"0 0 0 sky\nroad\n", "line 2: road"),
        (b"0 0 256 sky\n", "line 1: 0 0 256 sky"),
        (b"\x89PNG\r\n\x1a\n\xff", "cannot be read as a palette"),
        (None, "cannot be read as a palette"),
    ],
)
def test_other_files_are_refused(content, message, tmp_path):
    file = tmp_path / "colors.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        format_text(f"labels:palette={file}")
