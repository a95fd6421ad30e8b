"""The program as a user meets it: errors, warnings, exit codes, signals."""

import os
import re
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import keras
import pytest

import keras_pix2pix as kp
from keras_pix2pix_cli import commands
from keras_pix2pix_cli.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(tmp_path):
    """The path of a folder with files that are not refused before they are read."""
    for name in ("image.png", "net_G.pth"):
        (tmp_path / name).touch()
    return str(tmp_path)


def test_an_error_is_told_without_a_traceback(tmp_path, capsys):
    assert main(["check", str(tmp_path / "missing")]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert re.fullmatch(r"keras-pix2pix check: .*missing is neither a folder.*\n", told.err)


def test_a_message_takes_the_place_of_a_bar_and_names_the_command_that_helps(
    place, monkeypatch, capsys
):
    def doubt(args):
        raise ValueError("a.png has ... Scale it to about 128 x 64 first.")

    monkeypatch.setattr(commands, "check", doubt)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["check", place]) == 1
    told = capsys.readouterr().err
    assert "\r\x1b[Kkeras-pix2pix check: a.png has ... Scale it to about 128 x 64" in told
    assert " first (keras-pix2pix prepare resize FOLDER NEW --size 128x64).\n" in told


@pytest.mark.parametrize("error", [ValueError, OSError, ImportError, FileExistsError])
def test_what_users_can_mend_is_told_and_exits_with_1(error, place, monkeypatch, capsys):
    def fail(args):
        raise error("the reason")

    monkeypatch.setattr(commands, "check", fail)
    assert main(["check", place]) == 1
    assert capsys.readouterr().err == "keras-pix2pix check: the reason\n"


def test_a_tilde_is_the_home_folder_where_no_shell_has_replaced_it(monkeypatch, tmp_path):
    """As in --output=~/folder."""
    given = []
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(commands, "train", lambda args: given.append(args.output) or 0)
    assert main(["train", "--output=~/training"]) == 0
    assert given == [str(tmp_path / "training")]


def test_a_mistake_of_the_program_is_not_hidden(place, monkeypatch):
    def fail(args):
        raise TypeError("a mistake")

    monkeypatch.setattr(commands, "check", fail)
    with pytest.raises(TypeError, match="a mistake"):
        main(["check", place])


def test_ctrl_c_exits_with_130(place, monkeypatch):
    def interrupt(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "check", interrupt)
    assert main(["check", place]) == 130


def test_a_command_returns_its_exit_code_and_warnings_are_one_line(place, monkeypatch, capsys):
    def warn(args):
        warnings.warn("something is odd", UserWarning, stacklevel=2)
        return 7

    monkeypatch.setattr(commands, "check", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["check", place]) == 7
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "keras-pix2pix check: something is odd\n"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Leave them out with on_error='skip'.", "Leave them out with --on-error skip."),
        ("Give image_size, or batch_size=1.", "Give image_size, or --batch-size 1."),
        ("x is there. Say overwrite=True.", "x is there. Say --overwrite."),
        ("Received: reconstruction_weight=-1.5", "Received: --reconstruction-weight -1.5"),
        ("Try augment=True, my_seed=3.", "Try augment=True, my_seed=3."),
    ],
)
def test_arguments_in_messages_are_named_as_options(message, told, monkeypatch, capsys):
    def fail(args):
        raise ValueError(message)

    monkeypatch.setattr(commands, "train", fail)
    assert main(["train"]) == 1
    assert capsys.readouterr().err == f"keras-pix2pix train: {told}\n"


def test_messages_go_to_stderr_only_beside_json(place, monkeypatch, capsys):
    def speak(args):
        print("a message", file=args.messages)
        return 0

    monkeypatch.setattr(commands, "check", speak)
    main(["check", place])
    assert capsys.readouterr().out == "a message\n"
    main(["check", place, "--json"])
    assert capsys.readouterr().err == "a message\n"
    # A command without the option.
    monkeypatch.setattr(commands, "convert", speak)
    main(["convert", f"{place}/net_G.pth", "new.keras"])
    assert capsys.readouterr().out == "a message\n"


@pytest.mark.slow
def test_export_chooses_tensorflow_before_keras_is_imported(tmp_path):
    code = (
        "import sys\nfrom keras_pix2pix_cli.__main__ import main\n"
        "main(sys.argv[1:])\n"
        "import keras\nprint(keras.backend.backend())"
    )
    backend = keras.backend.backend()
    for arguments, expected in (
        (["export", "missing.keras", "out"], "tensorflow"),
        (["evaluate", "missing.keras"], backend),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == expected


@pytest.mark.slow
def test_a_training_that_is_terminated_leaves_a_model_and_says_so(tmp_path):
    options = {
        "output": tmp_path / "out",
        "image-size": 16,
        "depth": 2,
        "filters": 2,
        "receptive-field": 16,
        "steps-per-epoch": 2,
        "epochs": 100000,
    }
    arguments = [str(text) for name, value in options.items() for text in (f"--{name}", value)]
    with subprocess.Popen(
        [sys.executable, "-m", "keras_pix2pix_cli", "train", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
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
    assert "run the same command again" in errors
    assert "Traceback" not in errors
    model = keras.saving.load_model(tmp_path / "out" / "model.keras")
    assert isinstance(model, kp.Pix2Pix)
    assert not list((tmp_path / "out").glob(".*"))
