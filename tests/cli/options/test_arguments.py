"""The commands and their options: help, wrong usage, and defaults and choices of the library."""

import argparse
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import keras_pix2pix as kp
from keras_pix2pix.data.files.geometry import RESIZE_MODES
from keras_pix2pix.data.sets.detection import detect_layout
from keras_pix2pix.exporting.export import FORMATS, WEIGHTS
from keras_pix2pix.inference.engine import ENGINES
from keras_pix2pix.losses.objectives import OBJECTIVES
from keras_pix2pix.networks.discriminators.patchgan import HALVINGS
from keras_pix2pix.pix2pix import UPDATES
from keras_pix2pix.training.optimizer import paper_adam
from keras_pix2pix_cli.__main__ import main
from keras_pix2pix_cli.drawing.server import serve
from keras_pix2pix_cli.options.arguments import parser

ROOT = Path(__file__).resolve().parents[3]
(COMMANDS,) = (
    action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
)
OPTIONS = {
    (command, action.dest): action
    for command, subparser in COMMANDS.items()
    for action in subparser._actions
    if action.dest != "help"
}
POSITIONAL = {key for key, action in OPTIONS.items() if action.required}

# The functions of the library that take what an option of a command names. If the name of the
# argument is another one, it follows the function.
UNET, RESNET, PATCHGAN = kp.UNetGenerator, kp.ResNetGenerator, kp.PatchDiscriminator
COMPILE, EVALUATE = kp.Pix2Pix.compile, kp.Pix2Pix.evaluate
LIBRARY = {
    "train": {
        "condition": [detect_layout],
        "swap": [detect_layout],
        "image_size": [kp.data.load_pascal_s],
        "resize": [kp.data.PairDataset],
        "on_error": [kp.data.PairDataset],
        "batch_size": [kp.data.PairDataset],
        "held_out": [kp.data.PairDataset.split],
        "cache": [kp.data.PairDataset],
        "seed": [kp.data.PairDataset],
        "depth": [UNET],
        "filters": [UNET, RESNET, PATCHGAN],
        "blocks": [RESNET],
        "normalization": [UNET, RESNET, PATCHGAN],
        "receptive_field": [PATCHGAN],
        "adversarial_loss": [COMPILE],
        "reconstruction_weight": [COMPILE],
        "update": [COMPILE],
    },
    "translate": {
        name: [kp.Pix2Pix.translate_files, kp.Pix2Pix.translate]
        for name in (
            "batch_size",
            "stochastic",
            "seed",
            "samples",
            "tile",
            "overlap",
            "from_picture",
        )
    }
    | {name: [kp.Pix2Pix.translate_files] for name in ("overwrite", "part")},
    "evaluate": {
        "condition": [detect_layout],
        "swap": [detect_layout],
        "on_error": [kp.data.PairDataset],
        "batch_size": [kp.data.PairDataset],
        "samples": [EVALUATE],
        "seed": [EVALUATE],
    },
    "export": {
        "condition": [detect_layout],
        "swap": [detect_layout],
        "on_error": [kp.data.PairDataset],
        "format": [kp.export],
        "weights": [kp.export],
        "from_picture": [kp.export],
        "title": [kp.export],
        "labels": [kp.export],
        "overwrite": [kp.export],
    },
    "check": {
        "condition": [detect_layout],
        "swap": [detect_layout],
        "image_size": [kp.data.load_pascal_s],
        "resize": [kp.data.PairDataset],
    },
    "report": {"pairs": [kp.callbacks.HTMLReport]},
    "convert": {},
    "prepare": {
        "resize": [kp.data.PairDataset],
        "seed": [kp.data.PairDataset],
        "overwrite": [kp.Pix2Pix.translate_files],
    },
    "demo": {
        "condition": [detect_layout],
        "swap": [detect_layout],
        "on_error": [kp.data.PairDataset],
        "title": [serve],
        "labels": [serve],
        "host": [serve],
        "port": [serve],
    },
}
LIBRARY["report"] |= LIBRARY["evaluate"]
# What the command line alone decides.
OWN = {
    ("train", "epochs"): 200,
    ("train", "output"): "training",
    ("train", "generator"): "unet",
    ("train", "schedule"): "linear",
}
# Options that choose among names which the library knows.
CHOICES = {
    "resize": [resize for resize in RESIZE_MODES if resize],
    "receptive_field": list(HALVINGS),
    "adversarial_loss": [*OBJECTIVES, "none"],
    "update": list(UPDATES),
    "format": list(FORMATS),
    "weights": list(WEIGHTS),
    "normalization": ["instance", "batch", "group"],
    "on_error": ["raise", "skip"],
    "layout": ["side-by-side", "folders", "conditions"],
    "generator": ["unet", "resnet"],
    "schedule": ["linear", "constant"],
    "recipe": ["sharp", "small", "labels", "paper"],
    "engine": list(ENGINES),
    "monitor": ["mean_iou", "perceptual", "ssim", "psnr", "reconstruction_loss", "loss"],
}


def default_of(function, argument):
    return inspect.signature(function).parameters[argument].default


