"""What the commands do.

Each function has the name of its command. It takes the options as an `argparse.Namespace`, and
returns the exit code.
"""

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import keras

from keras_pix2pix import exporting
from keras_pix2pix.callbacks.recorder import pictures_until
from keras_pix2pix.callbacks.report import page as report_page
from keras_pix2pix.callbacks.report.baselines import baselines
from keras_pix2pix.callbacks.report.curves import require_matplotlib
from keras_pix2pix.callbacks.report.history import history_of_table
from keras_pix2pix.callbacks.report.results import held_out_results
from keras_pix2pix.convert import load_pytorch, save_pytorch
from keras_pix2pix.data import PairDataset
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.training.averaging import averaged
from keras_pix2pix.training.devices.processes import Processes
from keras_pix2pix.training.health import HEALTH
from keras_pix2pix_cli import several_processes
from keras_pix2pix_cli.checking import check
from keras_pix2pix_cli.inputs import model_file
from keras_pix2pix_cli.inputs.model_from_options import (
    measure_for,
    metrics_for,
    new_model,
    recipe_for,
)
from keras_pix2pix_cli.inputs.pairs_from_options import (
    evaluation_pairs,
    example_pairs,
    known_pairs,
    training_pairs,
)
from keras_pix2pix_cli.preparing.prepare import prepare
from keras_pix2pix_cli.training import kept, settings, training_folder
from keras_pix2pix_cli.training.training_callbacks import TrainingStopped
from keras_pix2pix_cli.waiting import bar_on_terminal, progress, waiting

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


def train(args: Namespace) -> int:
    """Train in a folder, or resume the training that was stopped there."""
    with several_processes.joined(args) as processes:
        return _train(args, processes)


def _train(args: Namespace, processes: Processes) -> int:
    output = Path(args.output)
    pairs, val = training_pairs(args)
    args.recipe = recipe_for(args, pairs)
    keras.utils.set_random_seed(args.seed)
    model = new_model(args, pairs, val)
    args.monitor = measure_for(args, model, val)
    options = settings.of_options(args)
    # Bad pairs are refused before an earlier training is removed.
    for data in (pairs, val):
        with progress(f"reading {len(data.numbers)} pairs") as verbose:
            data.check(verbose)
    try:
        with several_processes.prepared(processes, output, options, args.overwrite) as done:
            if processes.index:
                several_processes.follow(output, model, pairs, val, options, done)
                return 0
            _announce_training(output, args, done)
            numbers = training_folder.run(output, model, pairs, val, options, done, args.messages)
    except TrainingStopped as stopped:
        if not processes.index:
            print(
                f"The training was stopped. Its current model is {output / 'model.keras'}. To "
                "resume after the last complete epoch, run the same command again.",
                file=sys.stderr,
            )
        return 128 + stopped.number
    files = {name: str(output / name) for name in training_folder.FILES if (output / name).exists()}
    if "best_epoch" in numbers:
        epoch = int(numbers["best_epoch"])
        print(kept.sentence(epoch, args.epochs, args.monitor), file=args.messages)
    _print_result({**numbers, "files": files}, args.json)
    return 0


def _announce_training(output: Path, args: Namespace, done: int) -> None:
    """Print how a training goes on, and where to look while it runs."""
    if done:
        rate = {
            "linear": "the learning rate falls to 0 at the end (--schedule constant: it stays)",
            "constant": "the learning rate stays as it was in the beginning",
        }[args.schedule]
        print(f"go on after {done} of {args.epochs} epochs: {rate}", file=args.messages)
    print(
        f"recipe {args.recipe}; after each epoch: pictures in {output / 'samples'}, a page at "
        f"{output / 'report.html'}",
        file=args.messages,
        flush=True,
    )


def translate(args: Namespace) -> int:
    """Generate a picture for every image of a folder."""
    model = _loaded(args.model)
    source = args.source
    if len(source) == 1:
        (source,) = source
    elif len(source) == len(model.formats[0]):
        source = tuple(source)
    with bar_on_terminal("generating pictures"):
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
            part=args.part,
            from_picture=args.from_picture,
            engine=args.engine,
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
    model = _loaded(args.model)
    examples = example_pairs(args, model)
    try:
        with waiting(f"exporting {args.model}"):
            written = exporting.export(
                model,
                args.path,
                format=args.format,
                processing=not args.no_processing,
                weights=args.weights,
                examples=examples,
                title=args.title,
                labels=args.labels,
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
    model = _loaded(args.model)
    data, facts = evaluation_pairs(args, model)
    _print_result({**facts, **_evaluate(model, data, args)}, args.json)
    return 0


def _evaluate(model: Pix2Pix, data: PairDataset, args: Namespace) -> dict[str, float]:
    config = keras.saving.deserialize_keras_object(model.get_compile_config())
    # Compiling a model again drops the moving averages of its weights.
    with averaged(model):
        weights = model.generator.get_weights()
    model.compile(**{**config, "metrics": metrics_for(data, args.features)})
    model.generator.set_weights(weights)
    with progress(f"judging {len(data.numbers)} pairs") as verbose:
        return model.evaluate(
            data, samples=args.samples, seed=args.seed, verbose=verbose, return_dict=True
        )


def report(args: Namespace) -> int:
    """Write a page about a model and its results for held-out pairs."""
    page = Path(args.page)
    require_matplotlib()
    model = _loaded(args.model)
    data, _ = evaluation_pairs(args, model)
    # Compiling the model again sets the step to 0.
    step = int(model.optimizer.iterations) if model.compiled else 0
    numbers = {f"val_{name}": value for name, value in _evaluate(model, data, args).items()}
    if sentence := kept.of_model(Path(args.model)):
        print(sentence, file=args.messages)
    folder = Path(args.model).parent
    measure = settings.beside(args.model).get("monitor")
    with waiting("comparing with the mean picture and the nearest pair"):
        known = known_pairs(args, model)
        guesses = baselines(model, known, data) if known else None
    with waiting("drawing the best and the worst pictures"):
        report_page.write(
            page,
            model,
            data,
            history_of_table(folder / "losses.csv"),
            pictures_until(step, folder / "samples"),
            held_out_results(model, data, args.pairs),
            {"step": step, **numbers},
            guesses,
            measure,
            "best.keras" if measure and (folder / "best.keras").exists() else None,
        )
    print(page)
    return 0


def convert(args: Namespace) -> int:
    """Convert a PyTorch checkpoint of a generator into a model, or a model into a checkpoint."""
    source, output = Path(args.source), Path(args.output)
    if source.suffix.lower() == ".pth":
        model_file.save(Pix2Pix(load_pytorch(source)), output)
    else:
        model = _loaded(source)
        with averaged(model):
            save_pytorch(model.generator, output)
    print(output)
    return 0


def demo(args: Namespace) -> int:
    """Serve a page to draw on."""
    from keras_pix2pix_cli.drawing.server import serve

    model = _loaded(args.model)
    serve(
        model,
        example_pairs(args, model),
        host=args.host,
        port=args.port,
        title=args.title,
        labels=args.labels,
    )
    return 0


def _loaded(path: str | Path) -> Pix2Pix:
    with waiting(f"loading {path}"):
        return model_file.load(path)


def _print_result(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(values))
        return
    # What GANHealth looks at is in losses.csv.
    for name, value in values.items():
        if name.removeprefix("val_") in HEALTH:
            continue
        if isinstance(value, dict):
            _print_result(value, False)
        else:
            print(f"{name:>28}  {_in_words(value)}")


def _in_words(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
