"""`export`: a model as files of other runtimes, or as a web page."""

import importlib.util
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from keras_pix2pix.data import PairDataset
from keras_pix2pix.keras_private import layers_inside
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.training.averaging import averaged
from keras_pix2pix.types import PathLike

# For each format, the suffix of its path, and the extra of this package that installs its writer.
FORMATS = {
    "onnx": (".onnx", "onnx"),
    "litert": (".tflite", None),
    "openvino": (".xml", "openvino"),
    "saved_model": ("", None),
    "web": ("", "onnx"),
}
# The package of an extra that is imported.
PACKAGES = {"onnx": "tf2onnx", "openvino": "openvino"}
WEIGHTS = ("float32", "float16", "int8")


def export(
    model: Pix2Pix,
    path: PathLike,
    format: str | None = None,
    processing: bool = True,
    weights: str = "float32",
    examples: PairDataset | Sequence[Any] | None = None,
    overwrite: bool = False,
    from_picture: bool = False,
    title: str | None = None,
    labels: Sequence[str] | None = None,
) -> Path:
    """Write the generator for another runtime, or as a web page to draw on.

    The exported generator takes images as they are stored, and returns pictures as they are stored,
    as `translate` does. Batch, height and width are free. It contains the scaling of values that
    the model's `formats` describe, and the padding of sizes that the generator cannot divide. It
    does not change channels: grey is not repeated to three channels, and alpha is not dropped. A
    model that colors pictures (`Lightness`) takes and returns them in colors, and one that fills
    holes keeps what is around them. Other conditions that are computed from pictures are not part
    of the file: it takes drawings and not photos, and enlarged pictures and not small ones.

    Integers are uint8 if that can hold them, else int32. Label maps are class indices of shape
    `(batch, height, width, 1)`, or the colors of their palette. The input is named `condition`, or
    `condition_1`, `condition_2` and so on if a condition has several images. The output is named
    `picture`. A JSON file describes inputs and outputs for other programs, with axes, dtypes and
    ranges: `model.onnx.json` beside `model.onnx`, or `model.json` inside a folder.

    TensorFlow writes every export. To export a model that was trained with JAX or PyTorch, save it,
    and load it with `KERAS_BACKEND=tensorflow`. Models of half precision are exported in float32.

    Args:
        model: a `Pix2Pix`.
        path: path of the file or folder to write: `.onnx`, `.tflite`, or `.xml` with a `.bin` file
            beside it, or a folder.
        format: `"onnx"`, `"litert"`, `"openvino"`, `"saved_model"` or `"web"`. The format `"web"`
            is a folder with a page that runs the model in the browser. A double click on its
            `index.html` opens it, and any web server can serve it. Defaults to `None`: the suffix
            of `path` decides; without a suffix it is `"saved_model"`.
        processing: bool. `False` exports the network alone, which takes and returns float32 values
            in [-1, 1]. Defaults to `True`.
        weights: `"float32"`; for LiteRT also `"float16"` or `"int8"`, with a half or a quarter of
            the size. Defaults to `"float32"`.
        examples: conditions that the web page offers: a list of paths or arrays, or a
            `PairDataset`. The first 12 of a list are used, and 12 from all parts of a dataset.
            Defaults to `None`.
        overwrite: bool, whether existing files are replaced. Defaults to `False`.
        from_picture: bool, whether the file takes pictures and computes the condition from them,
            where a graph can do that: for `Lightness` and `Gray`. Defaults to `False`.
        title: str, the heading of the web page. Defaults to `None`, "Draw with the model".
        labels: sequence of str, the names of the classes, which the web page shows beside their
            colors. Defaults to `None`.

    Returns:
        `pathlib.Path` of the file or folder.

    Raises:
        FileExistsError: if `path` exists.
        ImportError: if a package for the format is not installed.
        RuntimeError: if the backend is not TensorFlow.
        ValueError: if `model` is not a `Pix2Pix`, or if the arguments do not fit together.

    Example:

    ```python
    keras_pix2pix.export(model, "model.onnx")
    keras_pix2pix.export(model, "site/", format="web", examples=val)
    ```
    """
    # Few programs export a model: the others need not wait for these files.
    from keras_pix2pix.exporting import drawing_page, web_page, writers
    from keras_pix2pix.exporting.description import description
    from keras_pix2pix.exporting.graph import StoredImageGenerator

    path = Path(path).expanduser()
    format = _format_of(path) if format is None else format
    for_page: dict[str, Any] = {"examples": examples, "title": title, "labels": labels}
    _check_arguments(model, path, format, processing, weights, for_page)
    if from_picture and (format == "web" or not processing):
        raise ValueError(
            "from_picture=True is for files with processing. The web page takes what is drawn."
        )
    _check_free(path, overwrite)
    _check_installed(format)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        averaged(model),
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".exporting-") as folder,
    ):
        model = in_float32(model)
        temporary = Path(folder, path.name)
        if format == "web":
            temporary.mkdir()
            settings = drawing_page.page_settings(model, **for_page)
            network = StoredImageGenerator(model, drawing_page.rgb_formats(model))
            writers.write(network, temporary / "model.onnx", "onnx")
            web_page.write_page(temporary, settings)
        else:
            formats = model.formats if processing else None
            network = StoredImageGenerator(model, formats, from_picture)
            writers.write(network, temporary, format, weights)
        file = "model.onnx" if format == "web" else path.name
        text = description(network, file=file, format=format, weights=weights)
        beside = temporary / "model.json" if temporary.is_dir() else f"{temporary}.json"
        Path(beside).write_text(text)
        _move_files(Path(folder), path.parent)
    return path


