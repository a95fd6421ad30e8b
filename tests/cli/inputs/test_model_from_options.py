"""The model, its losses and its metrics, from the options of the command."""

import inspect

import keras
import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix_cli.inputs.model_from_options import (
    measure_for,
    metrics_for,
    new_model,
    recipe_for,
)
from keras_pix2pix_cli.options.arguments import parser

TINY = ["--filters=4", "--depth=2", "--blocks=1", "--receptive-field=16"]


def options(*more):
    return parser().parse_args(["train", "--recipe=paper", *TINY, *more])


def pairs_of(size, target=None, channels=3):
    rng = np.random.default_rng(0)
    conditions = rng.integers(0, 256, (4, size, size, channels), "uint8")
    targets = rng.integers(0, 256, (4, size, size, 3), "uint8")
    if target is None:
        return kp.data.PairDataset(conditions, targets, image_size=size)
    formats = kp.data.Picture(channels), target
    return kp.data.PairDataset(conditions, targets[..., :1] % 3, image_size=size, formats=formats)


def model_of(args, pairs, val=None):
    return new_model(args, pairs, pairs if val is None else val)


def test_networks_have_the_channels_of_the_pairs():
    model = model_of(options(), pairs_of(16, kp.data.Labels(3), channels=2))
    assert model.generator.input_shape == (None, None, None, 2)
    assert model.generator.output_shape[-1] == 3
    assert [tensor.shape[-1] for tensor in model.discriminator.inputs] == [2, 3]
    assert model.discriminator.receptive_field == 16


def test_several_condition_images_are_concatenated():
    images = np.zeros((4, 16, 16, 3), "uint8")
    pairs = kp.data.PairDataset(
        (images, images[..., :1]),
        images,
        image_size=16,
        formats=((kp.data.Picture(3), kp.data.Picture(1)), kp.data.Picture(3)),
    )
    model = model_of(options(), pairs)
    assert model.generator.input_shape[-1] == 4
    assert model.discriminator.inputs[0].shape[-1] == 4


@pytest.mark.parametrize(
    ("more", "kind", "dropout"),
    [
        ([], kp.UNetGenerator, 0.5),
        (["--dropout=0"], kp.UNetGenerator, 0.0),
        (["--generator=resnet"], kp.ResNetGenerator, 0.0),
        (["--generator=resnet", "--dropout=0.25"], kp.ResNetGenerator, 0.25),
    ],
)
def test_dropout_is_the_architectures_own_unless_it_is_given(more, kind, dropout):
    generator = model_of(options(*more), pairs_of(16)).generator
    assert type(generator) is kind
    assert generator.dropout == dropout


@pytest.mark.parametrize("generator", ["unet", "resnet"])
@pytest.mark.parametrize("normalization", ["batch", "group", "instance"])
def test_normalization_and_filters_are_those_of_both_networks(generator, normalization):
    more = [f"--generator={generator}", f"--normalization={normalization}", "--filters=8"]
    model = model_of(options(*more), pairs_of(16))
    for network in (model.generator, model.discriminator):
        assert (network.normalization, network.filters) == (normalization, 8)


def test_depth_and_blocks_are_those_of_their_generators():
    assert model_of(options("--depth=3"), pairs_of(16)).generator.depth == 3
    assert model_of(options("--generator=resnet", "--blocks=2"), pairs_of(16)).generator.blocks == 2


@pytest.mark.parametrize(
    ("size", "more", "told"),
    [
        ((16, 16), [], ""),
        ((20, 16), ["--depth=3"], "20 pixels are padded to a multiple of 8. A smaller --depth"),
        ((16, 20), ["--depth=3"], "20 pixels are padded to a multiple of 8. A smaller --depth"),
        ((18, 18), ["--generator=resnet"], "18 pixels are padded to a multiple of 4."),
    ],
)
def test_padding_is_told_and_how_to_avoid_it(size, more, told, capsys):
    images = np.zeros((1, *size, 3), "uint8")
    model_of(options(*more), kp.data.PairDataset(images, images, image_size=size))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert told in printed.err and bool(told) == bool(printed.err)
    assert ("--depth" in printed.err) == ("--depth" in told)


def rates(model, steps):
    """The learning rates of both optimizers at some steps."""
    found = []
    for optimizer in (model.optimizer.generator, model.optimizer.discriminator):
        for step in steps:
            optimizer.iterations.assign(step)
            found.append(float(optimizer.learning_rate))
    return found


@pytest.mark.parametrize(("more", "rate"), [([], 2e-4), (["--learning-rate=0.01"], 0.01)])
def test_both_rates_stay_until_half_of_the_steps_and_are_0_after_the_last(more, rate):
    pairs = pairs_of(16)
    model = model_of(options("--epochs=25", *more), pairs)
    expected = [rate, rate, rate / 2, rate / 50, 0.0]
    assert rates(model, [0, 50, 75, 99, 100]) == pytest.approx(2 * expected, rel=1e-5)


def test_both_optimizers_are_the_papers():
    pairs = pairs_of(16)
    model = model_of(options(), pairs)
    compiled = model.get_compile_config()
    model.compile()
    papers = model.get_compile_config()
    for name in ("generator_optimizer", "discriminator_optimizer"):
        config, expected = (
            {k: v for k, v in c[name]["config"].items() if k not in ("learning_rate", "name")}
            for c in (compiled, papers)
        )
        assert compiled[name]["class_name"] == papers[name]["class_name"]
        assert config == expected


