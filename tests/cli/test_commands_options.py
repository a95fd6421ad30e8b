"""Every option of every command has an effect: none is read and then forgotten."""

import argparse
import itertools
import sys
import types

import keras
import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix.callbacks.report.results import Results
from keras_pix2pix_cli import checking, commands
from keras_pix2pix_cli.__main__ import main
from keras_pix2pix_cli.drawing import server
from keras_pix2pix_cli.options.arguments import parser
from keras_pix2pix_cli.training import training_folder

TINY = ["--image-size=16", "--depth=2", "--filters=4", "--receptive-field=16"]
SHORT = [*TINY, "--epochs=2", "--steps-per-epoch=5"]


def rate(seen, step):
    """The learning rates of both optimizers at a step."""
    optimizers = seen.model.optimizer.generator, seen.model.optimizer.discriminator
    for optimizer in optimizers:
        optimizer.iterations.assign(step)
    return [round(float(optimizer.learning_rate), 8) for optimizer in optimizers]


def networks(name):
    return lambda seen: [
        getattr(network, name) for network in (seen.model.generator, seen.model.discriminator)
    ]


def compiled(name):
    return lambda seen: seen.model.get_compile_config()[name]


def held_out(seen):
    return len(seen.val.numbers), len(seen.pairs.numbers)


def condition_is_mask(seen):
    return seen.pairs.formats[0][0].interpolation == "nearest"


def count(seen):
    return len(seen.pairs.numbers) if seen.pairs is not None else 0


def of_pairs(name):
    return lambda seen: getattr(seen.pairs, name)


def of_call(name):
    return lambda seen: seen.call[name]


def ranges(seen):
    (condition,), target = seen.pairs.formats
    return condition.value_range, target.value_range


