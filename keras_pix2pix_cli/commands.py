"""What the commands of `keras-pix2pix` do; their arguments are in arguments.py.

Each takes the arguments as an `argparse.Namespace` and returns the exit code, or `None` for 0.
"""

import contextlib
import json
import sys
import warnings
from pathlib import Path

import keras

from keras_pix2pix import exporting
from keras_pix2pix.callbacks import report_page as pages
from keras_pix2pix.convert.pytorch import load_pytorch, save_pytorch
from keras_pix2pix.data.files.writing import write_image
from keras_pix2pix.data.sets.detection import detect_layout
from keras_pix2pix.data.sets.image_sets import SAMPLES
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix_cli import experiment
from keras_pix2pix_cli.recipe import compile_model, metrics_for, new_model

# Where nothing is known of the training of a model.
IMAGE_SIZE = 256
# What does not change what is learned, and may differ when a training goes on.
NOT_SETTINGS = ("command", "output", "overwrite", "json")


def train(args):
    """Train in a folder, or go on with what was stopped there."""
    output = Path(args.output)
    _refuse_inside(output, args.data)
    options = {
        "batch_size": args.batch_size,
        "augment": not args.no_augment,
        "cache": args.cache,
        "seed": args.seed,
    }
    pairs, val = _load_pairs(args, options)
    if val is None:
        pairs, val = _split(pairs, args.held_out)
    _say(f"train on {pairs}\nhold out {val}", args)
    settings = {name: value for name, value in vars(args).items() if name not in NOT_SETTINGS}
    settings["data"] = str(Path(args.data or SAMPLES).resolve())
    keras.utils.set_random_seed(args.seed)
    model = new_model(args, pairs)
    compile_model(model, args, args.epochs * (args.steps_per_epoch or len(pairs)), val)
    # What cannot be trained on must not cost an earlier training.
    pairs.check()
    val.check()
    experiment.begin(output, settings, args.overwrite)
    verbose = 0 if args.json else 1 if sys.stdout.isatty() else 2
    try:
        numbers = experiment.run(output, model, pairs, val, settings, verbose)
    except experiment.Stopped as stopped:
        print(
            f"stopped; the model as it was is {output / 'model.keras'}. The same command goes on "
            "from the end of the last whole epoch.",
            file=sys.stderr,
        )
        return 128 + stopped.number
    written = {name: output / name for name in experiment.FILES if (output / name).exists()}
    _answer({**numbers, "files": {n: str(path) for n, path in written.items()}}, args.json)


def translate(args):
    """A picture for every image of a folder."""
    model = experiment.load(args.model)
    source = args.source
    if len(source) == 1:
        (source,) = source
    elif len(source) == len(model.formats[0]):
        source = tuple(source)
    # The progress bar is no part of the answer.
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


def export(args):
    """The model for another runtime."""
    model = experiment.load(args.model)
    try:
        written = exporting.export(
            model,
            args.path,
            format=args.format,
            processing=not args.no_processing,
            weights=args.weights,
            examples=_examples(args, model),
            overwrite=args.overwrite,
        )
    except RuntimeError as error:
        # On another backend than TensorFlow.
        raise ValueError(str(error)) from error
    print(written)


def evaluate(args):
    """Losses and metrics of held-out pairs."""
    model = experiment.load(args.model)
    data = _judged_pairs(args, model)
    numbers = _evaluated(model, data, args)
    _answer({"pairs": len(data.numbers), **numbers}, args.json)


def _evaluated(model, data, args):
    config = keras.saving.deserialize_keras_object(model.get_compile_config())
    model.compile(**{**config, "metrics": metrics_for(data, args.features)})
    # The progress bar is no part of the answer.
    with contextlib.redirect_stdout(sys.stderr):
        return model.evaluate(
            data,
            samples=args.samples,
            seed=args.seed,
            verbose=int(sys.stderr.isatty()),
            return_dict=True,
        )


def check(args):
    """Read every pair, and say what is there and what is wrong."""
    if args.preview:
        _refuse_existing(args.preview, args.overwrite)
    layout = _layout(args)
    with warnings.catch_warnings(action="ignore"):
        # The table says it all.
        options = {"image_size": args.image_size, "resize": args.resize}
        pairs, val = layout.load(on_error="skip", augment=False, **options)
    audits = {"training" if val else "all": pairs.audit()}
    if val:
        audits["held out"] = val.audit()
        audits["training"].compare(audits["held out"], "the held-out pairs")
    if args.preview:
        write_image(args.preview, pairs.preview())
    told = {
        part: {
            "pairs": audit.count,
            "problems": list(audit.problems.values()),
            "left_out": audit.left_out,
            "suspicious": audit.suspicions,
        }
        for part, audit in audits.items()
    }
    for part, audit in audits.items():
        _say(f"\n{part}: {audit}", args)
    if args.json:
        print(json.dumps({"layout": layout.text, "parts": told}))
    return int(any(part["problems"] or part["left_out"] for part in told.values()))


