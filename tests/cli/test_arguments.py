"""The command line as a user meets it: help, usage, errors, signals."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import pytest

import keras_pix2pix as kp
from keras_pix2pix_cli.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ["train", "translate", "evaluate", "export", "check", "report", "convert", "demo"]


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    assert set(COMMANDS) <= set(re.findall(r"^    (\w+)", printed, re.MULTILINE))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_shows_an_example(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"example:\n  keras-pix2pix {command} " in capsys.readouterr().out


def test_defaults_are_those_of_the_library(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    told = dict(
        re.findall(
            r"--([\w-]+)(?:(?! --)[^(])*\(default:\s+([^)]+)\)",
            " ".join(capsys.readouterr().out.split()),
        )
    )
    generator, discriminator = (
        kp.UNetGenerator(depth=2, filters=2),
        kp.PatchDiscriminator(filters=2),
    )
    assert told["depth"] == "8"
    assert told["filters"] == "64"
    assert told["receptive-field"] == str(discriminator.receptive_field)
    assert told["normalization"] == generator.normalization
    assert told["adversarial-loss"] == "vanilla"
    assert told["reconstruction-weight"] == "100.0"
    assert told["held-out"] == "0.1"
    assert told["seed"] == "0"


def test_help_does_not_import_keras():
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
    "arguments",
    [
        [],
        ["unknown"],
        ["train", "--epochs", "0"],
        ["train", "--image-size", "1x2x3"],
        ["train", "--held-out", "1"],
        ["train", "--adversarial-loss", "other"],
        ["evaluate"],
        ["check"],
    ],
)
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: keras-pix2pix" in capsys.readouterr().err


def test_an_error_is_told_without_a_traceback(tmp_path, capsys):
    assert main(["check", str(tmp_path / "missing")]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert re.fullmatch(r"keras-pix2pix check: .*missing is neither a folder.*\n", told.err)


@pytest.mark.slow
def test_a_training_that_is_terminated_leaves_a_model_and_says_so(tmp_path):
    command = [
        sys.executable,
        "-m",
        "keras_pix2pix_cli",
        "train",
        "--output",
        str(tmp_path / "out"),
    ]
    sizes = {
        "image-size": 16,
        "depth": 2,
        "filters": 2,
        "receptive-field": 16,
        "steps-per-epoch": 2,
    }
    options = [text for name, value in sizes.items() for text in (f"--{name}", str(value))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*command, *options, "--epochs", "100000"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for _ in range(1200):
            if (tmp_path / "out" / "backup").exists() or process.poll() is not None:
                break
            time.sleep(0.25)
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=300)[1]
    assert process.returncode == 128 + signal.SIGTERM, errors
    assert "The same command goes on" in errors
    assert "Traceback" not in errors
    model = keras.saving.load_model(tmp_path / "out" / "model.keras")
    assert isinstance(model, kp.Pix2Pix)
    assert not list((tmp_path / "out").glob(".*"))
