"""What is refused before Keras is imported, which takes seconds: files, folders, settings."""

import json
import os
import zipfile
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from keras_pix2pix_cli.options.other_options import other_options, refuse_differences
from keras_pix2pix_cli.preparing.refusals import refuse_condition_from, refuse_prepare
from keras_pix2pix_cli.training import settings

# The suffixes of files that hold an image, or a list of pairs.
IMAGE_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".npy"),
)
# The suffix of the file for each format of `export`.
EXPORT_SUFFIXES = {
    "onnx": ".onnx",
    "litert": ".tflite",
    "openvino": ".xml",
    "saved_model": "",
    "web": "",
}
# The classes of the conditions that an exported graph can compute.
COMPUTED_IN_GRAPHS = ("Gray", "Lightness")
CONVERSIONS = ((".pth", ".keras"), (".keras", ".pth"))


def refuse(args: Namespace) -> None:
    """Refuse what a command cannot do, as far as files and options tell without reading images.

    Args:
        args: `argparse.Namespace` of any command.

    Raises:
        ValueError: saying what to do.
    """
    REFUSALS.get(args.command, _data)(args)


def _train(args: Namespace) -> None:
    _data(args)
    output = Path(args.output)
    start = getattr(args, "from")
    if start is not None:
        _check_start(Path(start), args)
    elif args.freeze_encoder:
        raise ValueError("--freeze-encoder keeps what a model has learned: name it with --from.")
    if args.paper_options and args.recipe not in (None, "paper"):
        raise ValueError(
            f"Only --recipe paper has {', '.join(args.paper_options)}. Received: --recipe "
            f"{args.recipe}. Leave them out, or change the recipe in Python."
        )
    if args.monitor == "perceptual" and (args.recipe == "paper" or args.paper_options):
        raise ValueError("--recipe paper has no perceptual distance. Use another --monitor.")
    _refuse_output_in_data(output, args.data)
    if output.exists() and not output.is_dir():
        raise ValueError(f"{output} is a file. Use another --output.")
    known = settings.of_options(args)
    # These follow from the pairs, if they are not given.
    follow = ("recipe", "monitor", "condition_format", "target_format")
    undecided = [name for name in follow if known[name] is None]
    known = {name: value for name, value in known.items() if name not in undecided}
    if args.overwrite and (output / settings.SETTINGS).exists():
        return
    settings.check_folder(output, known)


def _translate(args: Namespace) -> None:
    _check_model(Path(args.model), args.from_picture)
    for source in map(Path, args.source):
        if not source.exists() and not any(mark in str(source) for mark in "*?["):
            raise ValueError(f"There is no file or folder {source}")
    if args.samples is not None and not args.stochastic:
        raise ValueError("--samples differ by their noise. Add --stochastic.")
    if args.engine and args.stochastic:
        raise ValueError("--engine has no noise. Leave out --engine or --stochastic.")
    if args.tile is not None and not 0 <= args.overlap < args.tile:
        raise ValueError(
            "--overlap must be at least 0 and smaller than --tile. Received: --tile "
            f"{args.tile} --overlap {args.overlap}"
        )


def _evaluate(args: Namespace) -> None:
    model = Path(args.model)
    _check_model(model)
    if args.data is not None:
        _data(args)
        settings.beside(model)
        return
    trained = settings.beside(model).get("data")
    if trained is None:
        raise ValueError(
            f"There is no settings.json beside {model} that names the pairs of its training. Name "
            "the pairs: --data FOLDER"
        )
    if not Path(trained).exists():
        raise ValueError(
            f"{model} was trained on {trained}, which is not there, as settings.json beside it "
            "says. Name the pairs: --data FOLDER"
        )


def _report(args: Namespace) -> None:
    _refuse_existing(Path(args.page), args.overwrite)
    _evaluate(args)


def _export(args: Namespace) -> None:
    path = Path(args.path)
    condition = _check_model(Path(args.model), args.from_picture).get("condition")
    settings.beside(args.model)
    # A folder is a saved_model, unless --format says that it is a web page.
    formats = [name for name, suffix in EXPORT_SUFFIXES.items() if suffix == path.suffix]
    format = args.format or next(iter(formats), None)
    if format is None:
        raise ValueError(
            f"{path} must end in .onnx, .tflite or .xml, or be a folder without a suffix, unless "
            "--format is given."
        )
    suffix = EXPORT_SUFFIXES[format]
    # A folder may have a point in its name, but not the suffix of another format.
    if path.suffix != suffix and (suffix or path.suffix in EXPORT_SUFFIXES.values()):
        kind = f"end in {suffix}" if suffix else "be a folder, without a suffix"
        raise ValueError(f"A path for --format {format} must {kind}. Received: {path}")
    if args.weights != "float32" and format != "litert":
        raise ValueError(
            f"--weights {args.weights} is for --format litert. Received: --format {format}"
        )
    if args.data is not None and format != "web":
        raise ValueError(f"The pairs are examples for --format web. Received: --format {format}")
    if args.no_processing and format == "web":
        raise ValueError("--format web draws images as they are stored. Leave --no-processing out.")
    if args.from_picture and (args.no_processing or format == "web"):
        raise ValueError(
            "--from-picture is for files with processing. Leave out --no-processing and --format "
            "web, whose page takes what is drawn."
        )
    if condition and args.from_picture and condition["class_name"] not in COMPUTED_IN_GRAPHS:
        raise ValueError(
            "--from-picture is for models whose condition is lightness or gray, which a graph can "
            "compute. Leave it out, and give the file the conditions that keras-pix2pix prepare "
            f"writes. Received: {args.model}, whose condition is {condition['class_name']}"
        )
    _data(args)
    if not path.is_dir() or any(path.iterdir()):
        _refuse_existing(path, args.overwrite)


