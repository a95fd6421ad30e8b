"""A backend that is missing is named before Keras is imported, with what to install."""

import importlib.util
import os
import subprocess
import sys

import pytest

from keras_pix2pix import installed_backend

# A program in which packages are as if they were not installed.
WITHOUT = """
import importlib.util, sys
missing, find = set({missing!r}), importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in missing else find(name, *rest)
import {package}
"""


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """A function that says which backends there are, and what the environment chooses."""
    find = importlib.util.find_spec

    def those(*names, chosen=None):
        monkeypatch.setattr(
            importlib.util,
            "find_spec",
            lambda name: None if name in {*installed_backend.NAMES} - {*names} else find("json"),
        )
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        monkeypatch.delenv("KERAS_BACKEND", raising=False)
        if chosen:
            monkeypatch.setenv("KERAS_BACKEND", chosen)

    return those


def run_without(*missing, package="keras_pix2pix", **environment):
    code = WITHOUT.format(missing=missing, package=package)
    kept = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return subprocess.run(
        [sys.executable, "-c", code], env=kept | environment, capture_output=True, text=True
    )


def test_what_is_installed_is_accepted(installed):
    installed("torch", chosen="torch")
    installed_backend.refuse_missing_backend()
    installed("tensorflow")
    installed_backend.refuse_missing_backend()


def test_the_message_names_the_command_and_what_is_there(installed):
    installed("torch")
    with pytest.raises(ImportError) as raised:
        installed_backend.refuse_missing_backend()
    said = str(raised.value)
    assert "TensorFlow here, which is not installed" in said
    assert "pip install 'keras-pix2pix[tensorflow]'" in said
    assert "KERAS_BACKEND=torch" in said
    assert "KERAS_BACKEND=jax" not in said


def test_without_any_backend_it_names_only_the_command(installed):
    installed(chosen="jax")
    with pytest.raises(ImportError, match=r"pip install 'keras-pix2pix\[jax\]'") as raised:
        installed_backend.refuse_missing_backend()
    assert "KERAS_BACKEND=" not in str(raised.value)


def test_the_file_of_keras_chooses_where_the_environment_does_not(installed, tmp_path):
    installed("tensorflow")
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    assert installed_backend.chosen_backend() == "torch"
    with pytest.raises(ImportError, match="PyTorch"):
        installed_backend.refuse_missing_backend()
    (tmp_path / "keras.json").write_text("{")
    assert installed_backend.chosen_backend() == "tensorflow"
    installed("tensorflow", chosen="jax")
    assert installed_backend.chosen_backend() == "jax"


def test_a_backend_of_another_name_is_left_to_keras(installed):
    installed(chosen="openvino")
    installed_backend.refuse_missing_backend()


def test_the_import_of_the_package_says_so_before_keras():
    done = run_without("jax", KERAS_BACKEND="jax")
    assert done.returncode == 1
    assert "pip install 'keras-pix2pix[jax]'" in done.stderr
    assert "keras/src" not in done.stderr


def test_the_command_line_says_so_in_a_line():
    done = run_without(
        "jax",
        package="keras_pix2pix_cli.__main__ as program; sys.exit(program.main(['check', '.']))",
        KERAS_BACKEND="jax",
    )
    assert done.returncode == 1
    assert "pip install 'keras-pix2pix[jax]'" in done.stderr
    assert "Traceback" not in done.stderr
