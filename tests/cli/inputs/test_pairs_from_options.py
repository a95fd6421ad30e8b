"""The pairs that the options of a command name."""

import json
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import EdgeDrawing, Labels, Picture
from keras_pix2pix_cli.inputs.pairs_from_options import (
    evaluation_pairs,
    example_pairs,
    training_pairs,
)
from keras_pix2pix_cli.options.arguments import parser

SIZE = "--image-size=16"


def options(*texts):
    args = parser().parse_args([str(text) for text in texts])
    args.messages = sys.stdout
    return args


@pytest.fixture
def divided_folder(folder, small_folder, tmp_path):
    """A folder with 40 pairs in train/ and 10 pairs in val/."""
    shutil.copytree(folder, tmp_path / "divided" / "train")
    shutil.copytree(small_folder, tmp_path / "divided" / "val")
    return tmp_path / "divided"


def test_a_layout_is_told(folder, capsys):
    training_pairs(options("train", "--data", folder, SIZE))
    assert "masks/ (condition) -> photos/ (target)" in capsys.readouterr().out


def test_without_a_folder_the_pairs_are_the_sample():
    train, val = training_pairs(options("train", SIZE))
    assert (len(train.numbers), len(val.numbers)) == (320, 40)
    # The sample has a val/ folder, whatever the share.
    train, val = training_pairs(options("train", SIZE, "--held-out=0.5"))
    assert (len(train.numbers), len(val.numbers)) == (320, 40)


def test_training_pairs_are_augmented_and_held_out_pairs_are_not(folder):
    train, val = training_pairs(options("train", "--data", folder, SIZE))
    assert len(train.numbers) + len(val.numbers) == 40
    assert train.augment is not None and train.shuffle
    assert val.augment is None and not val.shuffle


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_share_that_holds_out_nothing_is_refused(command, folder, model, tiny):
    arguments = [command, *[model] * (command == "evaluate"), "--data", folder, SIZE]
    args = options(*arguments, "--held-out", "0.0001")
    with pytest.raises(ValueError, match=r"--held-out 0.0001 of 40 pairs leaves no pair"):
        training_pairs(args) if command == "train" else evaluation_pairs(args, tiny())


def test_evaluation_takes_the_held_out_pairs_of_the_folder(divided_folder, model, tiny, capsys):
    args = options("evaluate", model, "--data", divided_folder, SIZE)
    pairs, facts = evaluation_pairs(args, tiny())
    assert len(pairs.numbers) == facts["pairs"] == 10
    assert facts["part"] == "held out by the folder" and facts["seen_in_training"] is False
    assert pairs.augment is None
    assert capsys.readouterr().err == ""


def test_evaluation_takes_the_pairs_that_a_share_holds_out(folder, model, tiny, capsys):
    _, val = training_pairs(options("train", "--data", folder, SIZE, "--held-out=0.4"))
    args = options("evaluate", model, "--data", folder, SIZE, "--held-out=0.4")
    pairs, facts = evaluation_pairs(args, tiny())
    assert pairs.numbers.tolist() == val.numbers.tolist()
    # Whether the training held out the same ones is not known.
    assert facts["seen_in_training"] is None
    assert capsys.readouterr().err == ""


def test_otherwise_evaluation_takes_all_pairs_and_says_so(folder, model, tiny, capsys):
    pairs, facts = evaluation_pairs(options("evaluate", model, "--data", folder, SIZE), tiny())
    assert len(pairs.numbers) == 40
    assert (facts["part"], facts["seen_in_training"]) == ("all", None)
    assert "give --held-out the same SHARE" in capsys.readouterr().err


@pytest.fixture
def trained(tmp_path):
    """A function that writes the settings of a training, and returns a path beside them."""

    def write(**settings):
        (tmp_path / "settings.json").write_text(json.dumps(settings))
        return tmp_path / "best.keras"

    return write


@pytest.mark.parametrize("named", [False, True])
def test_the_settings_name_the_pairs_that_the_training_held_out(
    named, folder, trained, tiny, capsys
):
    """Whether the folder of the training is named or not."""
    train, val = training_pairs(options("train", folder, SIZE, "--held-out=0.4", "--swap"))
    path = trained(data=str(folder.resolve()), held_out=0.4, swap=True, image_size=16)
    pairs, facts = evaluation_pairs(options("evaluate", path, *[folder] * named), tiny())
    assert pairs.numbers.tolist() == val.numbers.tolist()
    assert not set(pairs.numbers) & set(train.numbers)
    np.testing.assert_array_equal(pairs[0][0], val[0][0])
    assert facts == {
        "pairs": 17,
        "data": str(folder.resolve()),
        "part": "--held-out 0.4",
        "seen_in_training": False,
    }
    told = capsys.readouterr()
    assert "17 pairs of" in told.out and "as settings.json beside the model says" in told.out
    assert told.err == ""


def test_a_larger_share_than_the_training_held_out_is_told(folder, trained, tiny, capsys):
    path = trained(data=str(folder.resolve()), held_out=0.2, image_size=16)
    _, facts = evaluation_pairs(options("evaluate", path, "--held-out=0.4"), tiny())
    assert facts["seen_in_training"] is True
    assert "trained on some of these" in capsys.readouterr().err
    _, facts = evaluation_pairs(options("evaluate", path, "--held-out=0.1"), tiny())
    assert facts["seen_in_training"] is False