def _check(args: Namespace) -> None:
    _data(args)
    if args.preview:
        _refuse_existing(Path(args.preview), args.overwrite)


def _convert(args: Namespace) -> None:
    source, output = Path(args.source), Path(args.output)
    if (source.suffix.lower(), output.suffix.lower()) not in CONVERSIONS:
        raise ValueError(
            f"convert goes from .pth to .keras or from .keras to .pth. Received: {source} and "
            f"{output}"
        )
    _check_file(source)
    _refuse_existing(output, args.overwrite)


def _demo(args: Namespace) -> None:
    _check_model(Path(args.model))
    settings.beside(args.model)
    _data(args)


def _data(args: Namespace) -> None:
    """Refuse a folder of pairs that is missing, or holds nothing that could be a pair."""
    refuse_condition_from(args)
    if args.data is None:
        return
    data = Path(args.data)
    if data.is_file() and data.suffix.lower() == ".csv":
        return
    if not data.is_dir():
        raise ValueError(f"{data} is neither a folder nor a CSV file")
    if not any(_files_of(data, (*IMAGE_SUFFIXES, ".csv"))):
        raise ValueError(f"{data} holds no images and no CSV file")


def _files_of(folder: Path, suffixes: tuple[str, ...]) -> Iterable[str]:
    for _, _, files in os.walk(folder, followlinks=True):
        yield from (name for name in files if name.lower().endswith(suffixes))


def _check_start(path: Path, args: Namespace) -> None:
    """Refuse a generator that is another than the options of the training say."""
    generator = _check_file(path).get("generator")
    if generator:
        differences = other_options(generator["class_name"], generator["config"], args)
        refuse_differences(path, differences)


def _check_file(path: Path) -> dict[str, Any]:
    """Refuse what is neither a model nor a checkpoint. Return the arguments of a `Pix2Pix`."""
    if path.suffix.lower() != ".pth":
        return _check_model(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path}")
    return {}


def _check_model(path: Path, from_picture: bool = False) -> dict[str, Any]:
    """Refuse what is no `.keras` file, or holds another model than a `Pix2Pix`.

    With `from_picture`, also a model whose conditions were not computed from pictures.

    Returns:
        The arguments of the `Pix2Pix`.
    """
    if path.is_dir():
        inside = [path / name for name in ("best.keras", "model.keras") if (path / name).is_file()]
        such = f", such as {inside[0]}" if inside else ""
        raise ValueError(f"{path} is a folder, and a model is a .keras file{such}")
    if not path.is_file():
        raise ValueError(f"There is no file {path}")
    try:
        with zipfile.ZipFile(path) as file:
            config = json.loads(file.read("config.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ValueError(f"{path} cannot be loaded as a Keras model: {error}") from error
    if str(config.get("module")).split(".")[0] == "keras":
        raise ValueError(
            f"{path} must hold a Pix2Pix, as keras-pix2pix train and Pix2Pix.save write it. "
            f"Received: a {config.get('class_name')}"
        )
    arguments: dict[str, Any] = config.get("config", {})
    if from_picture and not arguments.get("condition"):
        raise ValueError(
            f"--from-picture is for a model that train --condition-from wrote. The conditions of "
            f"{path} were images of their own."
        )
    return arguments


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise ValueError(f"{path} exists already. Use another name, or --overwrite.")


def _refuse_output_in_data(output: Path, data: str | None) -> None:
    folder = Path(data or settings.sample_folder()).resolve()
    if folder in (output.resolve(), *output.resolve().parents):
        raise ValueError(
            f"The output folder {output} is inside the data folder {folder}. A later command would "
            "read its pictures as data. Use another --output."
        )


REFUSALS = {
    "train": _train,
    "translate": _translate,
    "evaluate": _evaluate,
    "report": _report,
    "export": _export,
    "check": _check,
    "prepare": refuse_prepare,
    "convert": _convert,
    "demo": _demo,
}
