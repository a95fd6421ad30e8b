"""The settings of a training: written, read beside a model, and those of a later version."""

import json

import pytest

from keras_pix2pix.data.sets.image_sets import SAMPLES
from keras_pix2pix_cli.options.arguments import parser
from keras_pix2pix_cli.training import settings


def test_settings_are_read_beside_a_model(tmp_path):
    assert settings.beside(tmp_path / "model.keras") == {}
    (tmp_path / "settings.json").write_text('{"epochs": 3}')
    assert settings.beside(str(tmp_path / "model.keras")) == {"epochs": 3}


def test_paths_are_kept_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    args = parser().parse_args(["train", "pairs", "--from", "old.keras"])
    kept = settings.of_options(args)
    assert (kept["data"], kept["from"]) == (str(tmp_path / "pairs"), str(tmp_path / "old.keras"))
    assert kept["version"] == settings.VERSION
    # As JSON returns them.
    assert json.loads(json.dumps(kept)) == kept


def test_without_a_folder_the_pairs_are_the_sample():
    assert settings.sample_folder() == SAMPLES
    assert settings.of_options(parser().parse_args(["train"]))["data"] == str(SAMPLES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"version": 2}', "written by a newer keras-pix2pix: its settings have version 2"),
        ("{", "settings.json is not a file of settings"),
        ("[1]", r"must hold the settings of a training. Received: \[1\]"),
    ],
)
def test_what_cannot_be_understood_is_refused(text, told, tmp_path):
    (tmp_path / "settings.json").write_text(text)
    for read in (
        lambda: settings.beside(tmp_path / "best.keras"),
        lambda: settings.check_folder(tmp_path, {"epochs": 3}),
    ):
        with pytest.raises(ValueError, match=told):
            read()


def test_what_is_not_known_yet_is_not_compared(tmp_path):
    (tmp_path / "settings.json").write_text('{"epochs": 3, "recipe": "sharp", "seed": 0}')
    assert settings.check_folder(tmp_path, {"epochs": 3, "seed": 0}) == 0
    with pytest.raises(ValueError, match="started with --recipe sharp"):
        settings.check_folder(tmp_path, {"epochs": 3, "seed": 0, "recipe": "small"})
