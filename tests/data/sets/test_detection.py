"""Folders as people have them, recognized or refused with what was seen."""

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data.sets.detection import detect_layout
from keras_pix2pix.data.sets.image_sets import SAMPLES

RNG = np.random.default_rng(0)


def write(folder, names, maps=False, size=(8, 8), ending="png"):
    """Images of noise, or of two values, all different."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        image = RNG.integers(0, 2 if maps else 256, (*size, 3), dtype="uint8")
        Image.fromarray(image * (255 if maps else 1)).save(folder / f"{name}.{ending}")


def stored(folder, name):
    return np.asarray(Image.open(folder / f"{name}.png"))


def images(pairs, number=0):
    """Condition and target of a pair as stored values."""
    return [np.rint(side[0] * 127.5 + 127.5).astype("uint8") for side in pairs[number]]


def assert_direction(layout, condition, target, name="1"):
    pairs, _ = layout.load()
    found = images(pairs)
    np.testing.assert_array_equal(found[0], stored(condition, name))
    np.testing.assert_array_equal(found[1], stored(target, name))


@pytest.mark.parametrize(
    ("condition", "target"),
    [
        ("masks", "photos"),
        ("A", "B"),
        ("b_labels", "a_labels"),
        ("input", "output"),
        ("condition", "target"),
        ("edges", "Images"),
        ("labels", "imgs"),
        ("something", "photos"),
        ("mask", "zzz"),
        ("source", "anything"),
    ],
)
def test_two_folders_pair_by_name_and_their_names_say_the_direction(tmp_path, condition, target):
    # Where the names say nothing, the label maps are the condition.
    write(tmp_path / condition, "12", maps=condition == "b_labels")
    write(tmp_path / target, "12")
    layout = detect_layout(tmp_path)
    assert f"{condition}/ (condition) -> {target}/ (target)" in layout.text
    assert "--swap" in layout.text
    assert_direction(layout, tmp_path / condition, tmp_path / target)
    assert_direction(detect_layout(tmp_path, swap=True), tmp_path / target, tmp_path / condition)
    given = detect_layout(tmp_path, condition=target)
    assert_direction(given, tmp_path / target, tmp_path / condition)


def test_options_reach_the_pairs_and_a_folder_without_parts_has_no_held_out_ones(tmp_path):
    write(tmp_path / "A", "123")
    write(tmp_path / "B", "123")
    pairs, val = detect_layout(tmp_path).load(image_size=4, batch_size=2)
    assert val is None
    assert pairs[0][0].shape == (2, 4, 4, 3)


def test_parts_above_or_below_the_sides_are_training_and_held_out_pairs(tmp_path):
    for part, names in (("train", "123"), ("val", "45"), ("test", "6")):
        write(tmp_path / "above" / part / "A", names)
        write(tmp_path / "above" / part / "B", names)
        write(tmp_path / "below" / "A" / part, names)
        write(tmp_path / "below" / "B" / part, names)
    for root in ("above", "below"):
        train, val = detect_layout(tmp_path / root).load(image_size=8, augment=True)
        assert (len(train), len(val)) == (3, 2)
        assert train.augment and not val.augment
        assert not val.shuffle
    assert "in train/ and val/" in detect_layout(tmp_path / "above").text


def test_names_that_end_alike_on_each_side_are_paired_without_their_ends(tmp_path):
    write(tmp_path / "masks", ["1_mask", "2_mask"])
    write(tmp_path / "photos", ["1", "2"])
    pairs, _ = detect_layout(tmp_path).load()
    assert len(pairs) == 2


def test_files_without_a_partner_are_still_an_error(tmp_path):
    write(tmp_path / "masks", "123")
    write(tmp_path / "photos", "12")
    with pytest.raises(ValueError, match=r"3\.png has no partner"):
        detect_layout(tmp_path).load()


def test_of_three_folders_the_names_choose_and_the_others_are_named(tmp_path):
    for side in ("mask", "outline", "render"):
        write(tmp_path / side, "12")
    layout = detect_layout(tmp_path)
    assert_direction(layout, tmp_path / "mask", tmp_path / "render")
    assert "--condition outline" in layout.text
    layout = detect_layout(tmp_path, condition="outline")
    assert_direction(layout, tmp_path / "outline", tmp_path / "render")
    with pytest.raises(ValueError, match=r"mask, outline, render.*Received: 'sketch'"):
        detect_layout(tmp_path, condition="sketch")


def test_three_folders_whose_names_say_nothing_are_a_question(tmp_path):
    for side in ("x", "y", "z"):
        write(tmp_path / side, "12")
    with pytest.raises(ValueError, match=r"Which of the sub-folders x, y, z"):
        detect_layout(tmp_path)


@pytest.mark.parametrize(
    ("size", "maps", "swap", "half"),
    [
        ((8, 16), None, False, "left"),
        ((8, 16), None, True, "right"),
        ((8, 16), "right", False, "right"),
        ((16, 8), None, False, "top"),
        ((16, 8), "bottom", True, "top"),
    ],
)
def test_images_of_two_squares_hold_both_sides(tmp_path, size, maps, swap, half):
    for name in "12":
        image = RNG.integers(0, 256, (*size, 3), dtype="uint8")
        if maps == "right":
            image[:, 8:] = image[:1, 8:9]
        if maps == "bottom":
            image[8:] = image[8:9, :1]
        tmp_path.joinpath("set").mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / "set" / f"{name}.png")
    layout = detect_layout(tmp_path, swap=swap)
    assert f"the {half} half is the condition" in layout.text
    whole = stored(tmp_path / "set", "1")
    parts = {"left": np.s_[:, :8], "right": np.s_[:, 8:], "top": np.s_[:8], "bottom": np.s_[8:]}
    pairs, _ = layout.load()
    np.testing.assert_array_equal(images(pairs)[0], whole[parts[half]])


def test_the_papers_own_sets_have_the_papers_direction(tmp_path):
    for part in ("train", "val"):
        write(tmp_path / "facades" / part, "12", size=(8, 16), ending="jpg")
    layout = detect_layout(tmp_path / "facades")
    assert "the right half is the condition" in layout.text
    train, val = layout.load()
    assert (len(train), len(val)) == (2, 2)


def test_photos_of_any_size_are_no_pairs_unless_the_half_is_said(tmp_path):
    write(tmp_path, "12", size=(10, 16))
    with pytest.raises(ValueError, match=r"2 images of height x width 10 x 16 pixels"):
        detect_layout(tmp_path)
    pairs, _ = detect_layout(tmp_path, condition="left").load()
    assert pairs[0][0].shape == (1, 10, 8, 3)


def test_a_csv_file_is_found_in_its_folder_and_can_be_given(tmp_path):
    write(tmp_path / "all", ["a", "b", "c", "d"])
    (tmp_path / "notes.csv").write_text("number,word\n1,one\n")
    (tmp_path / "pairs.csv").write_text("mask,photo\nall/a.png,all/b.png\nall/c.png,all/d.png\n")
    folder = tmp_path / "all"
    for given in (tmp_path, tmp_path / "pairs.csv"):
        for swap in (False, True):
            pairs, val = detect_layout(given, swap=swap).load()
            assert val is None and len(pairs) == 2
            found = images(pairs)
            for image, name in zip(found, "ba" if swap else "ab", strict=True):
                np.testing.assert_array_equal(image, stored(folder, name))


def test_columns_that_are_more_than_two_are_not_exchanged(tmp_path):
    write(tmp_path, ["a", "b", "c"])
    (tmp_path / "pairs.csv").write_text("a.png,b.png,c.png\n")
    with pytest.raises(ValueError, match="Received: 3 columns"):
        detect_layout(tmp_path / "pairs.csv", swap=True)
    with pytest.raises(ValueError, match=r"In pairs\.csv, the last column is the target"):
        detect_layout(tmp_path / "pairs.csv", condition="a")


def test_an_unpacked_archive_is_looked_into(tmp_path):
    write(tmp_path / "download" / "set" / "A", "12")
    write(tmp_path / "download" / "set" / "B", "12")
    (tmp_path / "README.md").write_text("what it is")
    assert len(detect_layout(tmp_path).load()[0]) == 2


def test_voc_is_recognized_where_its_archive_unpacks_it(tmp_path):
    root = tmp_path / "VOCdevkit" / "VOC2012"
    write(root / "JPEGImages", "12", ending="jpg")
    for kind in ("SegmentationClass", "SegmentationObject"):
        (root / kind).mkdir()
        for name in "12":
            labels = Image.fromarray(RNG.integers(0, 21, (8, 8), dtype="uint8"), "L")
            labels.save(root / kind / f"{name}.png")
    (root / "ImageSets" / "Segmentation").mkdir(parents=True)
    for part, name in (("train", "1"), ("val", "2")):
        (root / "ImageSets" / "Segmentation" / f"{part}.txt").write_text(name)
    layout = detect_layout(tmp_path)
    assert "PASCAL VOC 2012" in layout.text
    train, val = layout.load(image_size=8)
    assert train[0][0].shape == (1, 8, 8, 21)
    assert len(val) == 1
    with pytest.raises(ValueError, match="CSV"):
        detect_layout(tmp_path, swap=True)


def test_what_is_no_folder_of_pairs_is_refused_with_what_was_seen(tmp_path):
    with pytest.raises(ValueError, match="neither a folder nor a CSV"):
        detect_layout(tmp_path / "missing")
    with pytest.raises(ValueError, match="Found: nothing"):
        detect_layout(tmp_path)
    (tmp_path / "empty").mkdir()
    write(tmp_path / "photos", "12")
    (tmp_path / "notes.csv").write_text("number,word\n1,one\n")
    with pytest.raises(
        ValueError, match=r"photos/ with 2 images; notes\.csv; .*empty has no images"
    ):
        detect_layout(tmp_path)


def test_the_embedded_sample_is_recognized():
    train, val = detect_layout(SAMPLES).load(image_size=8)
    assert (len(train), len(val)) == (320, 40)
    assert "mask/ (condition) -> render/ (target)" in detect_layout(SAMPLES).text


def test_for_pictures_alone_the_option_is_named(tmp_path):
    write(tmp_path, "12", size=(10, 12))
    with pytest.raises(
        ValueError, match=r"(?s)2 images of .*alone are for .*--condition-from edges"
    ):
        detect_layout(tmp_path)


@pytest.mark.shared
def test_real_folders_are_recognized(shared):
    train, val = detect_layout(shared / "data" / "pascal_s_layout").load(image_size=8)
    assert (len(train), len(val)) == (765, 85)
    layout = detect_layout(shared / "data" / "fluent_emoji_128", condition="outline")
    assert "outline/ (condition) -> render/ (target)" in layout.text
    assert len(layout.load(image_size=8)[1]) == 40


def test_an_odd_file_among_images_of_two_halves_is_named(tmp_path):
    write(tmp_path, "abcdef", size=(4, 8))
    write(tmp_path, "x", size=(4, 4))
    with pytest.raises(ValueError, match=r"of other proportions than most: \S*x\.png\. Known"):
        detect_layout(tmp_path)
