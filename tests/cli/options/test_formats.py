"""What the values of images mean, as options say it, as images show it, and as messages name it."""

import argparse
import json
import math
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import InstanceBoundaries, Labels, Picture
from keras_pix2pix_cli import __main__
from keras_pix2pix_cli.inputs.pairs_from_options import evaluation_pairs, training_pairs
from keras_pix2pix_cli.options.arguments import parser
from keras_pix2pix_cli.options.formats import as_text, format_text, to_format, with_options

SIZE = "--image-size=16"


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("labels:7", Labels(7)),
        ("labels:7,ignore=255", Labels(7, ignore=255)),
        ("labels=7, ignore:255", Labels(7, ignore=255)),
        ("boundaries", InstanceBoundaries()),
        ("channels:13", Picture(13)),
        ("range:-1024..3071", Picture(value_range=(-1024, 3071))),
        ("range:0..1,nodata=-9999", Picture(value_range=(0, 1), nodata=-9999)),
        ("range:.5..1e3,nodata=nan", Picture(value_range=(0.5, 1000), nodata=math.nan)),
        ("channels:1,range:0..4095", Picture(1, value_range=(0, 4095))),
        ("percentile:1,99", Picture(value_range=("1%", "99%"))),
        ("percentile:0.5,99.5,channels:3", Picture(3, value_range=("0.5%", "99.5%"))),
        ("percentile:1,99,nodata=-1", Picture(value_range=("1%", "99%"), nodata=-1)),
    ],
)
def test_a_format_is_read_and_written(text, format):
    assert format_text(text) == text
    assert to_format(text, []) == format
    assert to_format(as_text(format), []) == format


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not have ''"),
        ("label:7", "'label'"),
        ("labels", "'labels'"),
        ("labels:", "'labels:'"),
        ("labels:seven", "'labels:seven'"),
        ("labels:1", "at least 2"),
        ("labels:-7", "'labels:-7'"),
        ("labels:7,ignore", "'ignore'"),
        ("labels:7,ignore=1,2", "'ignore=1,2'"),
        ("labels:7,labels:8", "'labels:8'"),
        ("labels:7,255", "'labels:7,255'"),
        ("labels:7,range:0..1", "labels and range together"),
        ("ignore=255", "labels beside ignore"),
        ("range:0-1", "'range:0-1'"),
        ("range:1..0", "first number is below"),
        ("range:0..0", "first number is below"),
        ("range:0..inf", "'range:0..inf'"),
        ("range:0..1,percentile:1,99", "range and percentile together"),
        ("percentile:1", "'percentile:1'"),
        ("percentile:99,1", "first number is below"),
        ("percentile:1,101", "first number is below"),
        ("nodata=-9999", "range of all other values"),
        ("channels:0", "'channels:0'"),
        ("channels:3,boundaries", "channels and boundaries together"),
        ("boundaries:1", "'boundaries:1'"),
    ],
)
def test_a_wrong_format_says_what_is_known(text, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args(["check", "folder", "--target-format", text])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert words in error and "--target-format" in error
    assert "labels:7" in error and "Example: range:0..1,channels:1,nodata=-9999" in error
    with pytest.raises(argparse.ArgumentTypeError):
        format_text(text)


def test_boundaries_are_no_target(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["train", "--target-format", "boundaries"])
    assert "must not be boundaries" in capsys.readouterr().err


def test_a_wrong_format_is_refused_before_keras_is_imported():
    code = (
        "import sys\nfrom keras_pix2pix_cli.options.arguments import parser\n"
        "try:\n    parser().parse_args(['check', 'a', '--target-format', 'labels:x'])\n"
        "except SystemExit:\n    sys.exit('keras' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def blocks(*values, mode=None, seed=0):
    """An image of 16 x 16 pixels with areas of 4 x 4 of some values."""
    rng = np.random.default_rng(seed)
    image = np.array(values, "uint8")[rng.integers(0, len(values), (4, 4))]
    image.flat[: len(values)] = values
    return image.repeat(4, axis=0).repeat(4, axis=1)


def colors(seed):
    return np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype="uint8")


@pytest.fixture
def pairs_of(tmp_path):
    """A function that writes pairs, and returns their folder."""

    def write(conditions, targets):
        for side, images in (("masks", conditions), ("photos", targets)):
            (tmp_path / "pairs" / side).mkdir(parents=True)
            for number, image in enumerate(images):
                image = image if isinstance(image, Image.Image) else Image.fromarray(image)
                image.save(tmp_path / "pairs" / side / f"{number}.png")
        return tmp_path / "pairs"

    return write


def options(*texts):
    args = parser().parse_args([str(text) for text in texts])
    args.messages = sys.stdout
    return args


PHOTOS = [colors(seed) for seed in range(20)]
GREY = [photo[..., 0] for photo in PHOTOS]


def indexed(image, levels=8):
    made = Image.fromarray(image, "P")
    made.putpalette([level * 30 % 256 for level in range(levels) for _ in range(3)])
    return made


# A rare class is in one image only, which is not among the first that are looked at.
IDS = [*(blocks(0, 1, 4, 255) for _ in range(18)), blocks(0, 6), blocks(0, 2)]


@pytest.mark.parametrize(
    ("images", "condition", "target"),
    [
        (IDS, "labels:7,ignore=255", "labels:7,ignore=255"),
        ([blocks(0, 1, 2)] * 20, "labels:3", "labels:3"),
        ([indexed(blocks(0, 3, 255), 256)] * 20, "labels:4,ignore=255", "labels:4,ignore=255"),
        # A picture in colors may have a palette as well.
        ([indexed(blocks(0, 1, 2))] * 20, None, None),
        # Two classes, or black and white.
        ([blocks(0, 255)] * 20, None, "channels:1"),
        ([blocks(0, 64, 255)] * 20, None, "channels:1"),
        # A dark photo.
        ([(grey % 60).astype("uint8") for grey in GREY], None, "channels:1"),
        ([(grey.astype("uint16") * 9) for grey in GREY], None, "channels:1"),
        (GREY, None, "channels:1"),
        (PHOTOS, None, None),
        ([*GREY[:19], PHOTOS[19]], None, None),
    ],
)
def test_what_is_certain_is_detected(pairs_of, images, condition, target, capsys):
    folder = pairs_of(images, PHOTOS)
    for swap, side, text in (([], 0, condition), (["--swap"], 1, target)):
        args = options("train", "--data", folder, SIZE, *swap)
        train, val = training_pairs(args)
        assert train.formats == val.formats
        name = ("condition", "target")[side]
        format = train.formats[1] if side else train.formats[0][0]
        assert as_text(format) == (text or "channels:3")
        printed = capsys.readouterr().out
        line = f"{name}s are read as --{name}-format {text}"
        assert (line in printed) if text else ("read as" not in printed)
        # It is a setting of the training from now on.
        settings = args.target_format if side else args.condition_format
        assert settings == (text or "channels:3") if side else [text or "channels:3"]


def test_what_is_said_is_not_detected(pairs_of, capsys):
    folder = pairs_of(IDS, GREY)
    said = ["--condition-format", "channels:1", "--target-format", "range:0..255,channels:3"]
    args = options("train", "--data", folder, SIZE, *said)
    train, _ = training_pairs(args)
    assert train.formats[0][0].channels == 1
    assert (train.formats[1].channels, train.formats[1].value_range) == (3, (0, 255))
    assert "read as" not in capsys.readouterr().out
    assert (args.condition_format, args.target_format) == (["channels:1"], said[-1])


def test_images_of_few_colors_are_pictures_and_how_to_read_classes_is_said(pairs_of, capsys):
    palette = np.array([(0, 0, 0), (128, 64, 128), (0, 0, 142), (70, 70, 70)], "uint8")
    maps = [palette[blocks(0, 1, 2, 3, seed=seed)] for seed in range(20)]
    args = options("train", "--data", pairs_of(maps, PHOTOS), SIZE)
    training_pairs(args)
    out = capsys.readouterr().out
    assert "conditions are read as pictures, and have few colors" in out
    assert "--condition-format labels:palette" in out
    assert "targets are" not in out
    assert args.condition_format == ["channels:3"]


def test_a_palette_is_found_in_the_images_of_both_parts(tmp_path, pairs_of):
    """Also if a color is in the held-out pairs alone."""
    maps = [np.stack([blocks(9, 200)] * 3, -1)] * 3
    folder = pairs_of(maps, PHOTOS[:3])
    folder.rename(tmp_path / "train")
    maps = [np.stack([blocks(9, 50), blocks(9, 60), blocks(9, 70)], -1)] * 3
    pairs_of(maps, PHOTOS[:3]).rename(tmp_path / "val")
    (tmp_path / "all").mkdir()
    for part in ("train", "val"):
        (tmp_path / part).rename(tmp_path / "all" / part)
    said = ["--condition-format", "labels:palette,ignore=200,200,200"]
    args = options("train", "--data", tmp_path / "all", SIZE, *said)
    train, val = training_pairs(args)
    assert train.formats[0][0] == Labels(palette=[(9, 9, 9), (50, 60, 70)], ignore=(200, 200, 200))
    assert val.formats[0] == train.formats[0]
    with pytest.raises(ValueError, match=r"one of the colors of the label maps.*ignore=255"):
        said = ["--condition-format", "labels:palette,ignore=255"]
        training_pairs(options("train", "--data", tmp_path / "all", SIZE, *said))


def test_a_palette_of_halves(tmp_path):
    for number in range(3):
        both = np.concatenate([np.stack([blocks(0, 99)] * 3, -1), PHOTOS[number]], axis=1)
        Image.fromarray(both).save(tmp_path / f"{number}.png")
    said = ["--condition=left", "--condition-format=labels:palette", "--held-out=0.5"]
    train, _ = training_pairs(options("train", "--data", tmp_path, SIZE, *said))
    assert train.formats[0][0].palette == ((0, 0, 0), (99, 99, 99))


def test_each_image_of_a_condition_has_a_format(tmp_path, pairs_of):
    folder = pairs_of(IDS, PHOTOS)
    rows = [f"masks/{n}.png,photos/{n}.png,photos/{n}.png" for n in range(20)]
    (folder / "pairs.csv").write_text("\n".join(rows))
    data = ["train", "--data", folder / "pairs.csv", SIZE]
    args = options(*data)
    assert as_text(training_pairs(args)[0].formats[0][0]) == "labels:7,ignore=255"
    assert args.condition_format == ["labels:7,ignore=255", "channels:3"]
    said = ["--condition-format", "boundaries", "--condition-format", "channels:3"]
    train, _ = training_pairs(options(*data, *said))
    assert train.formats[0][0] == InstanceBoundaries()
    train, _ = training_pairs(options(*data, "--condition-format=percentile:1,99"))
    assert [format.value_range for format in train.formats[0]] == [("1%", "99%")] * 2
    with pytest.raises(ValueError, match=r"once for each of the 2 images.*labels:3 boundaries"):
        said = [f"--condition-format={text}" for text in ("channels:1", "labels:3", "boundaries")]
        training_pairs(options(*data, *said))


def test_the_model_says_what_is_not_said(pairs_of, tiny, model):
    folder = pairs_of(IDS, GREY)
    trained = tiny()
    trained.formats = (Labels(7, ignore=255),), Picture(1, interpolation="bicubic", dtype="uint8")
    data = ["evaluate", model, "--data", folder, SIZE]
    assert evaluation_pairs(options(*data), trained)[0].formats == trained.formats
    pairs, _ = evaluation_pairs(options(*data, "--target-format=channels:3"), trained)
    assert pairs.formats[0] == trained.formats[0]
    assert pairs.formats[1].channels == 3


def test_a_set_that_is_known_has_its_formats(tmp_path, monkeypatch):
    from keras_pix2pix.data.sets.detection import Layout

    layout = Layout("PASCAL VOC 2012", lambda **options: options)
    monkeypatch.setattr(
        "keras_pix2pix_cli.inputs.pairs_from_options.detected_layout", lambda _: layout
    )
    with pytest.raises(ValueError, match=r"is known\. Leave out --condition-format"):
        training_pairs(options("train", "--target-format=channels:1"))


def test_check_shows_the_formats(pairs_of, capsys):
    folder = pairs_of(IDS, GREY)
    assert __main__.main(["check", str(folder), SIZE]) == 0
    out = capsys.readouterr().out
    assert "conditions: labels:7,ignore=255 (see --condition-format)\ntargets: channels:1" in out
    assert __main__.main(["check", str(folder), SIZE, "--json", "--target-format=channels:3"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["formats"] == {"condition": "labels:7,ignore=255", "target": "channels:3"}
    assert found["parts"]["all"]["suspicious"] == [
        "All targets are grey, in 3 equal channels: what is generated would have colors. Use "
        "--target-format channels:1."
    ]


def test_check_advises_options_for_files_of_another_range(tmp_path, capsys):
    for side in ("a", "b"):
        (tmp_path / side).mkdir()
        for number in range(3):
            values = np.random.default_rng(number).normal(300, 9, (16, 16))
            Image.fromarray(values.astype("float32")).save(tmp_path / side / f"{number}.tif")
    assert __main__.main(["check", str(tmp_path), SIZE]) == 1
    printed = capsys.readouterr()
    assert "--condition-format or --target-format range:LOW..HIGH" in printed.out + printed.err
    assert "Picture(" not in printed.out + printed.err
    said = ["--condition-format=range:0..1000", "--target-format=range:0..1000"]
    assert __main__.main(["check", str(tmp_path), SIZE, *said]) == 0


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "All conditions are nearly black. For class indices use Labels(7, ignore=255).",
            "All conditions are nearly black. For class indices use --condition-format "
            "labels:7,ignore=255.",
        ),
        (
            "All targets: use Labels(3); for other values Picture(value_range=(0, 15)).",
            "All targets: use --target-format labels:3; for other values --target-format "
            "range:0..15.",
        ),
        (
            'a.png: use Labels(palette=find_palette("labels/")).',
            "a.png: use --condition-format or --target-format labels:palette.",
        ),
        (
            "Use Labels(palette=[0, 255]).",
            "Use --condition-format or --target-format labels:palette.",
        ),
        ("Use formats=(..., Picture(1)).", "Use --condition-format or --target-format channels:1."),
        (
            "target 3\nChoose the channels with formats.",
            "target 3\nChoose the channels with --condition-format or --target-format.",
        ),
        (
            "a.npy has 13 channels, and 3 channels are wanted. Convert it, or use Picture(13).",
            "a.npy has 13 channels, and 3 channels are wanted. Convert it, or use "
            "--condition-format or --target-format channels:13.",
        ),
        ("Use Picture(3, alpha='drop').", "Use Picture(3, alpha='drop')."),
        (
            "Convert the image, ignore alpha with Picture(3, alpha='drop'), or use Picture(4).",
            "Convert the image, or use --condition-format or --target-format channels:4.",
        ),
    ],
)
def test_messages_name_options(message, expected):
    assert with_options(message) == expected


