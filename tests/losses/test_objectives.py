"""The GAN objectives against formulas of their own, in numpy."""

import types

import keras
import numpy as np
import pytest
import torch
from checks import noise, numpy
from plain_torch import Discriminator, as_nchw

from keras_pix2pix.losses import objectives
from keras_pix2pix.training import batches, step

RATE = 0.1

LOGITS = np.linspace(-6, 6, 25, dtype="float32")


def cross_entropy(logits, label):
    probability = 1 / (1 + np.exp(-logits.astype("float64")))
    return -label * np.log(probability) - (1 - label) * np.log(1 - probability)


# What the discriminator minimizes on real and on generated pairs, and what the generator does.
FORMULAS = {
    "vanilla": (
        lambda x: cross_entropy(x, 1),
        lambda x: cross_entropy(x, 0),
        lambda x: cross_entropy(x, 1),
    ),
    "lsgan": (lambda x: (x - 1) ** 2, lambda x: x**2, lambda x: (x - 1) ** 2),
    "hinge": (lambda x: np.maximum(0, 1 - x), lambda x: np.maximum(0, 1 + x), lambda x: -x),
    "wgan_gp": (lambda x: -x, lambda x: x, lambda x: -x),
    # Of relative logits.
    "relativistic": (
        lambda x: cross_entropy(x, 1),
        lambda x: cross_entropy(x, 0),
        lambda x: cross_entropy(x, 1),
    ),
}


def test_every_objective_has_a_formula():
    assert FORMULAS.keys() == objectives.OBJECTIVES.keys()


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("part", ["real", "fake", "generator"])
def test_objectives(name, part):
    function = getattr(objectives.get(name), part)
    formula = FORMULAS[name][("real", "fake", "generator").index(part)]
    values = numpy(function(keras.ops.convert_to_tensor(LOGITS)))
    np.testing.assert_allclose(values, formula(LOGITS), rtol=1e-5, atol=1e-6)


def test_cross_entropy_of_large_logits_is_neither_infinite_nor_rounded_away():
    large = np.array([-1e4, -100, -30, 30, 100, 1e4], "float32")
    tensor = keras.ops.convert_to_tensor(large)
    vanilla = objectives.get("vanilla")
    tiny = np.exp(-30.0)
    real = [1e4, 100, 30, tiny, 0, 0]
    np.testing.assert_allclose(numpy(vanilla.real(tensor)), real, rtol=1e-4, atol=1e-30)
    np.testing.assert_allclose(numpy(vanilla.generator(tensor)), real, rtol=1e-4, atol=1e-30)
    np.testing.assert_allclose(numpy(vanilla.fake(tensor)), real[::-1], rtol=1e-4, atol=1e-30)


def test_only_wgan_gp_has_a_penalty():
    weights = {name: objectives.get(name).gradient_penalty for name in FORMULAS}
    assert weights.pop("wgan_gp") == 10
    assert set(weights.values()) == {0}


@pytest.mark.parametrize("trained", ["generator", "discriminator"])
def test_relativistic_pairing_and_its_gradient_are_those_of_pytorch(linear, images, trained):
    model = linear(trained, adversarial_loss="relativistic", reconstruction_weight=0.0)
    condition, target = map(as_nchw, images)
    discriminator = Discriminator(model.discriminator)
    colors = torch.tensor(0.5 * np.eye(3, dtype="float32"), requires_grad=True)
    generated = torch.einsum("bihw,io->bohw", condition, colors)
    real, fake = (discriminator(condition, image)[0] for image in (target, generated))
    losses = {
        "discriminator": torch.nn.functional.softplus(fake - real).mean(),
        "generator": torch.nn.functional.softplus(real - fake).mean(),
    }
    held_out = model.test_on_batch(*images, return_dict=True)
    model.reset_metrics()
    logs = model.train_on_batch(*images, return_dict=True)
    for found in (logs, held_out) if trained == "generator" else (held_out,):
        for name, loss in losses.items():
            assert found[f"{name}_loss"] == pytest.approx(loss.item(), rel=1e-4)
    asked = {"generator": [colors], "discriminator": list(discriminator.weights.values())}[trained]
    for variable, old, slope in zip(
        getattr(model, trained).trainable_variables,
        asked,
        torch.autograd.grad(losses[trained], asked),
        strict=True,
    ):
        moved = numpy(variable).reshape(old.shape) - old.detach().numpy()
        np.testing.assert_allclose(moved, -RATE * slope.numpy(), rtol=2e-3, atol=2e-6)


def test_accuracies_of_a_relativistic_objective_are_shares_of_pairs(tiny, pairs):
    model = tiny(dropout=0.0)
    model.compile(adversarial_loss="relativistic", run_eagerly=True)
    batch = batches.make_batch(
        model, *map(keras.ops.convert_to_tensor, (*pairs, pairs[0])), training=False
    )
    real, fake = (numpy(batch.logits(image)[0]) for image in (batch.target, batch.generated))
    model.watched = True
    _, values = step.discriminator_losses(model, batch)
    share = (real > fake).mean()
    assert 0 < share < 1
    for name in ("real_accuracy", "fake_accuracy"):
        assert float(values[name]) == pytest.approx(share)


def test_no_adversary():
    assert objectives.get(None) is None


@pytest.mark.parametrize("wrong", ["wgan", "Vanilla", "", 1])
def test_unknown(wrong):
    message = "'vanilla', 'lsgan', 'hinge', 'wgan_gp', 'relativistic' or None. Received: "
    with pytest.raises(ValueError, match=message + repr(wrong)):
        objectives.get(wrong)


@pytest.mark.parametrize(
    ("name", "expected"), [("vanilla", 0.0), ("lsgan", 0.5), ("hinge", 0.0), ("wgan_gp", 1.25)]
)
def test_the_boundary_between_real_and_fake(name, expected):
    """With these logits wgan_gp's is half way between the means 4 and -1.5."""
    real, fake = (keras.ops.convert_to_tensor(np.float32(x)) for x in ([3, 5], [-1, -2]))
    assert float(objectives.get(name).boundary(real, fake)) == expected


def test_scales_count_alike_whatever_their_size():
    one, other = noise(2, 3, 3, 1), noise(2, 5)
    scales = [keras.ops.convert_to_tensor(scale) for scale in (one, other)]
    found = objectives.mean_over_scales(keras.ops.square, scales)
    assert float(found) == pytest.approx(((one**2).mean() + (other**2).mean()) / 2, rel=1e-5)


def test_the_generator_is_told_by_all_scales():
    term = objectives.Adversarial(objectives.get("hinge"))
    assert (term.weight, term.name) == (1.0, "generator_loss")
    scales = [keras.ops.ones((1, 2, 2, 1)), keras.ops.zeros((1, 1))]
    batch = types.SimpleNamespace(generated="picture", logits={"picture": scales}.get)
    assert float(term(batch)) == -0.5
