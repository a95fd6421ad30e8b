"""Folders of pairs and model files for the commands."""

import shutil

import keras
import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """40 pairs of masks and photos of 16 x 16 pixels."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for side, levels in (("masks", 2), ("photos", 256)):
        (root / side).mkdir()
        for number in range(40):
            values = rng.integers(0, levels, (16, 16, 3), dtype="uint8") * (255 // (levels - 1))
            Image.fromarray(values).save(root / side / f"{number}.png")
    return root


@pytest.fixture(scope="session")
def broken_folder(folder, tmp_path_factory):
    """The same pairs with one photo that cannot be read."""
    root = shutil.copytree(folder, tmp_path_factory.mktemp("broken") / "data")
    (root / "photos" / "3.png").write_bytes(b"")
    return root


@pytest.fixture(scope="session")
def small_folder(folder, tmp_path_factory):
    """Ten of the pairs."""
    root = tmp_path_factory.mktemp("small") / "data"
    return shutil.copytree(folder, root, ignore=shutil.ignore_patterns("[123]?.png"))


@pytest.fixture(scope="session")
def model(tmp_path_factory, tiny):
    """The file of a compiled model."""
    path = tmp_path_factory.mktemp("model") / "model.keras"
    made = tiny()
    made.compile()
    made.save(path)
    return path


@pytest.fixture(scope="session")
def negating():
    """A function that makes a model whose pictures are the negatives of its conditions."""

    def make(condition, target=None):
        inputs = keras.Input((None, None, condition.channels))
        pictures = keras.layers.Rescaling(-1.0)(inputs)
        if condition.channels != 3:
            pictures = keras.layers.Conv2D(3, 1, kernel_initializer="ones")(pictures)
        model = kp.Pix2Pix(
            keras.Model(inputs, pictures),
            kp.PatchDiscriminator((None, None, condition.channels), receptive_field=1, filters=2),
        )
        target = target or kp.data.Picture(3, interpolation="bicubic", dtype="uint8")
        model.formats = (condition,), target
        return model

    return make


@pytest.fixture(scope="session")
def drawable():
    """A function that makes a dataset of drawn conditions of 16 x 16 pixels."""

    def make(conditions, format):
        targets = np.zeros((*np.shape(conditions)[:3], 3), "uint8")
        formats = format, kp.data.Picture(3, interpolation="bicubic", dtype="uint8")
        return kp.data.PairDataset(conditions, targets, image_size=16, formats=formats)

    return make


@pytest.fixture
def masks(drawable):
    """Two masks, mostly black, with a white corner."""
    conditions = np.zeros((2, 16, 16, 3), "uint8")
    conditions[:, :4, :8] = 255
    return drawable(conditions, kp.data.Picture(3, interpolation="nearest", dtype="uint8"))
