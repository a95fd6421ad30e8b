import io

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import Labels, PairDataset, Picture

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (4, 8, 6, 3), dtype="uint8")


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return file.getvalue()


@pytest.mark.parametrize("kind", ["array", "pillow", "bytes", "dict", "path", "path_in_dict"])
def test_every_kind_of_value(tmp_path, kind):
    files = [tmp_path / f"{number}.png" for number in range(len(IMAGES))]
    for file, image in zip(files, IMAGES):
        file.write_bytes(png(image))
    values = {
        "array": list(IMAGES),
        "pillow": [Image.fromarray(image) for image in IMAGES],
        "bytes": [png(image) for image in IMAGES],
        "dict": [{"bytes": png(image), "path": "unknown.png"} for image in IMAGES],
        "path": files,
        "path_in_dict": [{"bytes": None, "path": str(file)} for file in files],
    }[kind]
    rows = [{"in": value, "out": image} for value, image in zip(values, IMAGES[::-1])]
    pairs = PairDataset.from_rows(rows, "in", "out", batch_size=4)
    condition, target = pairs[0]
    np.testing.assert_allclose(condition, IMAGES / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(target, condition[::-1])


def test_several_columns_and_label_maps():
    maps = RNG.integers(0, 3, (4, 8, 6), dtype="uint8")
    palette_image = [Image.fromarray(one, "P") for one in maps]
    for image in palette_image:
        image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    rows = [{"a": IMAGES[n], "b": palette_image[n], "out": IMAGES[n, ..., 0]} for n in range(4)]
    formats = (Picture(3), Labels(3)), Picture(1)
    pairs = PairDataset.from_rows(rows, ("a", "b"), "out", formats=formats)
    condition, target = pairs[1]
    assert condition.shape == (1, 8, 6, 6)
    np.testing.assert_array_equal(condition[0, ..., 3:].argmax(-1), maps[1])
    assert target.shape == (1, 8, 6, 1)


def test_what_cannot_be_read_in_any_order_is_refused():
    with pytest.raises(ValueError, match=r"Received: generator. Leave out streaming=True"):
        PairDataset.from_rows((row for row in []), "in", "out")
    with pytest.raises(ValueError, match=r"give one of \['train'\]"):
        PairDataset.from_rows({"train": []}, "in", "out")
    with pytest.raises(ValueError, match=r"no column 'in'. Received: rows with \['image'\]"):
        PairDataset.from_rows([{"image": IMAGES[0]}], "in", "image")


def test_a_broken_image_is_named():
    rows = [{"in": png(IMAGES[0])[:50], "out": IMAGES[0]}]
    with pytest.raises(ValueError, match="'in' of row 0 cannot be read as an image"):
        PairDataset.from_rows(rows, "in", "out")


def test_deep_colors_are_read_exactly():
    imagecodecs = pytest.importorskip("imagecodecs")
    deep = RNG.integers(0, 2**16, (8, 6, 3), dtype="uint16")
    rows = [{"in": imagecodecs.png_encode(deep), "out": deep}]
    condition, target = PairDataset.from_rows(rows, "in", "out")[0]
    np.testing.assert_array_equal(condition, target)
