"""What the commands do.

Each function has the name of its command. It takes the options as an `argparse.Namespace`, and
returns the exit code.
"""

import contextlib
import json
import sys
import warnings
from argparse import Namespace
from pathlib import Path
from typing import Any

import keras

from keras_pix2pix import exporting
from keras_pix2pix.callbacks import report_page
from keras_pix2pix.callbacks.report_contents import best_and_worst
from keras_pix2pix.convert import load_pytorch, save_pytorch
from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.files.writing import write_image
from keras_pix2pix.data.sets.image_sets import SAMPLES
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.training.averaging import averaged
from keras_pix2pix.types import PathLike
from keras_pix2pix_cli import model_file, training_folder
from keras_pix2pix_cli.model_from_options import measure_for, metrics_for, new_model, recipe_for
from keras_pix2pix_cli.pairs_from_options import (
    detected_layout,
    evaluation_pairs,
    example_pairs,
    training_pairs,
)
from keras_pix2pix_cli.preparing.prepare import prepare
from keras_pix2pix_cli.training_callbacks import TrainingStopped

__all__ = [
    "check",
    "convert",
    "demo",
    "evaluate",
    "export",
    "prepare",
    "report",
    "train",
    "translate",
]

# These options do not change the result of a training, and may change when it is resumed.
NOT_SETTINGS = ("command", "output", "overwrite", "json", "messages", "paper_options")


def train(args: Namespace) -> int:
    """Train in a folder, or resume the training that was stopped there."""
    output = Path(args.output)
    _refuse_output_in_data(output, args.data)
    pairs, val = training_pairs(args)
    print(f"train on {pairs}\nhold out {val}", file=args.messages)
    args.recipe = recipe_for(args, pairs)
    keras.utils.set_random_seed(args.seed)
    model = new_model(args, pairs, val)
    args.monitor = measure_for(args, model, val)
    settings = {name: value for name, value in vars(args).items() if name not in NOT_SETTINGS}
    settings["data"] = str(Path(args.data or SAMPLES).resolve())
    # Bad pairs are refused before an earlier training is removed.
    pairs.check()
    val.check()
    verbose = 0 if args.json else 1 if sys.stdout.isatty() else 2
    try:
        with training_folder.locked(output):
            done = training_folder.prepare(output, settings, args.overwrite)
            numbers = training_folder.run(output, model, pairs, val, settings, done, verbose)
    except TrainingStopped as stopped:
        print(
            f"The training was stopped. Its current model is {output / 'model.keras'}. To resume "
            "after the last complete epoch, run the same command again.",
            file=sys.stderr,
        )
        return 128 + stopped.number
    files = {name: str(output / name) for name in training_folder.FILES if (output / name).exists()}
    _print_result({**numbers, "files": files}, args.json)
    return 0


def translate(args: Namespace) -> int:
    """Generate a picture for every image of a folder."""
    model = model_file.load(args.model)
    source = args.source
    if len(source) == 1:
        (source,) = source
    elif len(source) == len(model.formats[0]):
        source = tuple(source)
    # The progress bar is not a part of the result.
    with contextlib.redirect_stdout(sys.stderr):
        done = model.translate_files(
            source,
            args.output,
            overwrite=args.overwrite,
            batch_size=args.batch_size,
            stochastic=args.stochastic,
            seed=args.seed,
            samples=args.samples,
            tile=args.tile,
            overlap=args.overlap,
            from_picture=args.from_picture,
        )
    broken = [(str(path), reason) for path, reason in done.broken]
    if args.json:
        written, kept = ([str(path) for path in paths] for paths in (done.written, done.kept))
        print(json.dumps({"written": written, "kept": kept, "broken": broken}))
    else:
        print(f"{len(done.written)} written, {len(done.kept)} kept, {len(broken)} broken")
    for _, reason in broken:
        print(f"keras-pix2pix translate: {reason}", file=sys.stderr)
    return int(bool(broken))


def export(args: Namespace) -> int:
    """Write a model for another runtime."""
    model = model_file.load(args.model)
    try:
        written = exporting.export(
            model,
            args.path,
            format=args.format,
            processing=not args.no_processing,
            weights=args.weights,
            examples=example_pairs(args, model),
            overwrite=args.overwrite,
            from_picture=args.from_picture,
        )
    except RuntimeError as error:
        # The backend is not TensorFlow.
        raise ValueError(str(error)) from error
    print(written)
    return 0


