"""The page with all options: complete, and as the parser has them."""

import runpy
import types
from pathlib import Path

import pytest

from keras_pix2pix_cli.options.arguments import parser
from keras_pix2pix_cli.options.reference import page

ROOT = Path(__file__).resolve().parents[3]
(COMMANDS,) = (action.choices for action in parser()._actions if action.dest == "command")


def section(command):
    _, _, text = page().partition(f"\n## {command}\n")
    return text.partition("\n## ")[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_of_a_command_is_on_the_page(command):
    text = section(command)
    for action in COMMANDS[command]._actions:
        if action.dest != "help":
            name = action.option_strings[-1] if action.option_strings else action.metavar
            assert f"\n- `{name}" in text, name
            for choice in action.choices or ():
                assert str(choice) in text
    for line in COMMANDS[command].epilog.splitlines()[1:]:
        assert f"\n    {line.strip()}\n" in text


def test_defaults_are_told_but_for_switches():
    text = section("train")
    assert "\n- `--epochs N`: epochs of the whole training (default: `200`)\n" in text
    assert "(default: `False`)" not in page() and "SUPPRESS" not in page()
    assert "\n    keras-pix2pix train [options] [FOLDER]\n" in text
    assert "\n    keras-pix2pix translate [options] MODEL SOURCE ... OUTPUT\n" in page()
    # Sphinx would make a dash of two.
    assert "goes on with more `--epochs`." in text


def test_the_site_has_the_page(tmp_path):
    (tmp_path / "guides").mkdir()
    configuration = runpy.run_path(str(ROOT / "docs" / "conf.py"))
    configuration["write_options"](types.SimpleNamespace(srcdir=tmp_path))
    assert (tmp_path / "guides" / "options.md").read_text() == page()
    assert "guides/options\n" in (ROOT / "docs" / "index.md").read_text()
