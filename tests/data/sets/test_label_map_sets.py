"""Named sets whose conditions are label maps."""

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import Augment, load_camvid, load_facades, load_voc

PLAIN = {"augment": False, "shuffle": False}


def picture(number, size=(6, 8)):
    return np.full((*size, 3), 5 * number, "uint8")


def save(path, array, palette=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    if palette:
        image.putpalette(bytes(range(255, -1, -1)) * 3)
    image.save(path)


def numbers(dataset):
    return sorted(round((target[0, 0, 0, 0] + 1) * 127.5 / 5) for _, target in dataset)


def labels(number, classes, ignore):
    """A label map whose first pixel has the class of this number, and whose last has none."""
    image = np.zeros((6, 8), "uint8")
    image[:3], image[-1, -1] = number % classes, ignore
    return image


@pytest.fixture
def voc(tmp_path):
    root = tmp_path / "VOCdevkit/VOC2012"
    for number in range(1, 6):
        save(root / f"JPEGImages/2007_{number}.jpg", picture(number))
        save(root / f"SegmentationClass/2007_{number}.png", labels(number, 21, 255), palette=True)
        save(root / f"SegmentationObject/2007_{number}.png", labels(1, 21, 255), palette=True)
    save(root / "JPEGImages/2007_9.jpg", picture(9))
    lists = root / "ImageSets/Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("2007_1\n2007_2\n2007_3\n")
    (lists / "val.txt").write_text("2007_4\n2007_5\n")
    return root


@pytest.mark.parametrize("inside", [".", "..", "../.."])
def test_voc_has_classes_and_borders_as_channels(voc, inside):
    train, val = load_voc(voc / inside, image_size=(6, 8), boundaries=True, **PLAIN)
    assert (numbers(train), numbers(val)) == ([1, 2, 3], [4, 5])
    condition, _ = val[0]
    assert condition.shape == (1, 6, 8, 22)
    assert condition[0, 0, 0].argmax() == 4
    assert (condition[0, -1, -1, :21] == -1).all()
    # The last channel: a border between the third row and the fourth.
    assert (condition[0, 2:4, :, 21] == 1).all()
    assert (condition[0, 0, :, 21] == -1).all()
    assert load_voc(voc, image_size=(6, 8))[0][0][0].shape == (1, 6, 8, 21)


def test_the_old_name_of_an_argument_works_with_a_warning(voc):
    with pytest.warns(DeprecationWarning, match=r"use load_voc\(boundaries=\.\.\.\)"):
        train, _ = load_voc(voc, image_size=(6, 8), edges=True)
    assert train[0][0].shape == (1, 6, 8, 22)


def test_a_photo_that_voc_lists_and_lacks_is_named(voc):
    (voc / "JPEGImages/2007_2.jpg").unlink()
    with pytest.raises(ValueError, match=r"1 files do not exist(.|\n)*2007_2\.jpg"):
        load_voc(voc)


@pytest.fixture
def facades(tmp_path):
    for part in ("base", "extended"):
        for number in range(1, 41):
            stem = tmp_path / part / f"cmp_{part[0].replace('e', 'x')}{number:04d}"
            save(stem.with_suffix(".jpg"), picture(number))
            save(stem.with_suffix(".png"), 1 + labels(number, 12, 11), palette=True)
            stem.with_suffix(".xml").write_text("<objects/>")
    return tmp_path


def test_facades_have_twelve_classes(facades):
    parts = {part: load_facades(facades, part, (6, 8)) for part in ("base", "extended", "both")}
    counts = {part: sum(len(side.numbers) for side in sides) for part, sides in parts.items()}
    assert counts == {"base": 40, "extended": 40, "both": 80}
    train, val = parts["both"]
    assert (train.augment, val.augment) == (Augment(), None)
    assert 0 < len(val.numbers) < 24
    for dataset in (load_facades(facades, "base", (6, 8), **PLAIN)[0], val):
        for condition, target in dataset:
            number = round((target[0, 0, 0, 0] + 1) * 127.5 / 5)
            assert condition.shape == (1, 6, 8, 12)
            assert condition[0, 0, 0].argmax() == number % 12
    assert len(load_facades(facades / "base")[0].numbers) == len(parts["base"][0].numbers)
    with pytest.raises(ValueError, match=r"'base', 'extended' or 'both'\. Received: 'all'"):
        load_facades(facades, "all")


@pytest.mark.parametrize("inside", ["", "CamVid"])
def test_camvid_has_eleven_classes(tmp_path, inside):
    for part, count in (("train", 3), ("val", 1)):
        for number in range(1, count + 1):
            save(tmp_path / inside / part / f"f{number}.png", picture(number))
            save(tmp_path / inside / f"{part}annot/f{number}.png", labels(number, 11, 11))
    train, val = load_camvid(tmp_path, image_size=(6, 8), **PLAIN)
    assert (numbers(train), numbers(val)) == ([1, 2, 3], [1])
    condition, _ = train[2]
    assert condition.shape == (1, 6, 8, 11)
    assert condition[0, 0, 0].argmax() == 3
    assert (condition[0, -1, -1] == -1).all()