# For each command: what it is given, where words in capitals are paths.
BASES = {
    "train": [*SHORT, "--data=FOLDER", "--output=OUT"],
    "translate": ["MODEL", "FOLDER/masks", "OUT"],
    "evaluate": ["MODEL", "--data=FOLDER", "--image-size=16"],
    "export": ["MODEL", "OUT.tflite"],
    "export --format=web": ["MODEL", "OUT"],
    "check": ["FOLDER", "--image-size=16", "--preview=OUT.png"],
    "report": ["MODEL", "OUT.html", "--data=FOLDER", "--image-size=16"],
    "demo": ["MODEL", "--data=FOLDER"],
}
# The option with a value, what it changes, and what it changes it to. Other options in front stand
# in the command without it, too.
PAIRS = [
    ("--data=BROKEN --on-error=skip", count, 39),
    ("--condition=photos", condition_is_mask, False),
    ("--swap", condition_is_mask, False),
    ("--image-size=8x12", of_pairs("image_size"), (8, 12)),
    ("--resize=crop", of_pairs("resize"), "crop"),
    ("--condition-format=range:0..300", lambda seen: ranges(seen)[0], (0, 300)),
    ("--target-format=range:0..300", lambda seen: ranges(seen)[1], (0, 300)),
]
PICTURES = ("--condition-from=noise", lambda seen: type(seen.pairs.condition), kp.data.Noise)
EVALUATION = [
    *PAIRS,
    ("--data=SMALL", count, 10),
    ("--batch-size=3", of_pairs("batch_size"), 3),
    ("--held-out=0.4", count, 17),
    ("--samples=2", of_call("samples"), 2),
    ("--seed=5", of_call("seed"), 5),
    ("--features", lambda seen: seen.metrics, ["PSNR", "SSIM", "FeatureDistances"]),
]
EXAMPLES = [("--data=FOLDER", count, 40), *(("--data=FOLDER " + o, *more) for o, *more in PAIRS)]
DRAWING_PAGE = [
    ("--title=Rooms", of_call("title"), "Rooms"),
    ("--labels=wall,door", of_call("labels"), ["wall", "door"]),
]
EFFECTS = {
    "train": [
        *(("--held-out=0.5 " + option, *more) for option, *more in PAIRS[1:]),
        PICTURES,
        ("--held-out=0.5 --data=SMALL", lambda seen: sum(held_out(seen)), 10),
        ("--data=BROKEN --on-error=skip", lambda seen: sum(held_out(seen)), 39),
        ("--batch-size=3", of_pairs("batch_size"), 3),
        ("--held-out=0.4", held_out, (17, 23)),
        ("--epochs=4", lambda seen: seen.settings["epochs"], 4),
        ("--epochs=4", lambda seen: rate(seen, 10), [2e-4, 2e-4]),
        ("--steps-per-epoch=10", lambda seen: seen.settings["steps_per_epoch"], 10),
        ("--steps-per-epoch=10", lambda seen: rate(seen, 10), [2e-4, 2e-4]),
        ("--no-augment", of_pairs("augment"), None),
        ("--cache", of_pairs("cache"), True),
        ("--seed=5", of_pairs("seed"), 5),
        ("--monitor=psnr", lambda seen: seen.settings["monitor"], "psnr"),
        ("--generator=resnet", lambda seen: type(seen.model.generator), kp.ResNetGenerator),
        ("--depth=3", lambda seen: seen.model.generator.depth, 3),
        ("--filters=8", networks("filters"), [8, 8]),
        ("--generator=resnet --blocks=1", lambda seen: seen.model.generator.blocks, 1),
        ("--normalization=batch", networks("normalization"), ["batch", "batch"]),
        ("--dropout=0.25", lambda seen: seen.model.generator.dropout, 0.25),
        ("--receptive-field=1", lambda seen: seen.model.discriminator.receptive_field, 1),
        ("--learning-rate=0.5", lambda seen: rate(seen, 0), [0.5, 0.5]),
        ("--adversarial-loss=hinge", compiled("adversarial_loss"), "hinge"),
        ("--reconstruction-weight=7", compiled("reconstruction_weight"), 7.0),
        ("--update=simultaneous", compiled("update"), "simultaneous"),
        ("--schedule=constant", lambda seen: rate(seen, 9), [2e-4, 2e-4]),
        ("--output=OTHER", lambda seen: seen.folder.name, "other"),
        ("--json", lambda seen: seen.messages is sys.stderr, True),
    ],
    "translate": [
        ("--batch-size=3", of_call("batch_size"), 3),
        ("--stochastic", of_call("stochastic"), True),
        ("--seed=5", of_call("seed"), 5),
        ("--stochastic --samples=2", of_call("samples"), 2),
        ("--tile=128", of_call("tile"), 128),
        ("--overlap=32", of_call("overlap"), 32),
        ("--part=2/2", of_call("part"), (1, 2)),
        ("--engine=onnx", of_call("engine"), "onnx"),
        ("--overwrite", of_call("overwrite"), True),
    ],
    "evaluate": EVALUATION,
    "report": [*EVALUATION, ("--pairs=2", of_call("pairs"), 2)],
    "export": [
        *(("--format=web " + option, *more) for option, *more in EXAMPLES),
        ("--format=web", of_call("format"), "web"),
        ("--no-processing", of_call("processing"), False),
        ("--weights=int8", of_call("weights"), "int8"),
        *DRAWING_PAGE,
        ("--overwrite", of_call("overwrite"), True),
    ],
    "check": [
        *PAIRS[1:],
        PICTURES,
        ("--preview=OTHER.png", lambda seen: seen.preview.name, "other.png"),
    ],
    "demo": [
        *EXAMPLES[1:],
        ("--data=SMALL", count, 10),
        *DRAWING_PAGE,
        ("--host=0.0.0.0", of_call("host"), "0.0.0.0"),
        ("--port=1234", of_call("port"), 1234),
    ],
}
# What test_commands.py shows, since it is seen in what is printed or in what is overwritten.
ELSEWHERE = {
    # options/test_names.py
    ("check", "data"),
    # preparing/test_from_picture.py
    ("translate", "from_picture"),
    ("export", "from_picture"),
    # preparing/test_prepare.py
    *(("prepare", name) for name in ("layout", "size", "resize", "seed", "overwrite", "json")),
    # inputs/test_model_from_options.py
    ("train", "recipe"),
    # inputs/test_started_from.py
    ("train", "from"),
    ("train", "freeze_encoder"),
    *((command, "json") for command in ("translate", "evaluate", "check")),
    *((command, "overwrite") for command in ("train", "check", "report", "convert")),
}


