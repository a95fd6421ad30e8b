"""Every exported file in its own runtime, beside Keras."""

import json
import sys

import keras
import numpy as np
import pytest
from checks import noise, randomize

import keras_pix2pix as kp
from keras_pix2pix.data import InstanceBoundaries, Labels, Picture
from keras_pix2pix.exporting.export import in_float32

EXPORTS = keras.backend.backend() == "tensorflow"
exports = pytest.mark.skipif(not EXPORTS, reason="TensorFlow exports")
PATHS = {"onnx": "m.onnx", "litert": "m.tflite", "openvino": "m.xml", "saved_model": "m"}
# Batch, height and width; the depth of 2 divides only the first.
SIZES = [(1, 16, 16), (3, 13, 22), (2, 1, 1), (1, 40, 7)]


@pytest.fixture(scope="module")
def model():
    """From classes and borders to a picture; each normalizes otherwise."""
    unet = kp.UNetGenerator((None, None, 5), depth=2, filters=4)
    model = kp.Pix2Pix(unet, kp.PatchDiscriminator((None, None, 5), receptive_field=16, filters=4))
    model.formats = (Labels(4, ignore=255), InstanceBoundaries()), Picture(3, dtype="uint8")
    randomize(model.generator)
    return model


@pytest.fixture(scope="module")
def stored(model):
    """Conditions of several sizes, and what `translate` makes of them."""
    rng = np.random.default_rng(0)
    conditions = [
        (
            rng.choice([0, 1, 2, 3, 255], (*size, 1)).astype("uint8"),
            rng.integers(0, 3, (*size, 1)).astype("int32"),
        )
        for size in SIZES
    ]
    return [(images, model.translate(images)) for images in conditions]


@pytest.fixture(scope="module")
def floats(model):
    """Conditions of several sizes in [-1, 1], and what the network makes of them."""
    conditions = [noise(*size, 5) for size in SIZES]
    return [(images, model.predict_on_batch(images)) for images in conditions]


@exports
@pytest.mark.parametrize("format", PATHS)
def test_a_file_computes_what_translate_does(run_file, model, stored, tmp_path, format):
    path = kp.export(model, tmp_path / PATHS[format])
    for images, expected in stored:
        picture = run_file(path, dict(zip(("condition_1", "condition_2"), images)))
        assert picture.dtype == np.uint8
        assert np.abs(picture.astype(int) - expected).max() <= 1
    beside = {path.name, "m.bin"} if format == "openvino" else {path.name}
    described = "m/model.json" if path.is_dir() else f"{path.name}.json"
    beside |= set() if path.is_dir() else {described}
    assert {file.name for file in tmp_path.iterdir()} == beside
    said = json.loads((tmp_path / described).read_text())
    assert (said["file"], said["format"]) == (path.name, format)


@exports
@pytest.mark.parametrize("format", PATHS)
def test_without_processing_it_is_the_network(run_file, model, floats, tmp_path, format):
    path = kp.export(model, tmp_path / PATHS[format], format, processing=False)
    for images, expected in floats:
        picture = run_file(path, {"condition": images})
        np.testing.assert_allclose(picture, expected, atol=1e-4)


@exports
def test_a_model_in_half_precision_is_exported_in_full(run_file, tmp_path):
    model = kp.Pix2Pix(
        kp.UNetGenerator(depth=2, filters=4, dtype="mixed_bfloat16", normalization="batch"),
        kp.PatchDiscriminator(receptive_field=1, filters=4, dtype="mixed_bfloat16"),
    )
    path = kp.export(model, tmp_path / "m.onnx", processing=False)
    condition = noise(1, 8, 8, 3)
    full = in_float32(model)
    np.testing.assert_allclose(
        run_file(path, {"condition": condition}), full.predict_on_batch(condition), atol=1e-4
    )


