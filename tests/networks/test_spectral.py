"""SpectralConv2D, compared with PyTorch and with NumPy's singular values."""

from typing import ClassVar

import keras
import numpy as np
import pytest
import torch
from checks import noise, numpy, randomize, run
from torch.nn.utils.parametrizations import spectral_norm

import keras_pix2pix as kp
from keras_pix2pix.networks.spectral import SpectralConv2D
from keras_pix2pix.training import backend


def made(**options):
    layer = SpectralConv2D(4, 3, padding="same", data_format="channels_last", **options)
    layer.build((None, None, None, 3))
    randomize(layer)
    return layer


def matrix(layer):
    return numpy(layer.kernel).reshape(-1, layer.filters).astype("float64")


def estimate_of(layer):
    return float(numpy(keras.ops.stop_gradient(layer.largest_singular_value())))


def in_pytorch(layer):
    """The same convolution in PyTorch, with the same singular vectors."""
    twin = torch.nn.Conv2d(3, 4, 3, padding=1)
    kernel = numpy(layer.kernel).transpose(3, 2, 0, 1).copy()
    with torch.no_grad():
        twin.weight.copy_(torch.from_numpy(kernel))
        twin.bias.copy_(torch.from_numpy(numpy(layer.bias).copy()))
    twin = spectral_norm(twin)
    u = torch.from_numpy(numpy(layer.u).copy())
    u = u / u.norm()
    v = u @ torch.from_numpy(kernel.reshape(4, -1))
    state = twin.parametrizations.weight[0]
    state._u.copy_(u)
    state._v.copy_(v / v.norm())
    return twin


def gradients_of(layer, images, training):
    """The gradients of the mean square, on any backend, as arrays."""

    class Model(keras.Model):
        # What `backend.gradients` knows a model by.
        class optimizer:  # noqa: N801
            variables: ClassVar = []

            class part:  # noqa: N801
                scale_loss = staticmethod(lambda loss: loss)

    model = Model()
    model.part = layer

    def loss():
        return keras.ops.mean(keras.ops.square(layer(images, training=training))), None

    found, _ = backend.gradients(model, "part", loss)
    return [numpy(gradient) for gradient in found]


@pytest.mark.parametrize("training", [True, False])
def test_values_and_gradients_are_pytorchs(training):
    layer, images = made(), noise(2, 5, 6, 3)
    twin = in_pytorch(layer).train(training)
    inputs = torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
    outputs = twin(inputs)
    expected = torch.autograd.grad(
        outputs.square().mean(), [twin.parametrizations.weight.original, twin.bias]
    )
    kernel, bias = gradients_of(layer, images, training)
    np.testing.assert_allclose(kernel, expected[0].permute(2, 3, 1, 0), atol=1e-5)
    np.testing.assert_allclose(bias, expected[1], atol=1e-5)
    # The iteration has gone on as in PyTorch; it is not gone through again.
    np.testing.assert_allclose(
        run(layer, images), outputs.detach().numpy().transpose(0, 2, 3, 1), atol=1e-5
    )
    if training:
        np.testing.assert_allclose(numpy(layer.u), twin.parametrizations.weight[0]._u, atol=1e-5)


def test_the_estimate_becomes_the_largest_singular_value():
    layer, images = made(), noise(1, 4, 4, 3)
    expected = np.linalg.svd(matrix(layer), compute_uv=False)[0]
    first = estimate_of(layer)
    for _ in range(30):
        run(layer, images, training=True)
    assert estimate_of(layer) == pytest.approx(expected, rel=1e-5)
    assert abs(first - expected) > 1e-3 * expected


def test_the_kernel_itself_stays():
    layer, images = made(), noise(1, 4, 4, 3)
    before = matrix(layer)
    for training in (True, False):
        run(layer, images, training=training)
    np.testing.assert_array_equal(matrix(layer), before)
    assert [v.path.split("/")[-1] for v in layer.trainable_variables] == ["kernel", "bias"]


def test_inference_changes_nothing_and_training_does():
    layer, images = made(), noise(1, 4, 4, 3)
    before = numpy(layer.u).copy()
    run(layer, images)
    np.testing.assert_array_equal(numpy(layer.u), before)
    run(layer, images, training=True)
    assert np.abs(numpy(layer.u) - before).max() > 0.01
    assert np.linalg.norm(numpy(layer.u)) == pytest.approx(1, abs=1e-5)


def test_a_stateless_scope_keeps_the_estimate_to_itself():
    layer, images = made(), noise(1, 4, 4, 3)
    before = numpy(layer.u).copy()
    with keras.StatelessScope() as scope:
        layer(images, training=True)
    np.testing.assert_array_equal(numpy(layer.u), before)
    assert np.abs(numpy(scope.get_current_value(layer.u)) - before).max() > 0.01


def test_half_precision_divides_in_full_precision():
    layer = made()
    half = made(dtype="mixed_bfloat16")
    inside = {}

    def estimate(training=None):
        value = SpectralConv2D.largest_singular_value(half, training)
        inside["value"] = numpy(keras.ops.stop_gradient(value))
        return value

    object.__setattr__(half, "largest_singular_value", estimate)
    outputs = half(noise(1, 4, 4, 3))
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
    assert inside["value"].dtype == "float32"
    expected = estimate_of(layer)
    assert float(inside["value"]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("eager", [True, False])
def test_a_spectral_discriminator_is_trained_saved_and_loaded(eager, pairs, tiny, tmp_path):
    judge = kp.PatchDiscriminator(receptive_field=16, filters=4, normalization=None, spectral=True)
    model = tiny(judge)
    model.compile(
        keras.optimizers.SGD(1e-3),
        keras.optimizers.SGD(1e-3),
        adversarial_loss="hinge",
        run_eagerly=eager,
    )
    convolution = judge.layers[-2].convolution
    before = matrix(convolution), numpy(convolution.u).copy()
    for _ in range(5):
        logs = model.train_on_batch(*pairs, return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    for old, new in zip(before, (matrix(convolution), numpy(convolution.u))):
        assert np.abs(old - new).max() > 0
    estimate = estimate_of(convolution)
    expected = np.linalg.svd(matrix(convolution), compute_uv=False)[0]
    assert estimate == pytest.approx(expected, rel=1e-4)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        again.discriminator.predict_on_batch(list(pairs)), judge.predict_on_batch(list(pairs))
    )
