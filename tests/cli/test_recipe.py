"""The model and losses of a training, from the options of the command."""

import argparse

import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix_cli.recipe import compile_model, metrics_for, new_model

OPTIONS = {
    "filters": 4,
    "normalization": "batch",
    "dropout": None,
    "generator": "unet",
    "depth": 2,
    "blocks": 1,
    "receptive_field": 16,
    "learning_rate": None,
    "adversarial_loss": "none",
    "reconstruction_weight": 3.0,
    "update": "simultaneous",
}


def options(**changed):
    return argparse.Namespace(**{**OPTIONS, **changed})


def pairs_of(size, target=None):
    images = np.random.default_rng(0).integers(0, 256, (4, size, size, 3), "uint8")
    if target is None:
        return kp.data.PairDataset(images, images, image_size=size)
    formats = kp.data.Picture(3), target
    return kp.data.PairDataset(images, images[..., :1] % 3, image_size=size, formats=formats)


def test_an_unknown_rate_is_the_papers_and_falls_to_0():
    pairs = pairs_of(16)
    model = new_model(options(), pairs)
    compile_model(model, options(), 100, pairs)
    arguments = model.get_compile_config()
    assert arguments["adversarial_loss"] is None
    assert (arguments["reconstruction_weight"], arguments["update"]) == (3.0, "simultaneous")
    rate = model.optimizer.optimizers[0].learning_rate
    assert float(rate) == pytest.approx(2e-4)
    schedule = model.optimizer.optimizers[0]._learning_rate
    assert float(schedule(100)) == 0


@pytest.mark.parametrize(
    ("changed", "kind", "dropout"),
    [
        ({}, kp.UNetGenerator, 0.5),
        ({"dropout": 0.0}, kp.UNetGenerator, 0.0),
        ({"generator": "resnet"}, kp.ResNetGenerator, 0.0),
        ({"generator": "resnet", "dropout": 0.25}, kp.ResNetGenerator, 0.25),
    ],
)
def test_dropout_is_the_architectures_own_unless_it_is_given(changed, kind, dropout):
    generator = new_model(options(**changed), pairs_of(16)).generator
    assert type(generator) is kind
    assert (generator.dropout, generator.normalization) == (dropout, "batch")


def test_padding_is_told(capsys):
    new_model(options(depth=3), pairs_of(20))
    assert "20 pixels are padded to a multiple of 8" in capsys.readouterr().err


def test_metrics_are_those_that_the_targets_allow():
    def names(*arguments):
        return [type(metric).__name__ for metric in metrics_for(*arguments)]

    assert names(pairs_of(16)) == ["PSNR", "SSIM"]
    assert names(pairs_of(8)) == ["PSNR"]
    assert names(pairs_of(16, kp.data.Labels(3))) == ["LabelScores"]
    assert names(pairs_of(16), True) == ["PSNR", "SSIM", "FeatureDistances"]
