"""The command `prepare`: what it writes, keeps and refuses; and conditions by name."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import (
    BlankRectangle,
    EdgeDrawing,
    Gray,
    Holes,
    JPEGArtifacts,
    Lightness,
    Noise,
    OwnCondition,
    PairDataset,
    Picture,
    Smaller,
)
from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix_cli.__main__ import main
from keras_pix2pix_cli.preparing import options, prepare
from keras_pix2pix_cli.preparing.kinds import KINDS, condition_of, text_of
from keras_pix2pix_cli.preparing.sides import side_by_side

RNG = np.random.default_rng(0)


@pytest.fixture
def photos(tmp_path):
    """Six photos of 24 x 32 pixels: in colors, gray, with 16 bits, in a sub-folder."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    pictures = {
        "1.png": RNG.integers(0, 256, (24, 32, 3), "uint8"),
        "2.png": RNG.integers(0, 256, (24, 32, 3), "uint8"),
        "gray.png": RNG.integers(0, 256, (24, 32), "uint8"),
        "deep.png": RNG.integers(0, 65536, (24, 32), "uint16"),
        "more/1.png": RNG.integers(0, 256, (24, 32, 3), "uint8"),
    }
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / name)
    opaque = np.dstack([pictures["1.png"], np.full((24, 32), 255, "uint8")])
    Image.fromarray(opaque).save(folder / "opaque.png")
    return folder


def run(*arguments):
    return main(["prepare", *map(str, arguments)])