def test_what_messages_advise_is_what_the_options_take():
    """A format that the library names is the one that its option says."""
    for format in (Labels(7), Picture(13)):
        name = f"{type(format).__name__}({format.channels})"
        assert to_format(with_options(name).split()[-1], []) == format


TINY = ["--depth=2", "--filters=2", "--receptive-field=16", "--epochs=1", "--steps-per-epoch=2"]


@pytest.mark.filterwarnings("default:.*what it shows is 8.0 times larger")
def test_formats_stay_with_a_model_from_training_to_pictures(tmp_path, capsys):
    """From grey of 16 bits to label maps with a palette."""
    for side in ("scans", "maps"):
        (tmp_path / "data" / side).mkdir(parents=True)
    for number in range(12):
        grey = Image.fromarray(
            np.linspace(900, 1100 + number, 256).astype("uint16").reshape(16, 16)
        )
        grey.save(tmp_path / "data" / "scans" / f"{number}.png")
        ids = blocks(0, 1, 2, 255, seed=number)
        indexed(ids, 256).save(tmp_path / "data" / "maps" / f"{number}.png")
    data, out = tmp_path / "data", tmp_path / "out"
    train = ["train", "--data", data, "--output", out, SIZE, *TINY, "--condition=scans"]
    train += ["--condition-format", "range:0..4095", "--held-out=0.4", "--json"]
    assert __main__.main([str(text) for text in train]) == 0
    assert "targets are read as --target-format labels:3,ignore=255" in capsys.readouterr().err
    settings = json.loads((out / "settings.json").read_text())
    assert settings["condition_format"] == ["range:0..4095"]
    assert settings["target_format"] == "labels:3,ignore=255"
    best = str(out / "best.keras")
    evaluate = ["evaluate", best, "--data", str(data), "--condition=scans", "--json"]
    assert __main__.main(evaluate) == 0
    assert "mean_iou" in json.loads(capsys.readouterr().out)
    assert __main__.main(["translate", best, str(data / "scans"), str(tmp_path / "new")]) == 0
    with Image.open(tmp_path / "new" / "3.png") as image:
        assert image.mode == "P" and image.getpalette()[:9] == [0, 0, 0, 30, 30, 30, 60, 60, 60]
        assert set(np.unique(np.asarray(image))) <= {0, 1, 2}
    # A photo, and a scan at another scale.
    Image.fromarray(colors(0)).save(tmp_path / "photo.png")
    scan = np.tile(np.arange(4096, dtype="uint16"), 4).reshape(128, 128)
    Image.fromarray(scan).save(tmp_path / "scan.png")
    capsys.readouterr()
    files = [str(tmp_path / name) for name in ("photo.png", "scan.png")]
    assert __main__.main(["translate", best, *files, str(tmp_path / "others")]) == 1
    told = capsys.readouterr().err
    assert "photo.png has 3 channels" in told
    assert "scan.png has 128 x 128 pixels" in told and "use --tile 512" in told
