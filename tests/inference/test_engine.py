"""`translate(engine="onnx")` generates the pictures that Keras generates."""

import keras
import numpy as np
import pytest
from checks import noise
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.inference import engine


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return kp.Pix2Pix(kp.UNetGenerator(depth=2, filters=4, normalization="batch"))


def test_pictures_are_those_of_keras(model, tmp_path, monkeypatch):
    exports = []
    write = engine._write
    monkeypatch.setattr(engine, "_write", lambda *args: exports.append(write(*args)))
    # Two sizes, of which the generator divides none, and tiles.
    images = [np.round(127 * (noise(*size, 3) + 1)).astype("uint8") for size in ((9, 14), (30, 18))]
    for options in ({}, {"batch_size": 2}, {"tile": 16, "overlap": 8}):
        found = model.translate(images, engine="onnx", **options)
        for one, other in zip(found, model.translate(images, **options)):
            assert one.dtype == "uint8" and np.abs(one.astype(int) - other).max() <= 1
    Image.fromarray(images[0]).save(tmp_path / "image.png")
    done = model.translate_files(tmp_path / "image.png", tmp_path / "out", engine="onnx")
    expected = model.translate(images[0])
    written = np.asarray(Image.open(done.written[0]))
    assert np.abs(written.astype(int) - expected).max() <= 1
    assert len(exports) == 1
    # Other weights, other pictures: the model is written again.
    kernel = model.generator.trainable_variables[0]
    kernel.assign(kernel + 1)
    after = model.translate(images[0], engine="onnx")
    assert np.abs(after.astype(int) - model.translate(images[0])).max() <= 1
    assert np.abs(after.astype(int) - expected).max() > 1 and len(exports) == 2


def test_what_it_cannot_do_is_refused(model):
    image = np.zeros((16, 16, 3), "uint8")
    with pytest.raises(ValueError, match="engine must be None or one of 'onnx'"):
        model.translate(image, engine="tensorrt")
    with pytest.raises(ValueError, match=r"has no noise.*stochastic=True, tile=None"):
        model.translate(image, engine="onnx", stochastic=True)
    normalized = kp.Pix2Pix(kp.UNetGenerator(depth=2, filters=4))
    with pytest.raises(ValueError, match=r"statistics of a whole image.*tile=16"):
        normalized.translate(image, engine="onnx", tile=16, overlap=8)


def test_a_failure_of_tensorflow_is_told(model, monkeypatch):
    monkeypatch.setattr(engine, "PROGRAM", "raise ValueError('no such layer')")
    monkeypatch.setattr(engine, "_known", {})
    with pytest.raises(ValueError, match=r"leave engine out. The reason: .*no such layer"):
        model.translate(np.zeros((16, 16, 3), "uint8"), engine="onnx")


def test_onnx_runtime_is_asked_for(model, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    monkeypatch.setattr(engine, "_known", {})
    with pytest.raises(ImportError, match=r"pip install keras-pix2pix\[onnx\]"):
        model.translate(np.zeros((16, 16, 3), "uint8"), engine="onnx")
