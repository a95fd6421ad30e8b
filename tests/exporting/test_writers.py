"""What each runtime gets: names, free sizes, stored weights."""

import keras
import numpy as np
import pytest
from checks import noise

import keras_pix2pix as kp
from keras_pix2pix.exporting import writers
from keras_pix2pix.exporting.graph import StoredImageGenerator

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow exports"
)


def write(model, path, format, weights="float32"):
    writers.write(StoredImageGenerator(model, None), path, format, weights)
    return path


@pytest.mark.parametrize("weights, share, near", [("float16", 0.7, 0.02), ("int8", 0.5, 0.3)])
def test_smaller_weights_make_a_smaller_file_and_nearly_the_same(
    run_file, tmp_path, weights, share, near
):
    model = kp.Pix2Pix(
        kp.UNetGenerator((None, None, 1), depth=2, filters=32),
        kp.PatchDiscriminator((None, None, 1), receptive_field=1, filters=4),
    )
    full, small = (
        write(model, tmp_path / f"{name}.tflite", "litert", name) for name in ("float32", weights)
    )
    assert small.stat().st_size < share * full.stat().st_size
    condition = {"condition": noise(1, 18, 20, 1)}
    expected, picture = run_file(full, condition), run_file(small, condition)
    assert 0 < np.abs(picture - expected).max() <= near * np.abs(expected).max()


def test_a_saved_model_stores_every_weight_of_the_generator_once(tiny, tmp_path):
    import tensorflow as tf

    model = tiny()
    path = write(model, tmp_path / "m", "saved_model")
    stored = tf.train.list_variables(str(path / "variables" / "variables"))
    shapes = [shape for name, shape in stored if "CHECKPOINTABLE" not in name]
    assert sorted(shapes) == sorted(list(w.shape) for w in model.generator.weights)


def test_an_onnx_file_has_names_and_free_sizes(tiny, tmp_path):
    import onnx

    graph = onnx.load(write(tiny(), tmp_path / "m.onnx", "onnx")).graph
    for value, name in ((graph.input, "condition"), (graph.output, "picture")):
        assert [tensor.name for tensor in value] == [name]
        sizes = value[0].type.tensor_type.shape.dim
        assert [size.dim_param for size in sizes[:3]] == ["batch", "height", "width"]
        assert sizes[3].dim_value == 3
    fixed = tiny(image_shape=(16, None, 3))
    graph = onnx.load(write(fixed, tmp_path / "fixed.onnx", "onnx")).graph
    sizes = graph.input[0].type.tensor_type.shape.dim
    assert [size.dim_param or size.dim_value for size in sizes] == ["batch", 16, "width", 3]


def test_openvino_stores_full_precision(tiny, tmp_path):
    model = tiny()
    path = write(model, tmp_path / "m.xml", "openvino")
    size = sum(np.prod(weight.shape) for weight in model.generator.weights)
    assert path.with_suffix(".bin").stat().st_size >= 4 * size
