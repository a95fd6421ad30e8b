"""A model as files that other runtimes run: ONNX, LiteRT, SavedModel, OpenVINO, a web page."""

import importlib.util
import json
import tempfile
import warnings
from pathlib import Path

import keras

from keras_pix2pix.exporting.graph import StoredValues
from keras_pix2pix.exporting.web_page import shown_formats, write_page
from keras_pix2pix.keras_private import layers_inside
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.training.averaging import averaged

WEIGHTS = ("float32", "float16", "int8")


# The ending of a format's path, and the extra of this package that brings what writes it.
FORMATS = {
    "onnx": (".onnx", "onnx"),
    "litert": (".tflite", None),
    "openvino": (".xml", "openvino"),
    "saved_model": ("", None),
    "web": ("", "onnx"),
}
# What is imported of an extra.
PACKAGES = {"onnx": "tf2onnx", "openvino": "openvino"}


def export(
    model,
    path,
    format=None,
    processing=True,
    weights="float32",
    examples=None,
    overwrite=False,
):
    """Write the generator for another runtime, or as a page that draws.

    The file takes images as they are stored and returns pictures as they are stored, of any size
    and number, as `translate` does: what the model's `formats` say is inside, and so are padding to
    what the generator's depth divides, and cropping. Colors are those of the format: grey is not
    repeated to 3 channels, nor is alpha dropped. Integers are uint8 where they fit, else int32;
    labels are class indices of shape `(batch, height, width, 1)`, or the colors of their palette.
    Inputs are named `condition`, or `condition_1`, `condition_2` where there are several, and the
    output `picture`.

    Everything is exported by TensorFlow: a `.keras` file that was trained with JAX or PyTorch is
    loaded and exported with `KERAS_BACKEND=tensorflow`. What was trained in half precision is
    exported in float32.

    Args:
        model: a `Pix2Pix`.
        path: path of what is written: `.onnx`, `.tflite`, `.xml` (and `.bin` beside it), or a
            folder.
        format: `"onnx"`, `"litert"`, `"openvino"`, `"saved_model"`, or `"web"`: a folder with a
            page that runs the model in the visitor's browser, from any web server. Defaults to
            `None`: what the ending of `path` says, a SavedModel where there is none.
        processing: bool; `False` exports the network alone, from float32 in [-1, 1] to float32 in
            [-1, 1]. Defaults to `True`.
        weights: `"float32"`; for LiteRT also `"float16"` and `"int8"`, a half and a quarter of the
            size. Defaults to `"float32"`.
        examples: conditions that the page offers to start from: a list of paths or arrays, or a
            `PairDataset`, of which the first 12 are taken. Defaults to `None`.
        overwrite: bool, whether files that are there are replaced. Defaults to `False`.

    Returns:
        `pathlib.Path` of what was written.

    Raises:
        FileExistsError: if there is something at `path` already.
        ImportError: naming what is to be installed.
        RuntimeError: on another backend than TensorFlow.
        ValueError: for a model that is not a `Pix2Pix`, and options that do not go together.

    Example:

    ```python
    keras_pix2pix.export(model, "model.onnx")
    keras_pix2pix.export(model, "site/", format="web", examples=val)  # python -m http.server
    ```
    """
    path = Path(path)
    format = _format_of(path) if format is None else format
    _check(model, path, format, processing, weights, examples, overwrite)
    _check_runs(format)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        averaged(model),
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".exporting-") as folder,
    ):
        model = in_float32(model)
        formats = model.formats if processing else None
        whole = Path(folder, path.name)
        if format == "web":
            whole.mkdir()
            network = StoredValues(model, shown_formats(model))
            _write(network, whole / "model.onnx", "onnx", weights)
            write_page(model, whole, examples)
        else:
            _write(StoredValues(model, formats), whole, format, weights)
        _put_in_place(Path(folder), path.parent)
    return path