def in_float32(model: Pix2Pix) -> Pix2Pix:
    """Return a copy of a model that computes in float32, or the model if it does so already."""
    policies = {layer.dtype_policy.name for layer in layers_inside(model)}
    if policies == {"float32"}:
        return model
    config = json.dumps(keras.saving.serialize_keras_object(model))
    for policy in policies:
        config = config.replace(f'"{policy}"', '"float32"')
    copy = keras.saving.deserialize_keras_object(json.loads(config))
    copy.generator.set_weights(model.generator.get_weights())
    return copy


def _format_of(path: Path) -> str:
    for name, (suffix, _) in FORMATS.items():
        if path.suffix == suffix:
            return name
    raise ValueError(
        "path must end in .onnx, .tflite or .xml, or be a folder without a suffix, unless format "
        f"is given. Received: {path}"
    )


def _check_arguments(
    model: Any, path: Path, format: str, processing: bool, weights: str, for_page: dict[str, Any]
) -> None:
    if not isinstance(model, Pix2Pix):
        raise ValueError(
            "export takes a keras_pix2pix.Pix2Pix, such as keras.saving.load_model returns. "
            f"Received: {type(model).__name__}"
        )
    if format not in FORMATS:
        raise ValueError(
            f"format must be one of {', '.join(map(repr, FORMATS))}. Received: {format!r}"
        )
    suffix, _ = FORMATS[format]
    if suffix and path.suffix != suffix:
        raise ValueError(f"A path for format={format!r} must end in {suffix}. Received: {path}")
    if weights not in WEIGHTS or (weights != "float32" and format != "litert"):
        raise ValueError(
            "weights must be 'float32', or for format='litert' also 'float16' or 'int8'. "
            f"Received: weights={weights!r}, format={format!r}"
        )
    given = [name for name, value in for_page.items() if value is not None]
    if format != "web" and given:
        raise ValueError(
            f"{', '.join(given)} can be given for format='web' only. Received: format={format!r}"
        )
    if format == "web" and not processing:
        raise ValueError(
            "The web page draws images as they are stored: format='web' needs processing=True."
        )


def _check_free(path: Path, overwrite: bool) -> None:
    exists = any(path.iterdir()) if path.is_dir() else path.exists()
    if exists and not overwrite:
        raise FileExistsError(f"{path} exists already. Use another path, or overwrite=True.")


def _check_installed(format: str) -> None:
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            f"TensorFlow writes format={format!r}, and the backend is {backend}. Save the model, "
            "then load and export it with KERAS_BACKEND=tensorflow in the environment."
        )
    _, extra = FORMATS[format]
    if extra and importlib.util.find_spec(PACKAGES[extra]) is None:
        raise ImportError(
            f"format={format!r} needs {PACKAGES[extra]}: pip install keras-pix2pix[{extra}]"
        )


def _move_files(folder: Path, target: Path) -> None:
    """Move every file of a folder to another folder, which keeps its other files."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            place = target / file.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)