def report(args):
    """A page about a model and how it does on held-out pairs."""
    page = Path(args.page)
    _refuse_existing(page, args.overwrite)
    model = experiment.load(args.model)
    data = _judged_pairs(args, model)
    # Compiling anew forgets it.
    step = int(model.optimizer.iterations) if model.compiled else 0
    judged = _evaluated(model, data, args)
    numbers = {"step": step, **{f"val_{name}": value for name, value in judged.items()}}
    results = pages.best_and_worst(model, data, args.pairs)
    pages.write(page, model, data, [], [], results, numbers)
    print(page)


def convert(args):
    """A PyTorch checkpoint of a generator to a model, or back."""
    source, output = Path(args.source), Path(args.output)
    endings = source.suffix.lower(), output.suffix.lower()
    _refuse_existing(output, args.overwrite)
    if endings == (".pth", ".keras"):
        experiment.save(Pix2Pix(load_pytorch(source)), output)
    elif endings == (".keras", ".pth"):
        save_pytorch(experiment.load(source).generator, output)
    else:
        raise ValueError(
            f"convert goes from .pth to .keras or from .keras to .pth. Received: {source} and "
            f"{output}"
        )
    print(output)


def demo(args):
    """The page to draw into."""
    from keras_pix2pix_cli.drawing_page import serve

    model = experiment.load(args.model)
    serve(model, _examples(args, model), host=args.host, port=args.port)


def _examples(args, model):
    """The held-out pairs of the folder that is named, if one is."""
    if args.data is None:
        return None
    layout = detect_layout(args.data, args.condition, args.swap)
    pairs, val = layout.load(augment=False, formats=model.formats, **_reading(args))
    return val or pairs


def _layout(args):
    layout = detect_layout(args.data or SAMPLES, args.condition, args.swap)
    _say(layout.text, args)
    return layout


def _load_pairs(args, options):
    return _layout(args).load(**_reading(args), **options)


def _reading(args):
    """How pairs are read: as is said, or as for the training of the model."""
    size, resize = args.image_size, args.resize
    if size is None or resize is None:
        trained = experiment.settings_beside(args.model)
        size = size or trained.get("image_size", IMAGE_SIZE)
        resize = resize or trained.get("resize", "fit")
    return {"image_size": size, "resize": resize, "on_error": args.on_error}


def _split(pairs, share):
    try:
        return pairs.split(share)
    except ValueError as error:
        raise ValueError(
            f"--held-out {share} of {len(pairs.numbers)} pairs leaves none on one side; names "
            "decide. Take another, or put the pairs into train/ and val/."
        ) from error


def _judged_pairs(args, model):
    """The held-out pairs of a folder, or all of one without any, as the model reads them."""
    options = {"batch_size": args.batch_size, "augment": False, "formats": model.formats}
    pairs, val = _load_pairs(args, options)
    if val is None and args.held_out:
        val = _split(pairs, args.held_out)[1]
    if val is None:
        print(
            "These are all pairs of the folder. If the model was trained on some of them, "
            "--held-out gives those that were not, as for train.",
            file=sys.stderr,
        )
    return val or pairs


def _refuse_existing(path, overwrite):
    if Path(path).exists() and not overwrite:
        raise ValueError(f"{path} is there already. Take another name, or --overwrite it.")


def _refuse_inside(output, data):
    folder = Path(data or SAMPLES).resolve()
    if output.resolve() == folder or folder in output.resolve().parents:
        raise ValueError(
            f"The output {output} lies in the data folder {data}, where its pictures would be "
            "taken for data. Take another --output."
        )


def _say(text, args):
    """For people, on stdout; beside JSON, on stderr."""
    print(text, file=sys.stderr if args.json else sys.stdout)


def _answer(values, as_json):
    if as_json:
        print(json.dumps(values))
        return
    for name, value in values.items():
        if isinstance(value, dict):
            _answer(value, False)
        else:
            print(f"{name:>28}  {f'{value:.4g}' if isinstance(value, float) else value}")