@pytest.fixture
def run(folder, broken_folder, small_folder, model, tmp_path, monkeypatch):
    """A function that runs a command up to where the library takes over, and what was seen."""
    seen = types.SimpleNamespace()

    def train(folder, model, pairs, val, settings, done, messages):
        weight = model.generator.get_weights()[0]
        keep(folder=folder, model=model, pairs=pairs, val=val, weight=weight)
        keep(settings=settings, messages=messages)
        return {}

    def keep(**values):
        vars(seen).update(values)

    def translate_files(model, source, output, **call):
        keep(call=call)
        return types.SimpleNamespace(written=[], kept=[], broken=[])

    def evaluate(model, pairs, **call):
        metrics = keras.saving.deserialize_keras_object(model.get_compile_config())["metrics"]
        keep(pairs=pairs, call=call, metrics=[type(metric).__name__ for metric in metrics])
        return {}

    def held_out_results(model, data, pairs):
        seen.call["pairs"] = pairs
        return Results([], [], [])

    def export(model, path, examples, **call):
        keep(call=call, pairs=examples)

    def serve(model, examples, **call):
        keep(call=call, pairs=examples)

    preview = kp.data.PairDataset.preview

    def kept_preview(pairs):
        keep(pairs=pairs)
        return preview(pairs)

    monkeypatch.setattr(training_folder, "run", train)
    monkeypatch.setattr(kp.Pix2Pix, "translate_files", translate_files)
    monkeypatch.setattr(kp.Pix2Pix, "evaluate", evaluate)
    monkeypatch.setattr(commands, "held_out_results", held_out_results)
    monkeypatch.setattr(commands, "baselines", lambda *_: None)
    monkeypatch.setattr(commands.exporting, "export", export)
    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.setattr(kp.data.PairDataset, "preview", kept_preview)
    monkeypatch.setattr(
        checking, "write_image", lambda path, image: keep(preview=type(tmp_path)(path))
    )
    places = {"FOLDER": folder, "BROKEN": broken_folder, "SMALL": small_folder, "MODEL": model}
    numbers = itertools.count()

    def run(command, options):
        vars(seen).clear()
        new = tmp_path / str(next(numbers))
        new.mkdir()
        web = "--format=web" in options
        texts = [*BASES["export --format=web" if web else command], *options]
        for name, path in {**places, "OUT": new / "out", "OTHER": new / "other"}.items():
            texts = [text.replace(name, str(path)) for text in texts]
        keep(code=main([command, *texts]))
        return types.SimpleNamespace(**vars(seen))

    return run


def looked_at(look, seen):
    """What is looked at; None if the command was refused before that."""
    return look(seen) if seen.code == 0 else None


@pytest.mark.filterwarnings("ignore:1 pairs and 0 files are left out")
@pytest.mark.parametrize(
    ("command", "options", "look", "expected"),
    [
        pytest.param(command, *effect, id=f"{command} {effect[0]}")
        for command, effects in EFFECTS.items()
        for effect in effects
    ],
)
def test_an_option_has_its_effect(run, command, options, look, expected):
    *before, option = options.split()
    without = run(command, before)
    assert looked_at(look, run(command, [*before, option])) == expected
    assert looked_at(look, without) != expected


def test_no_option_is_forgotten_in_these_tests():
    (subparsers,) = (
        action.choices
        for action in parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    for command, subparser in subparsers.items():
        names = {
            action.dest
            for action in subparser._actions
            if action.option_strings and action.dest != "help"
        }
        tried = {
            effect[0].split()[-1].partition("=")[0].removeprefix("--").replace("-", "_")
            for effect in EFFECTS.get(command, [])
        }
        elsewhere = {name for other, name in ELSEWHERE if other == command}
        assert names == tried | elsewhere, command


def test_settings_are_all_that_the_result_depends_on(run, folder):
    settings = run("train", []).settings
    options = vars(parser().parse_args(["train", *SHORT]))
    results = {"command", "output", "overwrite", "json"}
    # Which options were given beside their values decides nothing but the recipe.
    assert set(options) - set(settings) == results | {"paper_options"}
    assert settings["recipe"] == "paper"
    assert settings["data"] == str(folder.resolve())
    assert {name: settings[name] for name in ("epochs", "learning_rate")} == {
        "epochs": 2,
        "learning_rate": 2e-4,
    }


def test_the_seed_decides_the_first_weights(run):
    first = run("train", []).weight
    np.testing.assert_array_equal(run("train", []).weight, first)
    assert np.abs(run("train", ["--seed=1"]).weight - first).max() > 0.01


def test_an_epoch_is_a_pass_over_the_training_pairs_without_another_number(run):
    """The rate stays for half of all steps: 2 epochs of the pairs in batches of 3."""
    base = [option for option in BASES["train"] if not option.startswith("--steps")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BASES, "train", base)
        seen = run("train", ["--batch-size=3"])
    steps = 2 * len(seen.pairs)
    assert seen.settings["steps_per_epoch"] is None
    assert rate(seen, steps // 2) == [2e-4, 2e-4]
    assert rate(seen, 3 * steps // 4) == pytest.approx([1e-4, 1e-4], rel=0.1)
    assert rate(seen, steps) == [0, 0]
