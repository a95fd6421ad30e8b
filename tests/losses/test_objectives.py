"""The GAN objectives against formulas of their own, in numpy."""

import keras
import numpy as np
import pytest
from checks import numpy

from keras_pix2pix.losses import objectives as losses

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
}


def test_every_objective_has_a_formula():
    assert FORMULAS.keys() == losses.OBJECTIVES.keys()


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("part", ["real", "fake", "generator"])
def test_objectives(name, part):
    function = getattr(losses.get(name), part)
    formula = FORMULAS[name][("real", "fake", "generator").index(part)]
    values = numpy(function(keras.ops.convert_to_tensor(LOGITS)))
    np.testing.assert_allclose(values, formula(LOGITS), rtol=1e-5, atol=1e-6)


def test_cross_entropy_of_large_logits_is_neither_infinite_nor_rounded_away():
    large = np.array([-1e4, -100, -30, 30, 100, 1e4], "float32")
    tensor = keras.ops.convert_to_tensor(large)
    vanilla = losses.get("vanilla")
    tiny = np.exp(-30.0)
    real = [1e4, 100, 30, tiny, 0, 0]
    np.testing.assert_allclose(numpy(vanilla.real(tensor)), real, rtol=1e-4, atol=1e-30)
    np.testing.assert_allclose(numpy(vanilla.generator(tensor)), real, rtol=1e-4, atol=1e-30)
    np.testing.assert_allclose(numpy(vanilla.fake(tensor)), real[::-1], rtol=1e-4, atol=1e-30)


def test_only_wgan_gp_has_a_penalty():
    weights = {name: losses.get(name).gradient_penalty for name in FORMULAS}
    assert weights == {"vanilla": 0, "lsgan": 0, "hinge": 0, "wgan_gp": 10}


def test_no_adversary():
    assert losses.get(None) is None


@pytest.mark.parametrize("wrong", ["wgan", "Vanilla", "", 1])
def test_unknown(wrong):
    message = "'vanilla', 'lsgan', 'hinge', 'wgan_gp' or None. Received: "
    with pytest.raises(ValueError, match=message + repr(wrong)):
        losses.get(wrong)
