"""Test how the package is laid out: the rooms, what each may import, and who knows the backend."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(p.relative_to(ROOT) for p in ROOT.glob("keras_pix2pix*/**/*.py"))

# The rooms from top to bottom, and which rooms each may import. An arrow points downwards only.
ROOMS = {
    "keras_pix2pix_cli": (
        "exporting callbacks recipes pix2pix training losses convert metrics networks data "
        "installed_backend"
    ),
    "exporting": "pix2pix inference training metrics networks data",
    "callbacks": "pix2pix inference training networks data",
    "recipes": "pix2pix training metrics losses networks data",
    "sample_model": "pix2pix networks",
    "pix2pix": "inference training metrics losses networks data",
    "inference": "training networks data",
    "training": "losses networks data",
    "losses": "networks",
    "convert": "networks data",
    "metrics": "networks",
    "networks": "",
    "data": "",
    "installed_backend": "",
}
# The same inside data.
DATA_ROOMS = {
    "sets": "loading pairing conditions files",
    "loading": "pairing conditions files",
    "conditions": "files",
    "pairing": "files",
    "files": "",
}
# Every room may import these, and they import no room.
EVERYWHERE = ("types", "keras_private", "freed_memory")

# Only `training` runs on a backend's own functions. Who else names one, and why.
BACKENDS = {"torch", "tensorflow", "jax"}
NAME_A_BACKEND = {
    "keras_pix2pix/callbacks/report/settings.py": "prints the version of the backend",
    "keras_pix2pix/convert/pytorch.py": "writes a file of PyTorch",
    "keras_pix2pix/exporting/export.py": "refuses to export on another backend than TensorFlow",
    "keras_pix2pix/exporting/writers.py": "sets an option of TensorFlow's converter",
    "keras_pix2pix/networks/convolutions.py": "computes on JAX and PyTorch what Keras does slowly",
    "keras_pix2pix/networks/direct.py": "calls layers on PyTorch without what Keras does around it",
    "keras_pix2pix/networks/normalization.py": "normalizes in one pass on PyTorch",
    "keras_pix2pix/inference/translate.py": "keeps `predict` quiet about the end of a dataset",
}
BACKEND_FILES = {f"keras_pix2pix/training/backends/{name}.py" for name in BACKENDS}
BACKEND_FILES |= {
    f"keras_pix2pix/training/backends/{name}.py"
    for name in ("jax_processes", "tensorflow_adam", "torch_adam", "torch_processes")
}
# What takes long to import, or is not always installed.
HEAVY = BACKENDS | {"imagecodecs", "matplotlib", "onnx", "onnxruntime", "openvino"}
HEAVY |= {"scipy", "skimage", "tf2onnx", "tifffile", "PIL.ImageDraw", "PIL.ImageFont"}

MOST_FILES = 12
MOST_LINES = 300
LONGER = {
    "keras_pix2pix/data/loading/dataset.py": "PairDataset: its public methods, with their docs",
    "keras_pix2pix/pix2pix.py": "Pix2Pix: its public methods, with their docs",
}

# Private names of Keras that its classes and instances do not show by themselves.
HIDDEN = {"_direction", "_use_cached_eval_dataset"}


class Import(NamedTuple):
    """One name that a file imports."""

    file: Path
    line: int
    name: str
    inside_function: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


def imports_of(file: Path, node: ast.AST | None = None, inside: bool = False) -> Iterator[Import]:
    """Yield what a file imports, as full names."""
    node = node or ast.parse((ROOT / file).read_text())
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(file, child.lineno, alias.name, inside)
        elif isinstance(child, ast.ImportFrom):
            for alias in child.names:
                yield Import(file, child.lineno, f"{child.module}.{alias.name}", inside)
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from imports_of(file, child, inside or function)


IMPORTS = [found for file in FILES for found in imports_of(file)]


def rooms_of(name: str) -> list[str]:
    """Return the rooms, from the outer to the inner, of a file or of an imported name."""
    parts = name.removesuffix(".py").replace("/", ".").split(".")
    if parts[0] == "keras_pix2pix_cli":
        return parts[:1]
    parts = parts[1:]
    if parts[:1] == ["data"] and len(parts) > 1 and parts[1] in DATA_ROOMS:
        return parts[:2]
    return parts[:1]


def forbidden(found: Import) -> bool:
    """Return whether an import is an arrow that the tables do not have."""
    here, there = rooms_of(str(found.file)), rooms_of(found.name)
    if not found.name.startswith("keras_pix2pix") or here[0] == "__init__":
        return False
    if here[0] in EVERYWHERE or there == []:
        return True
    if there[0] in EVERYWHERE:
        return False
    if here[0] != there[0]:
        return there[0] not in ROOMS[here[0]].split()
    if here[0] != "data" or here == there or here[1:] == []:
        return False
    # Its own `__init__` names what is public for others; a room inside would import itself.
    return there[1:] == [] or there[1] not in DATA_ROOMS[here[1]].split()


def test_the_tables_point_downwards_and_name_every_room():
    for table in (ROOMS, DATA_ROOMS):
        order = list(table)
        for room, lower in table.items():
            assert all(order.index(other) > order.index(room) for other in lower.split()), room
    found = {rooms_of(str(file))[0] for file in FILES} - {"__init__", *EVERYWHERE}
    assert found == set(ROOMS)
    data = {path.name for path in (ROOT / "keras_pix2pix" / "data").iterdir() if path.is_dir()}
    assert data - {"__pycache__"} - set(DATA_ROOMS) == samples_and_pages("keras_pix2pix/data")


def samples_and_pages(folder: str) -> set[str]:
    """Return the folders in a folder that hold no code."""
    folders = [path for path in (ROOT / folder).iterdir() if path.is_dir()]
    return {path.name for path in folders if not any(path.glob("*.py"))} - {"__pycache__"}


def test_rooms_import_only_what_lies_below_them():
    wrong = [
        f"{found}, which {rooms_of(str(found.file))[-1]} must not"
        for found in IMPORTS
        if forbidden(found)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("file", "name", "refused"),
    [
        ("keras_pix2pix/networks/unet.py", "keras_pix2pix.training.step", True),
        ("keras_pix2pix/networks/unet.py", "keras_pix2pix.types.Tensor", False),
        ("keras_pix2pix/data/files/images.py", "keras_pix2pix.data.PairDataset", True),
        ("keras_pix2pix/data/files/images.py", "keras_pix2pix.data.loading.order", True),
        ("keras_pix2pix/data/loading/order.py", "keras_pix2pix.data.files.images", False),
        ("keras_pix2pix/data/loading/order.py", "keras_pix2pix.networks", True),
        ("keras_pix2pix/types.py", "keras_pix2pix.networks", True),
        ("keras_pix2pix/pix2pix.py", "keras_pix2pix", True),
        ("keras_pix2pix/__init__.py", "keras_pix2pix.networks", False),
        (
            "keras_pix2pix_cli/inputs/model_from_options.py",
            "keras_pix2pix.networks.generators.unet",
            False,
        ),
        ("keras_pix2pix/networks/unet.py", "numpy", False),
    ],
)
def test_what_is_an_arrow_upwards(file, name, refused):
    assert forbidden(Import(Path(file), 1, name, False)) is refused


def asks_for_the_backend(node: ast.AST) -> bool:
    """Return whether a node is a call of `keras.backend.backend()` or `keras.config.backend()`."""
    match node:
        case ast.Call(ast.Attribute(ast.Name(owner) | ast.Attribute(attr=owner), "backend")):
            return owner in ("backend", "config")
        case ast.ImportFrom(module="keras.backend" | "keras.config", names=names):
            return any(alias.name == "backend" for alias in names)
    return False


def test_only_training_knows_which_backend_runs():
    naming = {str(i.file) for i in IMPORTS if i.name.split(".")[0] in BACKENDS}
    for file in FILES:
        if any(map(asks_for_the_backend, ast.walk(ast.parse((ROOT / file).read_text())))):
            naming.add(str(file))
    elsewhere = {file for file in naming if not file.startswith("keras_pix2pix/training/")}
    assert elsewhere == set(NAME_A_BACKEND)


def is_heavy(name: str) -> bool:
    """Return whether an imported name is in a package or a module that takes long to import."""
    parts = name.split(".")
    return parts[0] in HEAVY or ".".join(parts[:2]) in HEAVY


def test_heavy_packages_are_imported_inside_functions():
    heavy = [i for i in IMPORTS if is_heavy(i.name) and not i.inside_function]
    assert [str(i) for i in heavy if str(i.file) not in BACKEND_FILES] == []


def test_each_folder_says_in_one_sentence_what_belongs_in_it():
    for file in FILES:
        if file.name == "__init__.py":
            says = ast.get_docstring(ast.parse((ROOT / file).read_text())) or ""
            assert len(re.findall(r"[.!?](?=\s|$)", says)) == 1, f"{file}: {says!r}"


def test_folders_and_files_are_small():
    for folder in {file.parent for file in FILES}:
        files = [file for file in FILES if file.parent == folder and file.name != "__init__.py"]
        assert len(files) <= MOST_FILES, folder
    lines = {str(file): len((ROOT / file).read_text().splitlines()) for file in FILES}
    assert {file for file, count in lines.items() if count > MOST_LINES} == set(LONGER)


def test_what_test_fast_leaves_out_is_there():
    names = re.search(
        r"^NOT_FAST := \$\(addprefix tests/,(.+?)\)", (ROOT / "Makefile").read_text(), re.S | re.M
    )
    missing = [
        name for name in names[1].replace("\\", "").split() if not (ROOT / "tests" / name).exists()
    ]
    assert missing == []


def private_names_of_keras() -> set[str]:
    """Return the names with one underscore that objects of Keras have."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.zeros((1, 2)), np.zeros((1, 1)), verbose=0)
    objects = [model, *model.layers, model.optimizer, model.metrics[0], keras.callbacks.Callback()]
    objects += [keras.losses.Loss(), keras.random.SeedGenerator(0), keras.utils.PyDataset()]
    names = {name for thing in objects for name in {*dir(thing), *vars(thing)}}
    return {name for name in names if name.startswith("_") and not name.startswith("__")} | HIDDEN


