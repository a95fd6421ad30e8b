"""What is refused before Keras is imported: files, folders and settings that do not fit."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import keras_pix2pix as kp
from keras_pix2pix.data.pairing.folders import IMAGE_SUFFIXES
from keras_pix2pix.exporting.computed import of_picture
from keras_pix2pix.exporting.export import FORMATS
from keras_pix2pix_cli.options import refusals
from keras_pix2pix_cli.options.arguments import parser

ROOT = Path(__file__).resolve().parents[3]


def computed(condition):
    """The config of a model whose conditions were computed."""
    config = {"condition": {"class_name": condition}}
    return {"module": "keras_pix2pix.pix2pix", "config": config}


def with_unet(**arguments):
    """The config of a model with a U-Net."""
    generator = {"class_name": "UNetGenerator", "config": arguments}
    return {"module": "keras_pix2pix.pix2pix", "config": {"generator": generator}}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with what commands are given."""
    root = tmp_path_factory.mktemp("place")
    for name in ("pairs/a.png", "text/a.txt", "page.html", "full/old.txt", "net_G.pth", "a.onnx"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("")
    (root / "empty").mkdir()
    for name, config in (
        ("model.keras", {"module": "keras_pix2pix.pix2pix", "class_name": "Pix2Pix"}),
        ("other.keras", {"module": "keras.src.models.functional", "class_name": "Functional"}),
        ("edges.keras", computed("EdgeDrawing")),
        ("gray.keras", computed("Gray")),
        ("unet.keras", with_unet(depth=8, filters=64)),
        ("trained/best.keras", {"module": "keras_pix2pix.pix2pix", "class_name": "Pix2Pix"}),
        ("newer/best.keras", {"module": "keras_pix2pix.pix2pix", "class_name": "Pix2Pix"}),
        ("moved/best.keras", {"module": "keras_pix2pix.pix2pix", "class_name": "Pix2Pix"}),
    ):
        (root / name).parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(root / name, "w") as file:
            file.writestr("config.json", json.dumps(config))
    (root / "no_zip.keras").write_text("text")
    pairs = str(root / "pairs")
    for name, settings in (
        ("trained", {"data": pairs, "epochs": 3, "finished": True, "batch_size": 1}),
        ("newer", {"data": pairs, "version": 99}),
        ("moved", {"data": str(root / "gone")}),
    ):
        (root / name / "settings.json").write_text(json.dumps(settings))
    return root


REFUSED = [
    ("train gone", "gone is neither a folder nor a CSV file"),
    ("train text", "text holds no images and no CSV file"),
    ("train pairs --output pairs/new", "is inside the data folder"),
    ("train pairs --output full", "full holds other files"),
    ("train pairs --output page.html", "page.html is a file"),
    ("train pairs --output trained --epochs 3", "holds a finished training of --epochs 3"),
    ("train pairs --output trained --epochs 9 --batch-size 2", "--batch-size 1"),
    ("train pairs --output newer", "newer keras-pix2pix: its settings have version 99"),
    ("train pairs --from gone.pth --output new", "There is no file gone.pth"),
    ("train pairs --from other.keras --output new", "Received: a Functional"),
    ("train pairs --from unet.keras --depth 5 --output new", "it has --depth 8, and --depth is 5"),
    (
        "train pairs --from unet.keras --blocks 6 --output new",
        "it has no --blocks, and --blocks is",
    ),
    (
        "train pairs --from unet.keras --generator resnet --output new",
        "unet.keras is another model than this training is for: it is a UNetGenerator, and",
    ),
    ("train pairs --from trained --output new", "a .keras file, such as trained/best.keras"),
    (
        "train pairs --condition-from edges:width=2 --output new",
        "The settings of edges are: method",
    ),
    ("train pairs --freeze-encoder --output new", "name it with --from"),
    ("train pairs --monitor perceptual --depth 3 --output new", "no perceptual distance"),
    ("translate gone.keras pairs out", "There is no file gone.keras"),
    ("translate no_zip.keras pairs out", "no_zip.keras cannot be loaded as a Keras model"),
    ("translate other.keras pairs out", "must hold a Pix2Pix"),
    ("translate model.keras gone out", "There is no file or folder gone"),
    ("translate model.keras pairs out --samples 2", "Add --stochastic"),
    ("translate model.keras pairs out --tile 64", "smaller than --tile. Received: --tile 64"),
    ("evaluate gone.keras", "There is no file gone.keras"),
    ("evaluate pairs", "pairs is a folder, and a model is a .keras file"),
    ("evaluate model.keras", "no settings.json beside model.keras that names the pairs"),
    ("evaluate model.keras gone", "gone is neither a folder nor a CSV file"),
    ("evaluate moved/best.keras", "which is not there, as settings.json beside it says"),
    ("evaluate newer/best.keras", "Update: pip install --upgrade keras-pix2pix"),
    ("evaluate newer/best.keras pairs", "Update: pip install --upgrade keras-pix2pix"),
    ("report model.keras new.html", "Name the pairs: --data FOLDER"),
    ("report trained/best.keras page.html", "page.html exists already"),
    ("export gone.keras new.onnx", "There is no file gone.keras"),
    ("export model.keras a.onnx", "a.onnx exists already"),
    ("export model.keras full", "full exists already"),
    ("export model.keras new.h5", "must end in .onnx, .tflite or .xml"),
    ("export model.keras new.onnx --format litert", "--format litert must end in .tflite"),
    ("export model.keras new.onnx --format web", "--format web must be a folder"),
    ("export model.keras new.onnx --weights int8", "is for --format litert"),
    ("export model.keras new.onnx pairs", "examples for --format web"),
    ("export model.keras new --format web --no-processing", "Leave --no-processing out"),
    ("export model.keras new gone --format web", "gone is neither"),
    ("check gone", "gone is neither a folder nor a CSV file"),
    ("check empty", "empty holds no images and no CSV file"),
    ("check pairs --preview page.html", "page.html exists already"),
    ("convert gone.pth new.keras", "There is no file gone.pth"),
    ("convert net_G.pth page.html", "from .pth to .keras or from .keras to .pth"),
    ("convert model.keras net_G.pth", "net_G.pth exists already"),
    ("demo gone.keras", "There is no file gone.keras"),
    ("demo model.keras text", "text holds no images"),
    (
        "train pairs --recipe sharp --depth 4 --update simultaneous --output new",
        "Only --recipe paper has --depth, --update. Received: --recipe sharp",
    ),
    ("train pairs --condition-from sketch --output new", "must be one of edges, lightness, gray"),
    ("train --condition-from edges --output new", "give their folder"),
    ("train pairs --condition-from edges --swap --output new", "leave --condition, --swap and"),
    ("check pairs --condition-from gray --condition left", "from pictures, by gray"),
    ("check pairs --condition-from gray --condition-format labels:2", "--condition-format out"),
    ("translate model.keras pairs out --from-picture", "that train --condition-from wrote"),
    ("export model.keras new.onnx --from-picture", "that train --condition-from wrote"),
    ("export edges.keras new.onnx --from-picture --no-processing", "Leave out --no-processing"),
    ("export edges.keras new.onnx --from-picture", "give the file the conditions"),
    ("export edges.keras new --format web --from-picture", "whose page takes what is drawn"),
    ("prepare sketch pairs out", "KIND must be one of edges, lightness, gray"),
    ("prepare gray:a=1 pairs out", "The settings of gray are: none"),
    ("prepare edges pairs pairs out", "edges takes one folder. Received: pairs, pairs"),
    ("prepare combine pairs out", "combine takes two folders"),
    ("prepare resize pairs out", "resize needs --size N"),
    ("prepare edges gone out", "gone is not a folder"),
    ("prepare edges pairs pairs/new", "OUTPUT must be a folder of its own"),
]
TAKEN = [
    "train pairs --output new",
    "train pairs --output empty",
    "train pairs --output new --from net_G.pth --freeze-encoder",
    "train pairs --output new --from unet.keras --depth 8",
    "train --output new",
    "translate model.keras pairs/*.png out",
    "translate model.keras pairs out --tile 64 --overlap 0",
    "evaluate model.keras pairs",
    "evaluate trained/best.keras",
    "report trained/best.keras new.html",
    "report trained/best.keras page.html --overwrite",
    "export model.keras new.onnx",
    "export model.keras empty",
    "export model.keras new.1 pairs --format web",
    "check pairs",
    "convert net_G.pth new.keras",
    "convert model.keras net_G.pth --overwrite",
    "demo model.keras",
    "train pairs --condition-from edges:line_width=2 --output new",
    "train pairs --recipe paper --depth 4 --output new",
    "check pairs --condition-from gray --target-format channels:3",
    "translate edges.keras pairs out --from-picture",
    "export gray.keras new.onnx --from-picture",
    "prepare edges:hed pairs out",
    "prepare combine pairs text new",
    "prepare resize pairs out --size 64",
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_what_cannot_be_done_is_refused(arguments, told, place, monkeypatch):
    monkeypatch.chdir(place)
    with pytest.raises(ValueError) as refused:
        refusals.refuse(parser().parse_args(arguments.split()))
    assert told in str(refused.value)


@pytest.mark.parametrize("arguments", TAKEN)
def test_what_can_be_done_is_not_refused(arguments, place, monkeypatch):
    monkeypatch.chdir(place)
    refusals.refuse(parser().parse_args(arguments.split()))


def test_nothing_slow_is_imported_to_refuse(place):
    """In one process for all of them, with their exit codes."""
    code = (
        "import sys\nfrom keras_pix2pix_cli.__main__ import main\n"
        "for line in sys.argv[1:]:\n    assert main(line.split()) == 1, line\n"
        "print({'keras', 'keras_pix2pix', 'numpy', 'PIL'} & set(sys.modules))"
    )
    lines = [arguments for arguments, _ in REFUSED]
    done = subprocess.run(
        [sys.executable, "-c", code, *lines],
        cwd=place,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"
    told = done.stderr.splitlines()
    assert len(told) == len(lines)
    assert all(line.startswith("keras-pix2pix ") for line in told)


def test_suffixes_are_those_of_the_library():
    assert set(refusals.IMAGE_SUFFIXES) == IMAGE_SUFFIXES
    assert {name: suffix for name, (suffix, _) in FORMATS.items()} == refusals.EXPORT_SUFFIXES


def test_the_conditions_of_graphs_are_those_that_the_library_computes():
    for name in refusals.COMPUTED_IN_GRAPHS:
        of_picture(getattr(kp.data, name)())
    with pytest.raises(ValueError, match=" or ".join(refusals.COMPUTED_IN_GRAPHS[::-1])):
        of_picture(kp.data.EdgeDrawing())
