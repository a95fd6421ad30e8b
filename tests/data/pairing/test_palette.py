"""The colors of label maps that are stored in colors."""

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import Labels, find_palette

PALETTE = [(0, 0, 0), (200, 10, 10), (10, 200, 10)]


def maps(count=3):
    """Color-coded maps, in which the colors of the palette have 6, 3 and 1 of 10 parts."""
    index = np.array([0] * 6 + [1] * 3 + [2])
    return [
        np.array(PALETTE, "uint8")[np.roll(index, n)][None].repeat(4, axis=0) for n in range(count)
    ]


def test_the_palette_of_a_folder_is_found_commonest_first(tmp_path):
    for number, image in enumerate(maps()):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    assert find_palette(tmp_path) == PALETTE
    assert find_palette(sorted(tmp_path.iterdir())) == PALETTE
    assert find_palette(maps()) == PALETTE
    Labels(palette=find_palette(tmp_path)).prepared(maps()[1], "it")


def test_a_palette_file_gives_its_colors(tmp_path):
    image = Image.fromarray(maps()[0]).quantize(3)
    image.save(tmp_path / "a.png")
    assert sorted(find_palette(tmp_path)) == sorted(PALETTE)


def test_photos_have_no_palette(tmp_path):
    Image.fromarray(maps()[0]).save(tmp_path / "a.png")
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype="uint8")
    Image.fromarray(noise).save(tmp_path / "b.png")
    with pytest.raises(
        ValueError, match=r"at most 20 colors together\. Received: 67 colors up to .*b\.png"
    ):
        find_palette(tmp_path, limit=20)


def test_colors_that_are_at_edges_only_are_named():
    colors = np.array([(0, 0, 170), (255, 170, 0), (170, 255, 85), (255, 0, 0)], "uint8")
    flat = colors[np.random.default_rng(0).integers(0, 4, (5, 5)).repeat(20, 0).repeat(20, 1)]
    assert set(find_palette([flat])) == set(map(tuple, colors.tolist()))
    smooth = np.asarray(Image.fromarray(flat).resize((63, 63), Image.Resampling.BILINEAR))
    with pytest.warns(UserWarning, match="colors are nowhere 3 x 3 pixels large") as found:
        assert len(find_palette([smooth])) > 8
    assert all(str(tuple(color)) in str(found[0].message) for color in colors.tolist())
