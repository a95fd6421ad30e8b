"""What writes a network for each runtime."""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import keras

from keras_pix2pix.exporting.graph import StoredImageGenerator


def write(network: StoredImageGenerator, path: Path, format: str, weights: str = "float32") -> None:
    """Write a network as a file or as a folder.

    Args:
        network: `StoredImageGenerator`.
        path: `Path` to write.
        format: `"onnx"`, `"litert"`, `"openvino"` or `"saved_model"`.
        weights: `"float32"`; for LiteRT also `"float16"` or `"int8"`. Defaults to `"float32"`.
    """
    if format == "onnx":
        _write_onnx(network, path)
    elif format == "litert":
        network.export(
            path,
            format="litert",
            input_signature=network.signature,
            verbose=False,
            **_litert_options(weights),
        )
    elif format == "openvino":
        _write_openvino(network, path)
    else:
        _write_saved_model(network, path)


def _write_onnx(network: StoredImageGenerator, path: Path) -> None:
    with warnings.catch_warnings():
        # Keras 3.15 uses a name that numpy 2 warns about.
        warnings.filterwarnings("ignore", message=".*np.object", category=FutureWarning)
        network.export(path, format="onnx", input_signature=network.signature, verbose=False)
    _set_onnx_names(path)


def _set_onnx_names(path: Path) -> None:
    """Name the output and the variable sizes. The converter gives them numbers only."""
    import onnx

    file = onnx.load(path)
    output = file.graph.output[0]
    for node in file.graph.node:
        for i, name in enumerate(node.output):
            if name == output.name:
                node.output[i] = "picture"
    output.name = "picture"
    for value in (*file.graph.input, output):
        for axis, size in zip(("batch", "height", "width"), value.type.tensor_type.shape.dim):
            if not size.dim_value:
                size.dim_param = axis
    onnx.save(file, path)


def _litert_options(weights: str) -> dict[str, Any]:
    import tensorflow as tf

    # By default, Keras also uses operations that only a runtime with all of TensorFlow has.
    target: dict[str, Any] = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    if weights == "float16":
        target["supported_types"] = [tf.float16]
    optimizations = [] if weights == "float32" else [tf.lite.Optimize.DEFAULT]
    return {"target_spec": target, "optimizations": optimizations}


def _write_openvino(network: StoredImageGenerator, path: Path) -> None:
    import openvino

    # A traced function would return inner values, too. A SavedModel does not.
    with tempfile.TemporaryDirectory() as folder:
        _write_saved_model(network, Path(folder))
        model = openvino.Core().read_model(folder)
        openvino.save_model(model, path, compress_to_fp16=False)


def _write_saved_model(network: StoredImageGenerator, path: Path) -> None:
    # `network.export` would store every weight twice.
    archive = keras.export.ExportArchive()
    archive.add_endpoint("serve", network, network.signature)
    archive.write_out(path, verbose=False)
