"""The option of commands that take pictures, and compute the conditions from them."""

import keras
import numpy as np
import pytest

from keras_pix2pix.data import Gray, Noise, PairDataset
from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix_cli import commands
from keras_pix2pix_cli.__main__ import main


@pytest.fixture(scope="module")
def computing(tiny, folder, tmp_path_factory):
    """The file of a model whose conditions were computed from pictures."""
    path = tmp_path_factory.mktemp("computing") / "model.keras"
    return saved(tiny(), PairDataset.from_pictures(folder / "photos", Noise()), path)


def saved(model, data, path):
    model.formats, model.condition = data.formats, data.condition
    model.save(path)
    return path


def test_pictures_are_translated(computing, folder, tmp_path):
    arguments = ["translate", str(computing), str(folder / "photos" / "1.png"), str(tmp_path)]
    assert main([*arguments, "--from-picture"]) == 0
    found = read_image(tmp_path / "1.png")
    model = keras.saving.load_model(computing)
    model.translate_files(folder / "photos" / "1.png", tmp_path / "expected", from_picture=True)
    np.testing.assert_array_equal(found, read_image(tmp_path / "expected" / "1.png"))
    assert main([*arguments, "--overwrite"]) == 0
    assert (read_image(tmp_path / "1.png") != found).any()


@pytest.mark.parametrize("more", [[], ["--from-picture"]])
def test_an_export_is_told(more, tiny, folder, tmp_path, monkeypatch):
    gray = PairDataset.from_pictures(folder / "photos", Gray())
    path = saved(tiny(), gray, tmp_path / "model.keras")
    told = {}
    monkeypatch.setattr(commands.exporting, "export", lambda *_, **options: told.update(options))
    assert main(["export", str(path), str(tmp_path / "new.onnx"), *more]) == 0
    assert told["from_picture"] is bool(more)