def written(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*.*") if p.suffix != ".json")


NAMES = ["1.png", "2.png", "deep.png", "gray.png", "more/1.png", "opaque.png"]


def test_pairs_are_written_side_by_side(photos, tmp_path, capsys):
    assert run("blank", photos, tmp_path / "pairs") == 0
    assert "6 written, 0 kept, 0 broken" in capsys.readouterr().out
    assert written(tmp_path / "pairs") == NAMES
    picture = read_image(photos / "1.png")
    pair = read_image(tmp_path / "pairs" / "1.png")
    condition = BlankRectangle().compute(picture, RNG, Picture(3, dtype="uint8"))
    np.testing.assert_array_equal(pair, np.concatenate([condition, picture], axis=1))
    # 16 bits stay 16 bits.
    deep = read_image(tmp_path / "pairs" / "deep.png")
    assert deep.dtype == "uint16" and deep.shape == (24, 64, 1)
    np.testing.assert_array_equal(deep[:, 32:], read_image(photos / "deep.png"))


def test_pairs_are_written_into_two_folders_with_the_same_names(photos, tmp_path):
    assert run("edges:line_width=2", photos, tmp_path / "pairs", "--layout", "folders") == 0
    for side in ("condition", "target"):
        assert written(tmp_path / "pairs" / side) == NAMES
    picture = read_image(photos / "gray.png")
    expected = EdgeDrawing(line_width=2).compute(picture, RNG, Picture(1, dtype="uint8"))
    found = read_image(tmp_path / "pairs" / "condition" / "gray.png")
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["holes", "noise:salt"])
def test_what_is_random_follows_from_the_seed_and_the_name(kind, photos, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        assert run(kind, photos, tmp_path / name, "--seed", seed, "--layout", "folders") == 0
    (photos / "1.png").unlink()
    assert run(kind, photos, tmp_path / "d", "--layout", "folders") == 0
    a, b, c, d = (read_image(tmp_path / n / "condition" / "2.png") for n in "abcd")
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(a, d)
    assert (a != c).any()


def test_written_holes_are_read_again_side_by_side(photos, tmp_path):
    assert run("holes:center", photos, tmp_path / "pairs") == 0
    for name in ("gray", "deep", "more/1"):
        (tmp_path / "pairs" / f"{name}.png").unlink()
    formats = Picture(4), Picture(3)
    data = PairDataset.from_side_by_side(tmp_path / "pairs", formats=formats)
    condition, target = data[0]
    picture = read_image(photos / "1.png")
    expected = Holes("center").compute(picture, RNG, Picture(3, dtype="uint8"))
    np.testing.assert_array_equal(condition[0], Picture(4).encode(expected))
    np.testing.assert_array_equal(target[0], Picture(3).encode(picture))


def test_gray_pictures_are_those_of_the_same_lightness_or_brightness(photos, tmp_path):
    for kind, condition in (("lightness", Lightness()), ("gray", Gray())):
        assert run(kind, photos, tmp_path / kind, "--layout", "conditions") == 0
        assert written(tmp_path / kind) == NAMES
        picture = Picture(3, dtype="uint8")
        expected = condition.written(read_image(photos / "2.png"), RNG, picture)
        np.testing.assert_array_equal(read_image(tmp_path / kind / "2.png"), expected)


@pytest.mark.parametrize(("resize", "row"), [("fit", None), ("crop", None), ("pad", 0)])
def test_pictures_are_resized(resize, row, photos, tmp_path):
    out = tmp_path / "small"
    assert run("resize", photos, out, "--size", "16", "--resize", resize) == 0
    for name in NAMES:
        image = read_image(out / name)
        stored = read_image(photos / name)
        assert image.shape[:2] == (16, 16) and image.dtype == stored.dtype
        if row is not None:
            assert (image[:1] == 0).all() and (image[-1:] == 0).all() and image[4].any()


def test_folders_are_combined_and_split_again(photos, tmp_path):
    assert run("blank", photos, tmp_path / "blank", "--layout", "conditions") == 0
    assert run("combine", tmp_path / "blank", photos, tmp_path / "pairs") == 0
    assert run("split", tmp_path / "pairs", tmp_path / "split") == 0
    for name in NAMES:
        one, two = (read_image(tmp_path / part / name) for part in ("blank", "photos"))
        if two.shape[-1] == 4:
            two = two[..., :3]
        np.testing.assert_array_equal(read_image(tmp_path / "split" / "condition" / name), one)
        np.testing.assert_array_equal(read_image(tmp_path / "split" / "target" / name), two)


def test_files_that_exist_are_kept_until_overwrite(photos, tmp_path, capsys):
    out = tmp_path / "pairs"
    assert run("gray", photos, out, "--layout", "folders") == 0
    (out / "condition" / "1.png").unlink()
    (out / "target" / "1.png").write_bytes(b"own")
    (out / "target" / "2.png").write_bytes(b"own")
    capsys.readouterr()
    assert run("gray", photos, out, "--layout", "folders", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["written"], result["kept"], result["broken"]) == (1, 5, [])
    assert (out / "condition" / "1.png").exists()
    assert (out / "target" / "1.png").read_bytes() == b"own"
    assert run("edges", photos, out, "--layout", "folders") == 1
    assert "prepared with kind gray" in capsys.readouterr().err
    assert run("edges", photos, out, "--layout", "folders", "--overwrite") == 0
    assert read_image(out / "target" / "1.png").shape == (24, 32, 3)


def test_broken_pictures_are_named_and_the_others_are_written(photos, tmp_path, capsys):
    (photos / "2.png").write_bytes(b"no picture")
    transparent = np.zeros((24, 32, 4), "uint8")
    Image.fromarray(transparent).save(photos / "1.png")
    Image.fromarray(transparent[:23, :, 0]).save(photos / "gray.png")
    assert run("smaller:4", photos, tmp_path / "pairs") == 1
    out, err = capsys.readouterr()
    assert "3 written, 0 kept, 3 broken" in out
    assert "2.png cannot be read as an image" in err
    assert "1.png has an alpha channel that is not opaque" in err
    assert "3 channels are wanted. Convert the image.\n" in err
    assert "gray.png: factor=4 must divide the height" in err
    assert written(tmp_path / "pairs") == ["deep.png", "more/1.png", "opaque.png"]


def test_what_is_missing_for_all_pictures_is_told_once(photos, tmp_path, capsys, monkeypatch):
    def missing(*_):
        raise ImportError("a package is missing")

    monkeypatch.setattr(prepare, "_computed", missing)
    assert run("edges", photos, tmp_path / "pairs") == 1
    out, err = capsys.readouterr()
    assert "6 broken" in out and err.count("a package is missing") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sketch", "photos", "out"], "KIND must be one of edges, lightness"),
        (["edges:width=2", "photos", "out"], "The settings of edges are: method=..., line_width"),
        (["edges", "photos", "photos", "out"], "edges takes one folder"),
        (["combine", "photos", "out"], "combine takes two folders"),
        (["resize", "photos", "out"], "resize needs --size"),
        (["edges", "nothing", "out"], "nothing is not a folder"),
        (["edges", "photos", "photos/out"], "OUTPUT must be a folder of its own"),
        (["combine", "photos", "one", "out"], "5 files have no partner"),
    ],
)
def test_wrong_usage_says_what_to_do(arguments, message, photos, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one").mkdir()
    Image.new("L", (4, 4)).save(tmp_path / "one" / "1.png")
    assert run(*arguments) == 1
    assert message in capsys.readouterr().err


def test_check_reads_pictures_and_computes_their_conditions(photos, capsys):
    for name in ("gray.png", "deep.png"):
        (photos / name).unlink()
    size = ["--image-size", "16"]
    assert main(["check", str(photos), "--condition-from", "holes:center", *size, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["formats"] == {"condition": "holes:shape=center", "target": "channels:3"}
    assert told["parts"]["all"]["pairs"] == 4
    # One picture is there twice.
    assert len(told["parts"]["all"]["suspicious"]) == 1
    assert main(["check", str(photos), "--condition-from", "lightness", *size]) == 0
    assert "conditions: lightness (see" in capsys.readouterr().out
    for path in photos.rglob("*.png"):
        Image.new("RGB", (32, 24), "red").save(path)
    assert main(["check", str(photos), "--condition-from", "edges", *size]) == 1
    assert "of no use here: all pictures that were looked at have not a single edge" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("edges", EdgeDrawing()),
        ("edges:hed", EdgeDrawing("hed")),
        ("edges:line_width=2,thresholds=0.1..0.3", EdgeDrawing("canny", 2, thresholds=(0.1, 0.3))),
        ("holes:strokes,size=0.25,count=2", Holes("strokes", 0.25, 2)),
        ("holes:size=12", Holes(size=12)),
        ("smaller:8", Smaller(8)),
        ("noise:poisson,amount=5..50", Noise("poisson", (5, 50))),
        ("jpeg:10..40", JPEGArtifacts((10, 40))),
        ("blank:0.5", BlankRectangle(0.5)),
        ("lightness", Lightness()),
    ],
)
def test_conditions_are_named_with_their_settings(text, condition):
    assert condition_of(text) == condition
    assert condition_of(text_of(condition)) == condition


def test_what_names_a_condition_leaves_out_the_defaults():
    assert text_of(EdgeDrawing()) == "edges"
    assert text_of(EdgeDrawing("canny", 2, thresholds=(0.1, 0.3))) == (
        "edges:line_width=2,thresholds=0.1..0.3"
    )
    assert text_of(OwnCondition(len)) == "the function len"


@pytest.mark.parametrize("text", ["hed", "edges:", "edges:line_width=", "lightness:1", "gray:a=1"])
def test_other_names_are_refused(text):
    if text == "edges:":
        assert condition_of(text) == EdgeDrawing()
        return
    with pytest.raises(ValueError, match=f"Received: '{text}'"):
        condition_of(text)


def test_the_options_know_every_kind_and_its_settings():
    settings = {
        name: tuple(field.name for field in dataclasses.fields(kind))
        for name, kind in KINDS.items()
    }
    assert settings == options.KINDS and list(KINDS) == list(options.KINDS)


def test_sides_of_two_types_fit_into_one_picture():
    gray, deep = np.full((2, 2, 1), 255, "uint8"), np.zeros((2, 2, 3), "uint16")
    both = side_by_side(gray, deep)
    assert both.dtype == "uint16" and both.shape == (2, 4, 3)
    assert (both[:, :2] == 65535).all() and not both[:, 2:].any()
    with pytest.raises(ValueError, match=r"same height and width. Received: \(2, 2\) and \(1, 2\)"):
        side_by_side(gray, gray[:1])
    with pytest.raises(ValueError, match="do not fit into one picture"):
        side_by_side(gray, np.zeros((2, 2, 1), "float32"))
