"""The architecture that a checkpoint is of, read off its tensors."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from checks import instance_norm, randomize

import keras_pix2pix as kp
from keras_pix2pix.convert.pytorch import load_pytorch, save_pytorch

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
FOLDERS = sorted(folder.name for folder in REFERENCE.glob("*")) or ["none"]


@pytest.mark.parametrize(
    "network",
    [
        lambda: kp.UNetGenerator((None, None, 1), 2, depth=3, filters=4),
        lambda: kp.UNetGenerator(depth=5, filters=2, normalization="batch"),
        lambda: kp.UNetGenerator(depth=2, filters=6, normalization=instance_norm()),
        lambda: kp.ResNetGenerator((None, None, 4), 1, blocks=2, filters=3, normalization="batch"),
        lambda: kp.ResNetGenerator(blocks=1, filters=4, dropout=0.5, normalization=instance_norm()),
    ],
)
def test_a_saved_generator_comes_back_without_saying_what_it_is(network, tmp_path):
    saved = network()
    randomize(saved)
    save_pytorch(saved, tmp_path / "saved.pth")
    loaded = load_pytorch(tmp_path / "saved.pth")
    assert type(loaded) is type(saved)
    assert loaded.input_shape == saved.input_shape
    assert loaded.output_shape == saved.output_shape
    trainable = zip(loaded.trainable_variables, saved.trainable_variables, strict=True)
    for one, other in trainable:
        np.testing.assert_array_equal(one, other)


@pytest.mark.shared
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_reference_s_files_are_told_apart(shared, folder):
    folder = shared / "reference" / folder
    config = json.loads((folder / "config.json").read_text())
    generator = load_pytorch(folder / "latest_net_G.pth")
    assert generator.count_params() >= config["parameters_G"]
    assert generator.input_shape[-1] == config["input_nc"]
    assert generator.output_shape[-1] == config["output_nc"]
    if config["netG"].startswith("unet"):
        assert generator.depth == {"unet_128": 7, "unet_256": 8}[config["netG"]]
    else:
        assert generator.blocks == 6


def test_other_checkpoints_are_refused(tmp_path):
    torch.save({"conv1.weight": torch.zeros(2, 2, 3, 3)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"not of a generator.*conv1\.weight"):
        load_pytorch(tmp_path / "other.pth")