def test_all_pairs_of_another_folder_than_that_of_the_training_are_taken(
    folder, small_folder, trained, tiny, capsys
):
    path = trained(data=str(folder.resolve()), held_out=0.2, swap=True, image_size=16)
    args = options("evaluate", path, small_folder)
    pairs, facts = evaluation_pairs(args, tiny())
    assert (len(pairs.numbers), args.swap) == (10, False)
    assert (facts["part"], facts["seen_in_training"]) == ("all", False)
    assert capsys.readouterr().err == ""


def test_examples_are_held_out_pairs_where_there_are_any(divided_folder, model, tiny):
    args = options("demo", model, "--data", divided_folder, SIZE)
    assert len(example_pairs(args, tiny()).numbers) == 10
    args = options("demo", model, "--data", divided_folder / "train", SIZE)
    assert len(example_pairs(args, tiny()).numbers) == 40
    assert example_pairs(options("demo", model), tiny()) is None


@pytest.mark.parametrize("command", ["evaluate", "demo"])
def test_pairs_have_the_formats_of_the_model(command, folder, model, tiny):
    trained = tiny()
    formats = (Picture(3, interpolation="bicubic", dtype="uint16"),), Labels(3)
    trained.formats = formats
    args = options(command, model, "--data", folder, SIZE)
    if command == "evaluate":
        pairs, _ = evaluation_pairs(args, trained)
    else:
        pairs = example_pairs(args, trained)
    assert pairs.formats == formats


@pytest.mark.parametrize(
    ("settings", "more", "size", "resize"),
    [
        (None, [], (256, 256), "fit"),
        ({"image_size": 8, "resize": "crop"}, [], (8, 8), "crop"),
        ({"image_size": [8, 12], "resize": "pad"}, [], (8, 12), "pad"),
        ({"image_size": 8, "resize": "crop"}, [SIZE], (16, 16), "crop"),
        ({"image_size": 8, "resize": "crop"}, ["--resize=pad"], (8, 8), "pad"),
        ({"image_size": 8, "resize": "crop"}, [SIZE, "--resize=fit"], (16, 16), "fit"),
        ({}, [], (256, 256), "fit"),
    ],
)
def test_pairs_are_scaled_as_in_the_training_unless_it_is_said(
    folder, tiny, tmp_path, settings, more, size, resize
):
    if settings is not None:
        (tmp_path / "settings.json").write_text(json.dumps(settings))
    args = options("evaluate", tmp_path / "model.keras", "--data", folder, *more)
    pairs, _ = evaluation_pairs(args, tiny())
    assert (pairs.image_size, pairs.resize) == (size, resize)


@pytest.fixture
def pictures(folder, tmp_path):
    """A folder of twelve pictures, of which two are for validation."""
    for number in range(12):
        part = tmp_path / "pictures" / ("val" if number > 9 else "train")
        part.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "photos" / f"{number}.png", part)
    return tmp_path / "pictures"


def test_conditions_are_computed_from_pictures(pictures, model, tiny, capsys):
    args = options("train", "--data", pictures, SIZE, "--condition-from", "edges:line_width=2")
    train, val = training_pairs(args)
    assert (len(train.numbers), len(val.numbers)) == (10, 2)
    assert train.condition == val.condition == EdgeDrawing(line_width=2)
    assert "that are computed from them: edges:line_width=2\n" in capsys.readouterr().out
    # The model knows how its conditions were computed.
    trained = tiny()
    trained.condition, trained.formats = train.condition, train.formats
    pairs, _ = evaluation_pairs(options("evaluate", model, "--data", pictures, SIZE), trained)
    assert pairs.condition == train.condition and pairs.formats == train.formats
    examples = example_pairs(options("demo", model, "--data", pictures, SIZE), trained)
    assert examples.condition == train.condition


def test_formats_of_pictures_are_detected_or_said(pictures, tiny, tmp_path, capsys):
    rng = np.random.default_rng(0)
    (tmp_path / "deep").mkdir()
    for number in range(12):
        values = rng.integers(0, 4001, (16, 16), "uint16")
        Image.fromarray(values).save(tmp_path / "deep" / f"{number}.png")
    args = options("train", tmp_path / "deep", SIZE, "--held-out=0.4", "--condition-from=blank")
    train, _ = training_pairs(args)
    assert train.formats[1].channels == 1
    assert (args.condition_format, args.target_format) == (None, "channels:1")
    assert "targets are read as --target-format channels:1" in capsys.readouterr().out
    said = ["--condition-from=holes", "--target-format=range:0..4000,channels:1"]
    train, _ = training_pairs(options("train", args.data, SIZE, "--held-out=0.4", *said))
    assert train.formats[1].value_range == (0, 4000)
    # A trained model knows it, unless something else is said.
    trained = tiny()
    trained.condition, trained.formats = train.condition, train.formats
    arguments = ["evaluate", tmp_path / "model.keras", "--data", tmp_path / "deep", SIZE]
    pairs, _ = evaluation_pairs(options(*arguments), trained)
    assert pairs.formats == train.formats
    said = options(*arguments, "--target-format=range:0..8000,channels:1")
    pairs, _ = evaluation_pairs(said, trained)
    assert pairs.formats[1].value_range == (0, 8000)


def test_the_folder_of_pictures_stands_by_itself_too(pictures):
    for arguments in (
        ["train", pictures, "--condition-from", "edges", SIZE],
        ["train", "--condition-from", "edges", SIZE, pictures],
    ):
        train, val = training_pairs(options(*arguments))
        assert train.condition == EdgeDrawing() and len(val.numbers) == 2


@pytest.mark.parametrize("more", [["--data", "photos", "--swap"], []])
def test_options_of_pairs_are_refused_beside_pictures(more):
    with pytest.raises(ValueError, match="give their folder, and leave --condition, --swap"):
        training_pairs(options("train", "--condition-from", "gray", *more))