@exports
@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_a_generator_with_a_pretrained_encoder(run_file, tmp_path, format):
    generator = kp.EfficientNetGenerator(
        output_channels=2, filters=2, output_activation="softmax", train_encoder=False
    )
    discriminator = kp.PatchDiscriminator(target_shape=(None, None, 2), receptive_field=1)
    model = kp.Pix2Pix(generator, discriminator)
    model.formats = (Picture(3, dtype="uint8"),), Labels(2)
    path = kp.export(model, tmp_path / PATHS[format])
    images = np.random.default_rng(0).integers(0, 256, (1, 40, 50, 3), "uint8")
    picture = run_file(path, {"condition": images})
    assert picture.shape == (1, 40, 50, 1)
    assert (picture == model.translate(images)).mean() > 0.99
    assert 0.1 < picture.mean() < 0.9


def test_in_float32_is_a_copy_with_the_weights_and_formats_of_the_model(tiny):
    model = tiny(dtype="mixed_bfloat16")
    model.formats = (Labels(3),), Picture(3, dtype="uint16")
    full = in_float32(model)
    assert {layer.compute_dtype for layer in full._flatten_layers()} == {"float32"}
    assert full.formats == model.formats
    for weight, expected in zip(full.generator.get_weights(), model.generator.get_weights()):
        np.testing.assert_array_equal(weight, expected)
    assert in_float32(full) is full


@pytest.mark.skipif(EXPORTS, reason="TensorFlow exports")
@pytest.mark.parametrize("format", [*PATHS, "web"])
def test_other_backends_say_which_one_exports(tiny, tmp_path, format):
    path = tmp_path / PATHS.get(format, "site")
    with pytest.raises(RuntimeError, match="KERAS_BACKEND=tensorflow"):
        kp.export(tiny(), path, format)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "path, options, said",
    [
        ("model.pt", {}, "must end in .onnx"),
        ("model.onnx", {"format": "ONNX"}, "format must be one of 'onnx'"),
        ("model.tflite", {"format": "onnx"}, "must end in .onnx"),
        ("model.onnx", {"weights": "int8"}, "for format='litert'"),
        ("model.tflite", {"weights": "int4"}, "'float16' or 'int8'"),
        ("model.onnx", {"examples": []}, "examples can be given for format='web' only"),
        ("model.onnx", {"title": "A", "labels": ["b"]}, "title, labels can be given"),
        ("site", {"format": "web", "processing": False}, "needs processing=True"),
    ],
)
def test_what_does_not_go_together_is_refused(tiny, tmp_path, path, options, said):
    with pytest.raises(ValueError, match=said):
        kp.export(tiny(), tmp_path / path, **options)
    assert not list(tmp_path.iterdir())


def test_only_a_pix2pix_is_exported(tiny, tmp_path):
    with pytest.raises(ValueError, match=r"takes a keras_pix2pix.Pix2Pix.*UNetGenerator"):
        kp.export(tiny().generator, tmp_path / "model.onnx")


def test_what_is_there_is_kept(tiny, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        kp.export(tiny(), path)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        kp.export(tiny(), folder)
    assert path.read_text() == (folder / "mine").read_text() == "mine"


@exports
def test_overwriting_replaces_files_and_leaves_others(tiny, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    (folder / "saved_model.pb").write_text("old")
    kp.export(tiny(), folder, overwrite=True)
    assert (folder / "mine").read_text() == "mine"
    assert (folder / "saved_model.pb").stat().st_size > 1000


@exports
def test_a_failed_export_leaves_nothing(tiny, tmp_path, monkeypatch):
    def fail(network, path, format, weights):
        path.write_text("a part")
        raise OSError("No space left on device")

    path = tmp_path / "model.onnx"
    path.write_text("mine")
    monkeypatch.setattr("keras_pix2pix.exporting.writers.write", fail)
    with pytest.raises(OSError, match="No space"):
        kp.export(tiny(), path, overwrite=True)
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
    assert path.read_text() == "mine"


@exports
@pytest.mark.parametrize(
    "name, package, extra", [("m.onnx", "tf2onnx", "onnx"), ("m.xml", "openvino", "openvino")]
)
def test_a_missing_package_is_named_with_its_extra(
    tiny, tmp_path, monkeypatch, name, package, extra
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"pip install keras-pix2pix\[{extra}\]"):
        kp.export(tiny(), tmp_path / name)