def in_float32(model):
    """The model itself, or a copy that computes in float32."""
    policies = {layer.dtype_policy.name for layer in layers_inside(model)}
    if policies == {"float32"}:
        return model
    config = json.dumps(keras.saving.serialize_keras_object(model))
    for policy in policies:
        config = config.replace(f'"{policy}"', '"float32"')
    copy = keras.saving.deserialize_keras_object(json.loads(config))
    copy.generator.set_weights(model.generator.get_weights())
    return copy


def _format_of(path):
    for name, (ending, _) in FORMATS.items():
        if path.suffix == ending:
            return name
    raise ValueError(
        "path must end in .onnx, .tflite or .xml, or be a folder without an ending, unless format "
        f"is given. Received: {path}"
    )


def _check(model, path, format, processing, weights, examples, overwrite):
    if not isinstance(model, Pix2Pix):
        raise ValueError(
            "export takes a keras_pix2pix.Pix2Pix, such as keras.saving.load_model returns. "
            f"Received: {type(model).__name__}"
        )
    if format not in FORMATS:
        raise ValueError(
            f"format must be one of {', '.join(map(repr, FORMATS))}. Received: {format!r}"
        )
    ending, _ = FORMATS[format]
    if ending and path.suffix != ending:
        raise ValueError(f"A path for format={format!r} must end in {ending}. Received: {path}")
    if weights not in WEIGHTS or (weights != "float32" and format != "litert"):
        raise ValueError(
            "weights must be 'float32', or for format='litert' also 'float16' or 'int8'. "
            f"Received: weights={weights!r}, format={format!r}"
        )
    if format != "web" and examples is not None:
        raise ValueError(f"examples are for format='web'. Received: format={format!r}")
    if format == "web" and not processing:
        raise ValueError("The page draws stored values: format='web' needs processing=True.")
    taken = any(path.iterdir()) if path.is_dir() else path.exists()
    if taken and not overwrite:
        raise FileExistsError(f"{path} is there already. Name another, or say overwrite=True.")


def _check_runs(format):
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            f"format={format!r} is exported by TensorFlow, and the backend is {backend}. Save the "
            "model, which all backends read, and load and export it with "
            "KERAS_BACKEND=tensorflow in the environment."
        )
    _, extra = FORMATS[format]
    if extra and importlib.util.find_spec(PACKAGES[extra]) is None:
        raise ImportError(
            f"format={format!r} needs {PACKAGES[extra]}: pip install keras-pix2pix[{extra}]"
        )


def _write(network, path, format, weights):
    """Write one file or folder of a network."""
    options = {"input_signature": network.signature, "verbose": False}
    if format == "onnx":
        with warnings.catch_warnings():
            # Keras 3.15 asks numpy for a name that numpy 2 warns of.
            warnings.filterwarnings("ignore", message=".*np.object", category=FutureWarning)
            network.export(path, format="onnx", **options)
        _name_onnx(path)
    elif format == "litert":
        network.export(path, format="litert", **options, **_converter(weights))
    elif format == "saved_model":
        _write_saved_model(network, path)
    else:
        import openvino

        # From a SavedModel, since from the traced function it would return inner values as well.
        with tempfile.TemporaryDirectory() as folder:
            _write_saved_model(network, folder)
            read = openvino.Core().read_model(folder)
            openvino.save_model(read, path, compress_to_fp16=False)


def _write_saved_model(network, path):
    # `network.export` would track the network, and store every weight twice.
    archive = keras.export.ExportArchive()
    archive.add_endpoint("serve", network, network.signature)
    archive.write_out(path, verbose=False)


def _converter(weights):
    """Options of the LiteRT converter."""
    import tensorflow as tf

    # Keras would fall back to what only a runtime with all of TensorFlow in it can run.
    target = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    if weights == "float16":
        target["supported_types"] = [tf.float16]
    smaller = [] if weights == "float32" else [tf.lite.Optimize.DEFAULT]
    return {"target_spec": target, "optimizations": smaller}


def _name_onnx(path):
    """Name the output and the free sizes, for which the converter takes numbers."""
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


def _put_in_place(folder, target):
    """Move every file to its place; what else is in a folder there stays."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            place = target / file.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)
