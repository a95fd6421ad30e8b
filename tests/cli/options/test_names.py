"""Names of options: own ones, those of other implementations, and the folder of the pairs."""

import re

import pytest

import keras_pix2pix as kp
from keras_pix2pix_cli.options.arguments import parser
from keras_pix2pix_cli.options.names import OTHER_NAMES, OTHER_WAYS


def told_of(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args(arguments.split())
    assert stopped.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("--lr 0.001", "--learning-rate 0.001?"),
        ("--lr=0.001", "--learning-rate 0.001?"),
        ("--dataroot facades/", "--data facades/?"),
        ("--ngf 32 --epochs 3", "--filters 32?"),
        ("--lambda_L1 10", "--reconstruction-weight 10?"),
        ("--no_flip --epochs 3", "--no-augment?"),
        ("--direction AtoB", "--condition left for AtoB, or --condition right for BtoA?"),
        ("--netG unet_256", "--generator unet --depth 8 for unet_256, or"),
        ("--n_epochs 100", "--epochs, which is n_epochs and n_epochs_decay together?"),
        ("--load_size 286", "--image-size, the size of crop_size"),
        ("--crop_size 256", "--image-size 256?"),
        ("--learning_rte 1", "--learning-rate?"),
    ],
)
def test_a_name_of_another_implementation_is_answered_with_the_own_one(given, meant, capsys):
    told = told_of(f"train {given}", capsys)
    assert f"there is no option {given.split()[0].split('=')[0]}. Did you mean {meant}" in told


def test_nothing_is_suggested_that_the_command_does_not_have(capsys):
    assert told_of("translate m.keras a/ b/ --lr 1", capsys).endswith("no option --lr.")
    assert told_of("evaluate m.keras --direction AtoB", capsys).endswith("right for BtoA?")


def test_what_is_suggested_exists():
    options = {
        name
        for command in ("train", "translate", "evaluate", "check")
        for name in re.findall(r"--[a-z-]+", told_help(command))
    }
    suggested = {
        name
        for text in [*OTHER_NAMES.values(), *OTHER_WAYS.values()]
        for name in re.findall(r"--[a-z-]+", text)
    }
    assert suggested and suggested <= options


def told_help(command):
    (commands,) = (a.choices for a in parser()._actions if a.dest == "command")
    return commands[command].format_help()


def test_a_name_with_underscores_is_the_same_name():
    args = parser().parse_args(["train", "--batch_size", "3", "--image_size=8x9", "--held_out=.2"])
    assert (args.batch_size, args.image_size, args.held_out) == (3, [8, 9], 0.2)


@pytest.mark.parametrize(
    "arguments",
    [
        "train pairs/ --epochs 3",
        "train --epochs 3 pairs/",
        "train --data pairs/",
        "evaluate m.keras pairs/",
        "evaluate m.keras --json pairs/",
        "evaluate --json m.keras pairs/",
        "report m.keras page.html pairs/",
        "report m.keras page.html --pairs 2 pairs/",
        "export m.keras site/ pairs/ --format web",
        "check --swap pairs/",
        "check --data pairs/",
        "demo m.keras pairs/",
    ],
)
def test_pairs_are_named_with_or_without_an_option_at_any_place(arguments):
    assert parser().parse_args(arguments.split()).data == "pairs/"


def test_more_than_one_thing_left_over_is_refused(capsys):
    assert "two" in told_of("train --epochs 3 one two", capsys)
    told = told_of("train --data one --epochs 3 extra", capsys)
    assert "the pairs are named twice: extra and --data one" in told
    assert "the pairs are missing" in told_of("check", capsys)


def test_what_follows_two_dashes_is_no_option():
    assert parser().parse_args(["train", "--epochs", "3", "--", "--lr"]).data == "--lr"


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"keras-pix2pix {kp.__version__}\n"
