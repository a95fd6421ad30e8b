"""Models in files: written whole, loaded, and refused where they are something else."""

import keras
import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix_cli.inputs import model_file


def test_a_saved_model_is_loaded_with_its_weights(tiny, tmp_path):
    model = tiny()
    model.compile(adversarial_loss="lsgan")
    model_file.save(model, tmp_path / "new" / "model.keras")
    loaded = model_file.load(str(tmp_path / "new" / "model.keras"))
    assert isinstance(loaded, kp.Pix2Pix)
    assert loaded.get_compile_config()["adversarial_loss"] == "lsgan"
    for pair in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(*pair)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["model.keras"]


def test_a_model_that_cannot_be_written_leaves_the_old_one(tiny, tmp_path, monkeypatch):
    (tmp_path / "model.keras").write_text("old")
    model = tiny()

    def fail(path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model, "save", fail)
    with pytest.raises(OSError, match="No space"):
        model_file.save(model, tmp_path / "model.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert (tmp_path / "model.keras").read_text() == "old"


def test_other_files_are_refused_in_one_line_with_their_name(tmp_path):
    (tmp_path / "text.keras").write_text("hello")
    (tmp_path / "folder.keras").mkdir()
    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    plain.save(tmp_path / "plain.keras")
    for name, message in (
        ("missing.keras", "There is no file"),
        ("folder.keras", "There is no file"),
        ("text.keras", "cannot be loaded as a Keras model: "),
        ("plain.keras", "must hold a Pix2Pix.* Received: a Sequential"),
    ):
        with pytest.raises(ValueError, match=message) as refused:
            model_file.load(tmp_path / name)
        assert name in str(refused.value)
        assert "\n" not in str(refused.value)


def test_an_error_without_a_text_is_told_by_its_type(tmp_path, monkeypatch):
    (tmp_path / "model.keras").write_text("")

    def fail(path):
        raise KeyError

    monkeypatch.setattr(keras.saving, "load_model", fail)
    with pytest.raises(ValueError, match=r"cannot be loaded as a Keras model: .*KeyError"):
        model_file.load(tmp_path / "model.keras")
