"""The cross-entropy of label maps against plain PyTorch."""

import types

import keras
import numpy as np
import pytest
import torch
from checks import noise, numpy
from keras import ops
from plain_torch import as_nchw, tensor
from torch.nn import functional

import keras_pix2pix as kp
from keras_pix2pix.losses import LabelCrossEntropy, label_probabilities

CLASSES = 3


@pytest.fixture(scope="module")
def label_maps():
    """Conditions, label maps as `Labels` encodes them, and their classes; one pixel has none."""
    classes = np.random.default_rng(0).integers(0, CLASSES, (2, 16, 16))
    encoded = np.where(np.arange(CLASSES) == classes[..., None], 1, -1).astype("float32")
    encoded[0, 0, 0] = -1
    classes[0, 0, 0] = -100  # what PyTorch ignores
    return noise(2, 16, 16, 3), encoded, classes


def value(term, target, generated, weights=None):
    batch = types.SimpleNamespace(
        target=ops.convert_to_tensor(target),
        generated=ops.convert_to_tensor(generated),
        weights=None if weights is None else ops.convert_to_tensor(weights),
    )
    return float(numpy(term(batch)))


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5]])
def test_the_value_is_that_of_pytorch(label_maps, weights):
    _, target, classes = label_maps
    features = 3 * noise(2, 16, 16, CLASSES, seed=1)
    generated = numpy(label_probabilities(ops.convert_to_tensor(features)))
    expected = functional.cross_entropy(
        as_nchw(features), torch.from_numpy(classes), weights and torch.tensor(weights)
    )
    assert value(LabelCrossEntropy(weights), target, generated) == pytest.approx(
        expected.item(), rel=1e-4
    )


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_the_gradient_is_that_of_pytorch(label_maps, run_eagerly):
    condition, target, classes = label_maps
    inputs = keras.Input((None, None, 3))
    features = keras.layers.Conv2D(CLASSES, 1, use_bias=False, data_format="channels_last")(inputs)
    outputs = keras.layers.Activation(label_probabilities)(features)
    model = kp.Pix2Pix(
        keras.Model(inputs, outputs),
        kp.PatchDiscriminator(target_shape=(None, None, CLASSES), receptive_field=1, filters=2),
    )
    model.compile(
        keras.optimizers.SGD(0.1),
        adversarial_loss=None,
        reconstruction_weight=0.0,
        generator_terms=[LabelCrossEntropy()],
        run_eagerly=run_eagerly,
    )
    kernel = tensor(model.generator.weights[0], requires_grad=True)
    logits = torch.einsum("bihw,io->bohw", as_nchw(condition), kernel[0, 0])
    loss = functional.cross_entropy(logits, torch.from_numpy(classes))
    (gradient,) = torch.autograd.grad(loss, kernel)
    logs = model.train_on_batch(condition, target, return_dict=True)
    assert logs["cross_entropy"] == pytest.approx(loss.item(), rel=1e-4)
    moved = numpy(model.generator.weights[0]) - kernel.detach().numpy()
    np.testing.assert_allclose(moved, -0.1 * gradient.numpy(), rtol=1e-3, atol=1e-6)


def test_it_stays_finite_where_the_generator_is_sure_and_wrong(label_maps):
    _, target, _ = label_maps
    worst = value(LabelCrossEntropy(), target, -target)
    assert 5 < worst < 20
    assert value(LabelCrossEntropy(), np.full_like(target, -1), target) == 0


def test_a_weight_for_every_class_is_needed(tiny):
    with pytest.raises(ValueError, match=r"each of the 3 channels.*Received: 2 class_weights"):
        tiny().compile(generator_terms=[LabelCrossEntropy([1.0, 2.0])])


def test_the_activation_comes_back_from_a_file(tmp_path):
    generator = kp.UNetGenerator(depth=2, filters=2, output_activation=label_probabilities)
    generator.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    image = noise(1, 8, 8, 3)
    np.testing.assert_array_equal(numpy(loaded(image)), numpy(generator(image)))
    sums = numpy(ops.sum((loaded(image) + 1) / 2, axis=-1))
    np.testing.assert_allclose(sums, np.ones_like(sums), rtol=1e-5)


def test_sample_weights_multiply_the_losses_and_not_their_number(label_maps):
    _, target, _ = label_maps
    generated, weights = (np.abs(noise(2, 16, 16, n, seed=n)) for n in (CLASSES, 1))
    inside = 1.0 * (target > 0)
    losses = -inside * np.log((generated + 1) / 2 + 1e-6) * weights
    assert value(LabelCrossEntropy(), target, generated, weights) == pytest.approx(
        losses.sum() / inside.sum(), rel=1e-5
    )