def test_losses_are_those_of_the_options():
    pairs = pairs_of(16)
    defaults = inspect.signature(kp.Pix2Pix.compile).parameters
    names = ("adversarial_loss", "reconstruction_weight", "update", "reconstruction_loss")
    compiled = model_of(options(), pairs).get_compile_config()
    assert [compiled[name] for name in names] == [defaults[name].default for name in names]
    more = ["--adversarial-loss=lsgan", "--reconstruction-weight=3", "--update=simultaneous"]
    compiled = model_of(options(*more), pairs).get_compile_config()
    assert [compiled[name] for name in names[:3]] == ["lsgan", 3.0, "simultaneous"]
    compiled = model_of(options("--adversarial-loss=none"), pairs).get_compile_config()
    assert compiled["adversarial_loss"] is None


def test_metrics_are_those_of_the_held_out_pairs():
    model = model_of(options(), pairs_of(16), pairs_of(8))
    metrics = keras.saving.deserialize_keras_object(model.get_compile_config())["metrics"]
    assert [type(metric) for metric in metrics] == [kp.metrics.PSNR]


def names_of(metrics):
    return [type(metric).__name__ for metric in metrics]


def test_metrics_are_those_that_the_targets_allow():
    assert names_of(metrics_for(pairs_of(16))) == ["PSNR", "SSIM"]
    smallest = kp.metrics.SSIM.smallest
    assert names_of(metrics_for(pairs_of(smallest))) == ["PSNR", "SSIM"]
    assert names_of(metrics_for(pairs_of(smallest - 1))) == ["PSNR"]
    (scores,) = metrics_for(pairs_of(16, kp.data.Labels(3)))
    assert isinstance(scores, kp.metrics.LabelScores)
    assert scores.get_config()["classes"] == 3


@pytest.mark.parametrize(
    ("size", "names"), [((8, 32), ["PSNR"]), ((32, 8), ["PSNR"]), ((32, 32), ["PSNR", "SSIM"])]
)
def test_without_an_image_size_the_first_pair_decides(size, names):
    images = np.zeros((1, *size, 3), "uint8")
    assert names_of(metrics_for(kp.data.PairDataset(images, images))) == names


def test_features_are_compared_where_it_is_asked_for():
    assert names_of(metrics_for(pairs_of(16), True)) == ["PSNR", "SSIM", "FeatureDistances"]
    assert names_of(metrics_for(pairs_of(8), True)) == ["PSNR", "FeatureDistances"]


def test_features_of_label_maps_are_refused():
    with pytest.raises(ValueError, match="--features compares pictures"):
        metrics_for(pairs_of(16, kp.data.Labels(3)), True)


@pytest.mark.parametrize(
    ("more", "target", "recipe"),
    [
        ([], None, "sharp"),
        ([], kp.data.Labels(3), "labels"),
        (["--depth=8"], None, "paper"),
        (["--learning-rate=0.1"], kp.data.Labels(3), "paper"),
        (["--recipe=small"], kp.data.Labels(3), "small"),
        (["--recipe=paper", "--depth=4"], None, "paper"),
    ],
)
def test_the_options_and_the_pairs_decide_the_recipe(more, target, recipe):
    assert recipe_for(parser().parse_args(["train", *more]), pairs_of(16, target)) == recipe


@pytest.mark.parametrize("recipe", ["sharp", "small", "labels"])
def test_recipes_get_the_pairs_the_epochs_and_the_metrics(recipe, monkeypatch):
    asked = []
    model = model_of(options(), pairs_of(16))
    monkeypatch.setattr(kp.recipes, recipe, lambda *args: asked.append(args) or model)
    args = parser().parse_args(["train", f"--recipe={recipe}", "--epochs=7", "--steps-per-epoch=9"])
    pairs = pairs_of(16)
    assert new_model(args, pairs, pairs_of(8)) is model
    ((given, epochs, steps, metrics),) = asked
    assert (given, epochs, steps, names_of(metrics)) == (pairs, 7, 9, ["PSNR"])


@pytest.mark.parametrize(
    ("more", "target", "size", "measure"),
    [
        ([], None, 16, "ssim"),
        # SSIM needs 11 pixels.
        ([], None, 8, "psnr"),
        (["--monitor=loss"], None, 16, "loss"),
        ([], kp.data.Labels(3), 16, "mean_iou"),
    ],
)
def test_the_best_epoch_is_judged_by_pictures(more, target, size, measure):
    args, pairs = options(*more), pairs_of(size, target)
    assert measure_for(args, model_of(args, pairs), pairs) == measure


def test_a_perceptual_distance_is_the_measure_where_a_recipe_has_it():
    args, pairs = options("--monitor=perceptual"), pairs_of(16)
    model = model_of(args, pairs)
    with pytest.raises(ValueError, match=r"one of ssim, psnr, reconstruction_loss, loss with"):
        measure_for(args, model, pairs)
    model.compile(generator_terms=[kp.losses.PairTerm("mse", name="perceptual")])
    args.monitor = None
    assert measure_for(args, model, pairs) == "perceptual"
