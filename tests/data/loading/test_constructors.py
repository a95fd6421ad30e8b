"""Pairs found in folders, in halves of images and in lists."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data import PairDataset, Picture
from keras_pix2pix.data.files.conversion import from_model_range, to_model_range
from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix.data.pairing import sources


def noise(*shape, dtype="uint8"):
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


def numbers(dataset, side=0):
    """The numbers of the images in the order in which they come."""
    return [int(image[0, 0, 0]) for batch in dataset for image in from_model_range(batch[side])]


def same(one, other):
    return all(np.array_equal(a, b) for x, y in zip(one, other) for a, b in zip(x, y))


@pytest.fixture
def folders(tmp_path):
    """Three pairs of 4 x 6 pixels: grey masks and photos in color."""
    for stem, image in zip("abc", noise(3, 4, 6, 4)):
        save(tmp_path / f"masks/{stem}.png", image[..., 0])
        save(tmp_path / f"photos/{stem}.png", image[..., 1:])
    return tmp_path / "masks", tmp_path / "photos"


def test_folders_pair_by_stem_and_repeat_grey(folders):
    dataset = PairDataset.from_folders(*map(str, folders))
    assert len(dataset) == 3
    for stem, (condition, target) in zip("abc", dataset):
        mask = np.asarray(Image.open(folders[0] / f"{stem}.png"))
        photo = np.asarray(Image.open(folders[1] / f"{stem}.png"))
        np.testing.assert_array_equal(condition[0], to_model_range(np.stack([mask] * 3, -1)))
        np.testing.assert_array_equal(target[0], to_model_range(photo))


def test_channels_none_keeps_what_is_stored(folders):
    condition, target = PairDataset.from_folders(*folders, formats=(Picture(None), Picture(None)))[
        0
    ]
    assert (condition.shape, target.shape) == ((1, 4, 6, 1), (1, 4, 6, 3))


def test_16_bit_png_is_kept_at_16_bits(folders):
    deep = noise(4, 6, dtype="uint16")
    save(folders[0] / "a.png", deep)
    condition, _ = PairDataset.from_folders(*folders, formats=(Picture(1), Picture(3)))[0]
    np.testing.assert_array_equal(condition[0, ..., 0], to_model_range(deep))


def test_files_come_in_natural_order(tmp_path):
    for number in (10, 9, 100, 2, 1):
        image = np.full((2, 2), number, "uint8")
        save(tmp_path / f"one/img{number}.png", image)
        save(tmp_path / f"two/img{number}.png", image)
    dataset = PairDataset.from_folders(tmp_path / "one", tmp_path / "two")
    assert numbers(dataset) == numbers(dataset, side=1) == [1, 2, 9, 10, 100]


def test_endings_in_upper_case_and_of_other_kinds_pair(folders):
    photo = folders[1] / "a.png"
    Image.open(photo).save(folders[1] / "a.JPG")
    photo.unlink()
    (folders[0] / "b.png").rename(folders[0] / "b.PNG")
    assert len(PairDataset.from_folders(*folders)) == 3


def test_other_and_hidden_files_are_passed_over(folders):
    (folders[0] / "notes.txt").write_text("hello")
    (folders[0] / "Thumbs.db").write_bytes(b"")
    (folders[1] / "._a.png").write_bytes(b"junk")
    assert len(PairDataset.from_folders(*folders)) == 3


def test_side_by_side_gives_both_halves(tmp_path):
    wide = noise(2, 4, 12, 3)
    for number, image in enumerate(wide):
        save(tmp_path / f"{number}.png", image)
    left, right = to_model_range(wide[:, :, :6]), to_model_range(wide[:, :, 6:])
    for condition, halves in (("left", (left, right)), ("right", (right, left))):
        dataset = PairDataset.from_side_by_side(tmp_path, condition=condition, batch_size=2)
        for images, expected in zip(dataset[0], halves):
            np.testing.assert_array_equal(images, expected)


def test_side_by_side_is_left_to_right_and_in_natural_order(tmp_path):
    for number in (10, 9):
        save(tmp_path / f"{number}.png", np.array([[number, 0]], "uint8"))
    assert numbers(PairDataset.from_side_by_side(tmp_path)) == [9, 10]


def test_each_half_has_its_own_channels(tmp_path):
    wide = noise(4, 12, 3)
    wide[:, :6] = wide[:, :6, :1]
    save(tmp_path / "a.png", wide)
    condition, target = PairDataset.from_side_by_side(tmp_path, formats=(Picture(1), Picture(3)))[0]
    np.testing.assert_array_equal(condition[0], to_model_range(wide[:, :6, :1]))
    np.testing.assert_array_equal(target[0], to_model_range(wide[:, 6:]))


def test_a_missing_folder_is_named(folders, tmp_path):
    nowhere = tmp_path / "nowhere"
    for sides in ((nowhere, folders[1]), (folders[0], nowhere)):
        with pytest.raises(ValueError, match=r"nowhere is not a folder"):
            PairDataset.from_folders(*sides)
    with pytest.raises(ValueError, match=r"nowhere is not a folder"):
        PairDataset.from_side_by_side(nowhere)


def test_an_empty_folder_is_named(folders, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "notes.txt").write_text("hello")
    with pytest.raises(ValueError, match=r"empty has no images \(.*\.png"):
        PairDataset.from_folders(folders[0], empty)
    with pytest.raises(ValueError, match=r"empty has no images \(.*\.png"):
        PairDataset.from_side_by_side(empty)


def test_all_orphans_of_both_folders_are_listed(folders):
    (folders[0] / "a.png").unlink()
    shutil.copy(folders[0] / "b.png", folders[0] / "lonely.png")
    with pytest.raises(ValueError) as error:
        PairDataset.from_folders(*folders)
    message = str(error.value)
    assert "2 files have no partner" in message
    assert str(folders[1] / "a.png") in message
    assert str(folders[0] / "lonely.png") in message
    assert "b.png" not in message and "c.png" not in message


def test_a_long_list_of_orphans_is_cut(folders):
    for number in range(30):
        shutil.copy(folders[0] / "b.png", folders[0] / f"lonely{number}.png")
    with pytest.raises(ValueError) as error:
        PairDataset.from_folders(*folders)
    message = str(error.value)
    assert "30 files have no partner" in message
    assert message.count("lonely") == 20
    assert message.endswith("... and 10 more")


def test_duplicate_stems_are_named(folders):
    Image.open(folders[0] / "a.png").save(folders[0] / "a.jpg")
    with pytest.raises(ValueError, match=r"a\.jpg and .*a\.png have the same name"):
        PairDataset.from_folders(*folders)


def test_an_odd_width_side_by_side_is_named(tmp_path):
    path = save(tmp_path / "a.png", noise(4, 7, 3))
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*even width.*Received: 7"):
        PairDataset.from_side_by_side(tmp_path)[0]


def test_an_unknown_half_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'left', 'right', 'top', 'bottom'\. Received: 'up'"):
        PairDataset.from_side_by_side(tmp_path, condition="up")


def tree(root, *names, seed=0):
    """A tree of pictures of 4 x 6 pixels, masks in grey, whose names have `mask` in them."""
    for number, name in enumerate(names):
        image = np.random.default_rng(seed + number).integers(0, 256, (4, 6, 3), dtype="uint8")
        save(root / name, image[..., 0] if "mask" in name else image)
    return root


@pytest.mark.parametrize(
    "names, patterns",
    [
        (("cat/mask/1.png", "cat/photo/1.png", "dog/mask/1.png", "dog/photo/1.png"),
         ("(.+)/mask/(.+)", "(.+)/photo/(.+)")),
        (("mask/cat/1.png", "photo/cat/1.png", "mask/dog/1.png", "photo/dog/1.png"),
         ("mask/(.+)", "photo/(.+)")),
        (("1_mask.png", "1.png", "2_mask.png", "2.png"), (r"(\d+)_mask$", r"^(\d+)$")),
        (
            ("mask-007.png", "img7.png", "mask-008.png", "img8.png"),
            (r"mask-0*(\d+)", r"img(\d+)"),
        ),
    ],
    ids=["class over side", "side over class", "suffix", "numbers"],
)  # fmt: skip
def test_patterns_find_pairs_in_one_tree(tmp_path, names, patterns):
    tree(tmp_path, *names)
    dataset = PairDataset.from_folders(tmp_path, tmp_path, patterns=patterns)
    assert len(dataset) == 2
    for number, (condition, target) in enumerate(dataset):
        for images, name in ((condition, names[2 * number]), (target, names[2 * number + 1])):
            stored = Picture(3).prepared(read_image(tmp_path / name), name)
            np.testing.assert_array_equal(images[0], to_model_range(stored))


def test_folders_of_folders_pair_by_path(tmp_path):
    tree(tmp_path, "mask/cat/1.png", "mask/dog/1.png", "photo/cat/1.png", "photo/dog/1.png")
    dataset = PairDataset.from_folders(tmp_path / "mask", tmp_path / "photo")
    assert dataset.names == ["cat/1", "dog/1"]
    (tmp_path / "photo/dog/1.png").unlink()
    with pytest.raises(ValueError, match=r"1 files have no partner(.|\n)*dog.1\.png"):
        PairDataset.from_folders(tmp_path / "mask", tmp_path / "photo")


def test_several_folders_of_conditions_are_concatenated(tmp_path):
    tree(tmp_path, "mask/1.png", "sketch/1.png", "photo/1.png")
    sides = (tmp_path / "mask", tmp_path / "sketch"), tmp_path / "photo"
    formats = (Picture(1), Picture(3)), Picture(3)
    condition, _ = PairDataset.from_folders(*sides, formats=formats)[0]
    assert condition.shape == (1, 4, 6, 4)
    assert PairDataset.from_folders(*sides)[0][0].shape == (1, 4, 6, 6)
    with pytest.raises(ValueError, match="patterns must be 3 regular expressions"):
        PairDataset.from_folders(*sides, patterns=("a", "b"))


def test_lists_and_csv_files_name_the_pairs(folders, tmp_path):
    rows = [(f"masks/{stem}.png", f"photos/{stem}.png") for stem in "cab"]
    (tmp_path / "pairs.csv").write_text("mask,photo\n" + "\n".join(map(",".join, rows)))
    whole = PairDataset.from_folders(*folders)
    for dataset in (
        PairDataset.from_list(tmp_path / "pairs.csv"),
        PairDataset.from_list(rows, root=tmp_path),
        PairDataset.from_list([[tmp_path / cell for cell in row] for row in rows]),
    ):
        assert same(dataset, [whole[number] for number in (2, 0, 1)])
        assert sorted(dataset.split(0.5)[0].numbers) != []
    with pytest.raises(ValueError, match=r"1 files do not exist\.\n  .*masks.d\.png"):
        PairDataset.from_list([*rows, ("masks/d.png", "photos/a.png")], root=tmp_path)
    with pytest.raises(ValueError, match="at least one pair"):
        PairDataset.from_list([])


def test_halves_may_lie_above_each_other_and_are_decoded_once(tmp_path, monkeypatch):
    tall = noise(8, 6, 3)
    save(tmp_path / "a.png", tall)
    reads = []
    monkeypatch.setattr(sources, "read_image", lambda *key: reads.append(key) or read_image(*key))
    for condition, parts in (("top", (tall[:4], tall[4:])), ("bottom", (tall[4:], tall[:4]))):
        dataset = PairDataset.from_side_by_side(tmp_path, condition)
        reads.clear()
        for images, expected in zip(dataset[0], parts):
            np.testing.assert_array_equal(images[0], to_model_range(expected))
        assert len(reads) == 1


def test_what_is_broken_or_alone_is_left_out_on_demand(folders):
    (folders[0] / "b.png").write_bytes(b"no picture")
    shutil.copy(folders[1] / "a.png", folders[1] / "lonely.png")
    with pytest.warns(UserWarning) as warned:
        dataset = PairDataset.from_folders(*folders, on_error="skip")
    assert dataset.numbers.tolist() == [0, 2] and len(list(dataset)) == 2
    for path in (folders[0] / "b.png", folders[1] / "lonely.png"):
        assert sum(str(path) in text for text in dataset.left_out) == 1
        assert sum(str(path) in str(warning.message) for warning in warned) == 1
    for path in folders[0].iterdir():
        path.write_bytes(b"")
    with pytest.raises(ValueError, match="No pair can be trained on"):
        PairDataset.from_folders(*folders, on_error="skip")


def test_names_that_differ_only_in_how_accents_are_stored_are_paired(tmp_path):
    tree(tmp_path, "mask/caf\u00e9.png", "photo/cafe\u0301.png")
    assert len(PairDataset.from_folders(tmp_path / "mask", tmp_path / "photo")) == 1


def slices(folder, *names):
    """Files of another program: 4 x 6 numbers of 16 bits, that stand for -1000 to 3095."""
    folder.mkdir()
    for number, name in enumerate(names):
        stored = np.random.default_rng(number).integers(0, 4096, (4, 6), "uint16")
        (folder / name).write_bytes(b"head" + stored.tobytes())
    return folder


def read_slice(path):
    content = Path(path).read_bytes()
    if content[:4] != b"head":
        raise RuntimeError("no head")
    return np.frombuffer(content[4:], "uint16").reshape(4, 6) - np.float32(1000)


def test_files_of_any_kind_are_read_by_a_function(tmp_path):
    ct, mr = (slices(tmp_path / side, "1.dcm", "2.dcm") for side in ("ct", "mr"))
    tissue = Picture(1, value_range=(-1000, 3095))
    with pytest.raises(ValueError, match=r"ct has no images(.|\n)*2 \.dcm(.|\n)*read="):
        PairDataset.from_folders(ct, mr)
    for dataset in (
        PairDataset.from_folders(ct, mr, formats=(tissue, tissue), read=read_slice),
        PairDataset.from_list(
            [(ct / name, mr / name) for name in ("1.dcm", "2.dcm")],
            formats=(tissue, tissue),
            read=(read_slice, read_slice),
        ),
    ):
        dataset.audit()
        expected = (read_slice(ct / "2.dcm") + 1000) / 4095 * 2 - 1
        np.testing.assert_allclose(dataset[1][0][0, ..., 0], expected, atol=1e-6)
    # Beside usual pictures.
    photos = tree(tmp_path / "photo", "1.png", "2.png")
    mixed = (tissue, Picture(3))
    dataset = PairDataset.from_folders(ct, photos, formats=mixed, read=(read_slice, None))
    assert [images.shape[-1] for images in dataset[0]] == [1, 3]
    (ct / "2.dcm").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"2\.dcm cannot be read as an image: no head"):
        PairDataset.from_folders(ct, mr, formats=(tissue, tissue), read=read_slice).check()
    with pytest.raises(ValueError, match=r"1\.dcm must hold one image.*shape \(24,\)"):
        PairDataset.from_folders(ct, mr, read=lambda path: read_slice(path).ravel())
    for wrong in ((read_slice,), "pydicom", (None, 3)):
        with pytest.raises(ValueError, match="read must be a function, or a tuple"):
            PairDataset.from_folders(ct, mr, read=wrong)


def test_a_half_may_be_read_by_a_function(tmp_path):
    folder = slices(tmp_path / "pairs", "1.raw", "2.raw")
    pair = Picture(1, value_range=(-1000, 3095))
    dataset = PairDataset.from_side_by_side(folder, formats=(pair, pair), read=read_slice)
    assert dataset.names == ["1", "2"] and dataset[0][0].shape == (1, 4, 3, 1)


@pytest.mark.parametrize("formats", [Picture(3), (Picture(3),), None, "RGB"])
def test_formats_that_are_no_two_are_refused(formats):
    images = noise(2, 4, 4, 3)
    with pytest.raises(ValueError, match="formats must be a tuple of the format of the conditions"):
        PairDataset(images, images, formats=formats)
    with pytest.raises(ValueError, match="format of conditions must be Picture, Labels or"):
        PairDataset(images, images, formats=("RGB", Picture(3)))


def test_pictures_alone_are_pairs(tmp_path):
    for number in range(4):
        (tmp_path / "cats").mkdir(exist_ok=True)
        picture = np.random.default_rng(number).integers(0, 256, (8, 8, 3), "uint8")
        Image.fromarray(picture).save(tmp_path / "cats" / f"tom_{number // 2}_{number}.png")
    pairs = PairDataset.from_pictures(tmp_path, kp.data.Gray(), group="(tom_[0-9])")
    assert pairs.names == [f"cats/tom_{number // 2}_{number}" for number in range(4)]
    assert pairs.groups == ["tom_0", "tom_0", "tom_1", "tom_1"]
    assert [side.shape for side in pairs[3]] == [(1, 8, 8, 1), (1, 8, 8, 3)]
    assert "condition=Gray()" in repr(pairs)
    some = PairDataset.from_pictures(tmp_path, kp.data.Gray(), pattern="tom_1_(.)$")
    assert some.names == ["2", "3"]


def test_pictures_are_read_by_a_function(tmp_path):
    (tmp_path / "a.raw").write_bytes(bytes(range(12)))

    def read(path):
        return np.fromfile(path, "uint8").reshape(2, 2, 3)

    pairs = PairDataset.from_pictures(tmp_path, kp.data.Blur(), read=read)
    assert pairs[0][1].shape == (1, 2, 2, 3)


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has no images"):
        PairDataset.from_pictures(tmp_path, kp.data.Gray())


def test_transparent_pictures_are_named_or_laid_on_a_color(tmp_path):
    transparent = np.zeros((8, 8, 4), "uint8")
    Image.fromarray(transparent).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a\.png has an alpha channel that is not opaque"):
        PairDataset.from_pictures(tmp_path, kp.data.Blur())
    white = kp.data.Picture(3, alpha=(255, 255, 255))
    pairs = PairDataset.from_pictures(tmp_path, kp.data.Blur(), format=white)
    assert pairs[0][1].min() == 1
