"""The side that is the condition: chosen by names first, then by what the images show."""

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data.sets.condition_choice import choose_folders, choose_half, sample_sizes
from keras_pix2pix.data.sets.image_sets import PIX2PIX_CONDITIONS


def write(path, values, size=(8, 8)):
    pixels = np.random.default_rng(0).integers(0, values, (*size, 3), dtype="uint8")
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize(
    ("names", "condition", "expected"),
    [
        (("Photos", "Masks"), None, ("Masks", "Photos")),
        (("gt", "input"), None, ("input", "gt")),
        (("Photos", "Masks"), "Photos", ("Photos", "Masks")),
        (("edges", "masks", "images"), None, ("masks", "images")),
        (("edges", "masks", "images"), "edges", ("edges", "images")),
    ],
)
def test_names_say_the_direction(names, condition, expected):
    assert choose_folders(dict.fromkeys(names), condition) == expected


def test_where_names_say_nothing_the_label_maps_are_the_condition(tmp_path):
    maps, photos = write(tmp_path / "1.png", 2), write(tmp_path / "2.png", 256)
    sides = {"one": {"a": photos}, "two": {"a": maps}}
    assert choose_folders(sides, None) == ("two", "one")


def test_of_three_names_that_say_nothing_none_is_chosen():
    with pytest.raises(ValueError, match="one, two, three are condition and target"):
        choose_folders(dict.fromkeys(("one", "two", "three")), None)


def test_broken_images_have_no_size_and_no_half(tmp_path):
    (tmp_path / "1.png").write_bytes(b"")
    images = [tmp_path / "1.png"]
    assert sample_sizes(images) == []
    assert choose_half(tmp_path, images, None, False) is None


def test_images_that_are_not_two_squares_have_the_half_that_is_asked_for(tmp_path):
    images = [write(tmp_path / "1.png", 256, (8, 12))]
    assert sample_sizes(images) == [(12, 8)]
    assert choose_half(tmp_path, images, None, False) is None
    assert choose_half(tmp_path, images, "top", False) == "top"
    assert choose_half(tmp_path, images, "top", True) == "bottom"


def test_a_folder_of_the_paper_has_the_direction_of_the_paper(tmp_path):
    for name, half in PIX2PIX_CONDITIONS.items():
        for folder in (tmp_path / name, tmp_path / name / "train"):
            folder.mkdir(exist_ok=True)
            images = [write(folder / "1.png", 256, (8, 16))]
            assert choose_half(folder, images, None, False) == half
            assert choose_half(folder, images, None, True) != half
            # What is asked for comes before what is known.
            assert choose_half(folder, images, "right", False) == "right"


def write_halves(path, first, second, axis):
    """An image of two squares of noise, of so many values each."""
    rng = np.random.default_rng(0)
    halves = [rng.integers(0, values, (8, 8, 3), dtype="uint8") for values in (first, second)]
    Image.fromarray(np.concatenate(halves, axis)).save(path)
    return path


@pytest.mark.parametrize("axis, halves", [(1, ("left", "right")), (0, ("top", "bottom"))])
@pytest.mark.parametrize(
    "values, chosen", [((2, 256), 0), ((256, 2), 1), ((2, 2), 0), ((256, 256), 0)]
)
def test_the_half_of_few_colors_is_the_condition_or_the_first(
    tmp_path, axis, halves, values, chosen
):
    images = [write_halves(tmp_path / f"{n}.png", *values, axis) for n in range(3)]
    assert choose_half(tmp_path, images, None, False) == halves[chosen]
    assert choose_half(tmp_path, images, None, True) == halves[1 - chosen]
    assert choose_half(tmp_path, images, "upper", False) is None
    # One image that is no label map is enough.
    write_halves(tmp_path / "1.png", 256, 256, axis)
    assert choose_half(tmp_path, images, None, False) == halves[0]
    # One that is broken, too.
    write_halves(tmp_path / "1.png", *values, axis)
    (tmp_path / "2.png").write_bytes((tmp_path / "2.png").read_bytes()[:-60])
    assert choose_half(tmp_path, images, None, False) == halves[0]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("condition", "mask"), ("condition", "mask")),
        (("a", "b"), ("a", "b")),
        (("B", "A"), ("A", "B")),
        (("target", "x"), ("x", "target")),
        (("x", "outputs"), ("x", "outputs")),
        (("sketches", "edge"), ("edge", "sketches")),
        (("images", "source", "gt", "segmentations"), ("segmentations", "images")),
        (("output", "real", "photo", "label"), ("label", "photo")),
    ],
)
def test_of_usual_names_the_surest_count(names, expected):
    assert choose_folders(dict.fromkeys(names), None) == expected


def test_where_nothing_tells_the_first_name_is_the_condition(tmp_path):
    photos = [write(tmp_path / f"{n}.png", 256) for n in range(2)]
    folders = {"two": {"a": photos[0]}, "one": {"a": photos[1]}}
    assert choose_folders(folders, None) == ("one", "two")
    assert choose_folders(folders, "two") == ("two", "one")
    maps = [write(tmp_path / f"{n}.png", 2) for n in range(2)]
    folders = {"two": {"a": maps[0]}, "one": {"a": maps[1]}}
    assert choose_folders(folders, None) == ("one", "two")
    # A broken image is told when the pairs are read.
    (tmp_path / "0.png").write_bytes(b"")
    assert choose_folders({"x": {"a": tmp_path / "0.png"}, "w": {"a": maps[1]}}, None) == ("w", "x")


def test_of_three_folders_one_must_be_known_as_target():
    for names, condition in ((("mask", "x", "y"), None), (("x", "y", "photo"), None)):
        with pytest.raises(ValueError, match="are condition and target"):
            choose_folders(dict.fromkeys(names), condition)
    # The condition that is asked for is not the target as well.
    names = dict.fromkeys(("x", "y", "photo"))
    assert choose_folders(names, "x") == ("x", "photo")
    with pytest.raises(ValueError, match="are condition and target"):
        choose_folders(names, "photo")


def test_sizes_are_those_of_images_spread_over_the_set(tmp_path):
    images = [write(tmp_path / f"{n}.png", 2, (4, n + 1)) for n in range(40)]
    widths = [width for width, _ in sample_sizes(images)]
    assert len(widths) == 16 and widths[0] == 1 and widths[-1] == 40
    assert widths == sorted(set(widths))
    assert sample_sizes(images[:3]) == [(1, 4), (2, 4), (3, 4)]
    assert sample_sizes([]) == []


def test_a_half_of_flat_colors_that_was_stored_as_jpeg_is_the_condition(tmp_path):
    """As the facades of the pix2pix paper, in a folder of another name."""
    rng = np.random.default_rng(0)
    for number in range(3):
        colors = rng.integers(0, 256, (6, 3), "uint8")
        flat = colors[rng.integers(0, 6, (4, 4)).repeat(16, 0).repeat(16, 1)]
        photo = Image.fromarray(rng.integers(0, 256, (9, 9, 3), "uint8")).resize((64, 64), 3)
        pair = Image.fromarray(np.concatenate([np.asarray(photo), flat], axis=1))
        pair.save(tmp_path / f"{number}.jpg", quality=80)
    images = sorted(tmp_path.iterdir())
    assert choose_half(tmp_path, images, None, False) == "right"


def test_a_folder_a_case_is_told_how_to_be_named():
    cases = {f"case_{number}": {} for number in range(9)}
    with pytest.raises(ValueError, match=r"case_4 and 4 more are condition.*CSV.*patterns="):
        choose_folders(cases, None)