def private_parts(tree: ast.AST, private: set[str]) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each private part of Keras that is used, or overridden."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) if name in private:
                yield node.lineno, name
            case ast.ClassDef(body=body):
                methods = [part for part in body if isinstance(part, ast.FunctionDef)]
                yield from ((part.lineno, part.name) for part in methods if part.name in private)
            case ast.Constant(str(text)) if text.startswith("keras.src") or text in HIDDEN:
                yield node.lineno, text
            case ast.Import(names=names) if any(n.name.startswith("keras.src") for n in names):
                yield node.lineno, "keras.src"
            case ast.ImportFrom(module=str(module)) if module.startswith("keras.src"):
                yield node.lineno, module


def test_private_names_of_keras_are_in_one_file():
    private = private_names_of_keras()
    wrong = []
    for file in FILES:
        if file.name != "keras_private.py":
            tree = ast.parse((ROOT / file).read_text())
            wrong += [f"{file}:{line} {name}" for line, name in private_parts(tree, private)]
    assert wrong == []


@pytest.mark.parametrize(
    "code",
    [
        "model._flatten_layers()",
        "self._loss_tracker.reset_state()",
        "metric._direction = 'up'",
        "class Own(keras.Layer):\n    def _assert_input_compatibility(self): ...",
        "kwargs.get('_use_cached_eval_dataset')",
        "import keras.src.layers",
        "from keras.src.backend import torch",
        "module.startswith('keras.src.backend')",
    ],
)
def test_what_is_a_private_part(code):
    assert list(private_parts(ast.parse(code), private_names_of_keras()))


def test_own_private_names_are_not_keras():
    code = "self._reader = _kernel(1)\ndef _apply(x): ..."
    assert not list(private_parts(ast.parse(code), private_names_of_keras()))