def evaluate(args: Namespace) -> int:
    """Print losses and metrics of held-out pairs."""
    model = model_file.load(args.model)
    data = evaluation_pairs(args, model)
    numbers = _evaluate(model, data, args)
    _print_result({"pairs": len(data.numbers), **numbers}, args.json)
    return 0


def _evaluate(model: Pix2Pix, data: PairDataset, args: Namespace) -> dict[str, float]:
    config = keras.saving.deserialize_keras_object(model.get_compile_config())
    # Compiling a model again drops the moving averages of its weights.
    with averaged(model):
        weights = model.generator.get_weights()
    model.compile(**{**config, "metrics": metrics_for(data, args.features)})
    model.generator.set_weights(weights)
    # The progress bar is not a part of the result.
    with contextlib.redirect_stdout(sys.stderr):
        return model.evaluate(
            data,
            samples=args.samples,
            seed=args.seed,
            verbose=int(sys.stderr.isatty()),
            return_dict=True,
        )


def check(args: Namespace) -> int:
    """Read every pair, and print the problems."""
    if args.preview:
        _refuse_existing(args.preview, args.overwrite)
    layout = detected_layout(args)
    # The audit lists what is wrong.
    with warnings.catch_warnings(action="ignore"):
        pairs, val = layout.load(
            on_error="skip", augment=False, image_size=args.image_size, resize=args.resize
        )
    audits = {"training" if val else "all": pairs.audit()}
    if val:
        audits["held out"] = val.audit()
        audits["training"].compare(audits["held out"], "the held-out pairs")
    if args.preview:
        write_image(args.preview, pairs.preview())
    parts: dict[str, dict[str, Any]] = {}
    for part, audit in audits.items():
        print(f"\n{part}: {audit}", file=args.messages)
        parts[part] = {
            "pairs": audit.count,
            "problems": list(audit.problems.values()),
            "left_out": audit.left_out,
            "suspicious": audit.suspicions,
        }
    if args.json:
        print(json.dumps({"layout": layout.text, "parts": parts}))
    return int(any(part["problems"] or part["left_out"] for part in parts.values()))


def report(args: Namespace) -> int:
    """Write a page about a model and its results for held-out pairs."""
    page = Path(args.page)
    _refuse_existing(page, args.overwrite)
    model = model_file.load(args.model)
    data = evaluation_pairs(args, model)
    # Compiling the model again sets the step to 0.
    step = int(model.optimizer.iterations) if model.compiled else 0
    numbers = {f"val_{name}": value for name, value in _evaluate(model, data, args).items()}
    results = best_and_worst(model, data, args.pairs)
    report_page.write(page, model, data, [], [], results, {"step": step, **numbers})
    print(page)
    return 0


def convert(args: Namespace) -> int:
    """Convert a PyTorch checkpoint of a generator into a model, or a model into a checkpoint."""
    source, output = Path(args.source), Path(args.output)
    suffixes = source.suffix.lower(), output.suffix.lower()
    _refuse_existing(output, args.overwrite)
    if suffixes == (".pth", ".keras"):
        model_file.save(Pix2Pix(load_pytorch(source)), output)
    elif suffixes == (".keras", ".pth"):
        model = model_file.load(source)
        with averaged(model):
            save_pytorch(model.generator, output)
    else:
        raise ValueError(
            f"convert goes from .pth to .keras or from .keras to .pth. Received: {source} and "
            f"{output}"
        )
    print(output)
    return 0


def demo(args: Namespace) -> int:
    """Serve a page to draw on."""
    from keras_pix2pix_cli.drawing.page import serve

    model = model_file.load(args.model)
    serve(model, example_pairs(args, model), host=args.host, port=args.port)
    return 0


def _refuse_existing(path: PathLike, overwrite: bool) -> None:
    if Path(path).exists() and not overwrite:
        raise ValueError(f"{path} exists already. Use another name, or --overwrite.")


def _refuse_output_in_data(output: Path, data: str | None) -> None:
    folder = Path(data or SAMPLES).resolve()
    if output.resolve() == folder or folder in output.resolve().parents:
        raise ValueError(
            f"The output folder {output} is inside the data folder {data}. A later command would "
            "read its pictures as data. Use another --output."
        )


def _print_result(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(values))
        return
    for name, value in values.items():
        if isinstance(value, dict):
            _print_result(value, False)
        else:
            print(f"{name:>28}  {f'{value:.4g}' if isinstance(value, float) else value}")
