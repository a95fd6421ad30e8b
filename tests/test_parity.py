"""The numbers of the reference implementation: output, gradients, losses of every step.

The records hold what the PyTorch implementation computed (../shared/reference). Run as a script,
this file prints the largest differences, the rows of the table in docs/design.md:

    KERAS_BACKEND=jax python tests/test_parity.py
"""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from checks import run
from keras import ops

import keras_pix2pix as kp
from keras_pix2pix.convert.state_dict import named_variables
from keras_pix2pix.losses.objectives import OBJECTIVES

CONFIGURATIONS = (
    "unet128_batch_vanilla",
    "unet128_instance_lsgan",
    "unet256_batch_vanilla",
    "resnet6_instance_lsgan",
    "unet128_batch_pixel",
)
# Largest differences allowed: absolute, or relative where the name says so.
TOLERANCES = {
    "generator output": 1e-4,
    "discriminator output": 1e-4,
    "gradient norms, relative": 1e-3,
    "losses, relative": 1e-3,
    "output after training": 5e-3,
}


def build(config):
    """The networks of a recorded configuration, with random weights."""
    normalization = config["norm"]
    if normalization == "instance":
        normalization = keras.layers.GroupNormalization(
            groups=-1, epsilon=1e-5, scale=False, center=False
        )
    options = {
        "image_shape": (None, None, config["input_nc"]),
        "output_channels": config["output_nc"],
        "filters": config["ngf"],
        "normalization": normalization,
        "dropout": 0.0,
    }
    if config["netG"] == "resnet_6blocks":
        generator = kp.ResNetGenerator(blocks=6, **options)
    else:
        depth = {"unet_128": 7, "unet_256": 8}[config["netG"]]
        generator = kp.UNetGenerator(depth=depth, **options)
    discriminator = kp.PatchDiscriminator(
        (None, None, config["input_nc"]),
        (None, None, config["output_nc"]),
        receptive_field={"basic": 70, "pixel": 1}[config["netD"]],
        filters=config["ndf"],
        normalization=normalization,
    )
    return generator, discriminator


class Recorded(keras.optimizers.Adam):
    """Adam that remembers the norms of the first gradients it is given.

    Adam's second moment starts at 0, so it holds (1 - beta_2) times their squares.
    """

    def norms(self, variables):
        moments = [self._velocities[self._get_variable_index(v)] for v in variables]
        sums = [ops.convert_to_numpy(m).sum(dtype="float64") for m in moments]
        return np.sqrt(np.array(sums) / (1.0 - self.beta_2))


def trainable_in_order(network):
    """The trainable variables, in the order of PyTorch's parameters."""
    variables = [v for _, v in named_variables(network) if v is not None]
    return [v for v in variables if v.trainable]


def measure(folder):
    """Largest difference from the record, by what is compared."""
    config = json.loads((folder / "config.json").read_text())
    record = np.load(folder / "record.npz")
    condition, target = (
        np.ascontiguousarray(record[name].transpose(0, 1, 3, 4, 2)) for name in ("input", "target")
    )
    generator, discriminator = build(config)
    kp.convert.load_pytorch(folder / "latest_net_G.pth", generator)
    kp.convert.load_pytorch(folder / "latest_net_D.pth", discriminator)
    model = kp.Pix2Pix(generator, discriminator)
    optimizers = [Recorded(2e-4, beta_1=0.5, epsilon=1e-8) for _ in range(2)]
    model.compile(*optimizers, adversarial_loss=config["gan_mode"])
    objective = OBJECTIVES[config["gan_mode"]]

    def difference(value, name):
        return np.abs(ops.convert_to_numpy(value) - record[name].transpose(0, 2, 3, 1)).max()

    first = [ops.convert_to_tensor(side[0]) for side in (condition, target)]
    with keras.StatelessScope():
        judged = run(discriminator, first)
    found = {
        "generator output": difference(model.predict_on_batch(condition[0]), "generator_eval"),
        "discriminator output": difference(judged, "discriminator_eval_real"),
    }
    losses = []
    for number in range(config["steps"]):
        pair = [ops.convert_to_tensor(side[number]) for side in (condition, target)]
        with keras.StatelessScope():
            fake = ops.convert_to_tensor(run(generator, pair[0], training=True))
            logits = [
                ops.convert_to_tensor(run(discriminator, [pair[0], image], training=True))
                for image in (pair[1], fake)
            ]
            sides = [
                float(ops.convert_to_numpy(ops.mean(loss(judged))))
                for loss, judged in zip((objective.real, objective.fake), logits)
            ]
        logs = model.train_on_batch(condition[number], target[number], return_dict=True)
        model.reset_metrics()
        assert logs["discriminator_loss"] == pytest.approx(0.5 * sum(sides), rel=1e-4)
        losses.append([logs["generator_loss"], 100 * logs["reconstruction_loss"], *sides])
        if number == 0:
            norms = np.concatenate(
                [
                    optimizer.norms(trainable_in_order(network))
                    for optimizer, network in zip(optimizers, (generator, discriminator))
                ]
            )
    expected = np.concatenate([record["gradient_norm_G"], record["gradient_norm_D"]])
    # The gradient of a bias in front of an instance norm is 0 but for rounding.
    cancelled = expected < 1e-5
    assert norms[cancelled].max(initial=0) < 1e-3
    found["gradient norms, relative"] = np.abs(norms / expected - 1)[~cancelled].max()
    found["losses, relative"] = np.abs(np.array(losses) / record["losses"] - 1).max()
    after = model.predict_on_batch(condition[0])
    found["output after training"] = difference(after, "generator_eval_after")
    return found


@pytest.mark.shared
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_numbers_are_those_of_the_reference(shared, name):
    found = measure(shared / "reference" / name)
    too_large = {k: v for k, v in found.items() if not v <= TOLERANCES[k]}
    assert not too_large


if __name__ == "__main__":
    reference = Path(__file__).resolve().parents[2] / "shared" / "reference"
    for name in CONFIGURATIONS:
        cells = [f"{value:.1e}" for value in measure(reference / name).values()]
        print("|", " | ".join([f"`{name}`", keras.backend.backend(), *cells]), "|", flush=True)