def help_of(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("command", "option"),
    [(command, option) for command, options in LIBRARY.items() for option in options],
)
def test_a_default_is_the_one_of_the_library(command, option):
    default = OPTIONS[command, option].default
    for function in LIBRARY[command][option]:
        assert default == default_of(function, option), function
        assert type(default) is type(default_of(function, option)), function


def test_every_default_is_compared_with_the_library():
    compared = {(command, option) for command, options in LIBRARY.items() for option in options}
    literals = {
        key
        for key, action in OPTIONS.items()
        if key not in POSITIONAL and action.default is not None and action.default is not False
    }
    assert literals - compared - {("train", "learning_rate")} == set(OWN)
    assert {key: OPTIONS[key].default for key in OWN} == OWN


def test_the_learning_rate_is_that_of_the_papers_optimizer():
    rate = float(paper_adam().learning_rate)
    assert OPTIONS["train", "learning_rate"].default == pytest.approx(rate)


def test_the_help_tells_the_default_dropout_of_both_generators(capsys):
    unet, resnet = default_of(UNET, "dropout"), default_of(RESNET, "dropout")
    told = f"(default: {unet} for a U-Net, {resnet} for a ResNet)"
    assert told in help_of("train", capsys)


@pytest.mark.parametrize("command", ["evaluate", "report", "export", "demo"])
def test_the_help_of_scaling_tells_the_default_without_settings(command, capsys):
    size = default_of(kp.data.load_pascal_s, "image_size")
    resize = default_of(kp.data.PairDataset, "resize")
    printed = help_of(command, capsys)
    for default in (size, resize):
        told = (
            f"(default: the value in settings.json beside the model; without that file, {default})"
        )
        assert told in printed


@pytest.mark.parametrize(
    "key", [key for key, action in OPTIONS.items() if action.choices], ids=" ".join
)
def test_choices_are_those_of_the_library(key):
    assert OPTIONS[key].choices == CHOICES[key[1]]


@pytest.mark.parametrize("name", ["instance", "batch", "group"])
def test_the_library_knows_each_normalization(name):
    for make in (
        lambda: UNET(depth=2, filters=2, normalization=name),
        lambda: RESNET(blocks=1, filters=2, normalization=name),
        lambda: PATCHGAN(receptive_field=16, filters=2, normalization=name),
    ):
        assert make().normalization == name


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    assert set(re.findall(r"^    (\w+)", printed, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_a_command_is_a_valid_use_of_it(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    _, _, examples = capsys.readouterr().out.partition("example:\n")
    lines = examples.strip().splitlines()
    for line in lines:
        program, *arguments = line.split()
        assert program == "keras-pix2pix"
        assert parser().parse_args(arguments).command == command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_a_help_text(command):
    assert all(action.help for action in COMMANDS[command]._actions)


def test_defaults_are_told_but_for_switches(capsys):
    printed = help_of("train", capsys)
    assert "(default: 8)" in printed and "(default: 0.0002)" in printed
    assert "(default: False)" not in printed and "(default: None)" not in printed


def test_help_imports_nothing_slow():
    code = (
        "import sys\nfrom keras_pix2pix_cli.__main__ import main\n"
        "try:\n    main(['train', '--help'])\nexcept SystemExit:\n    pass\n"
        "print({'keras', 'keras_pix2pix', 'numpy', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "COMMAND"),
        (["unknown"], "unknown"),
        (["trian"], "Did you mean train?"),
        (["train", "--epochs", "0"], "must be at least 1, not 0"),
        (["train", "--epochs", "two"], "must be a whole number, not 'two'"),
        (["train", "--seed", "x"], "must be a whole number, not 'x'"),
        (["train", "--held-out", "ten"], "must be a number, not 'ten'"),
        (["train", "--image-size", "100x"], "must be N or HEIGHTxWIDTH, not 100x"),
        (["train", "--image-size", "1x2x3"], "must be N or HEIGHTxWIDTH, not 1x2x3"),
        (["train", "--image-size", "0x2"], "must be at least 1"),
        (["train", "--held-out", "1"], "must be between 0 and 1, not 1"),
        (["train", "--held-out", "0"], "must be between 0 and 1, not 0"),
        (["train", "--learning-rate", "0"], "must be above 0, not 0"),
        (["train", "--learning-rate", "inf"], "must be above 0, not inf"),
        (["train", "--adversarial-loss", "other"], "other"),
        (["train", "--reconstruction-weight", "-1"], "must be at least 0, not -1"),
        (["train", "--monitor", "other"], "other"),
        (["train", "--monitor", "val_ssim"], "Did you mean ssim?"),
        (["train", "masks/", "photos/"], "must be in one folder, such as one with masks/"),
        (["train", "one/", "--data", "two/"], "the pairs are named twice: one/ and --data two/"),
        (["evaluate"], "MODEL"),
        (["check"], "FOLDER"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(arguments, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    # The usage takes no more than a line, so that the message is seen.
    usage, message = told.splitlines()
    assert usage.startswith("usage: keras-pix2pix") and usage.endswith("--help shows the options)")
    assert said in message


@pytest.mark.parametrize(
    ("text", "size"), [("256", 256), ("128x64", [128, 64]), ("1", 1), ("1x1", [1, 1])]
)
def test_an_image_size_is_one_side_or_two(text, size):
    assert parser().parse_args(["train", "--image-size", text]).image_size == size
