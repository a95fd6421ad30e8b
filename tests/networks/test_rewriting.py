"""Batch norm frozen into instance norm, or folded into kernels."""

import keras
import numpy as np
import pytest
from checks import noise, numpy, randomize

import keras_pix2pix as kp

BATCH_NORMS = {
    "batch": lambda: "batch",
    "without offset": lambda: keras.layers.BatchNormalization(center=False, epsilon=1e-3),
    "without scale": lambda: keras.layers.BatchNormalization(scale=False),
}


def made(normalization, generator="unet", discriminator="batch", spectral=False):
    make = {
        "unet": lambda: kp.UNetGenerator(depth=3, filters=2, normalization=normalization),
        "plain levels": lambda: kp.UNetGenerator(
            depth=3, filters=2, normalization=normalization, upsampling="bilinear", plain_levels=2
        ),
        "shuffle": lambda: kp.UNetGenerator(
            depth=3, filters=2, normalization=normalization, upsampling="shuffle"
        ),
        "resnet": lambda: kp.ResNetGenerator(blocks=1, filters=2, normalization=normalization),
    }
    judge = kp.PatchDiscriminator(
        receptive_field=16, filters=2, normalization=discriminator, spectral=spectral
    )
    model = kp.Pix2Pix(make[generator](), judge)
    randomize(model.generator)
    randomize(model.discriminator, seed=1)
    return model


def in_training(network, inputs):
    """What a network computes by the statistics of the batch, without dropout."""
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    return numpy(keras.ops.stop_gradient(network(inputs, training=True)))


@pytest.mark.parametrize("norm", BATCH_NORMS)
@pytest.mark.parametrize("generator", ["unet", "plain levels", "shuffle", "resnet"])
def test_frozen_is_what_was_trained_at_batch_size_1(norm, generator):
    model = made(BATCH_NORMS[norm](), generator)
    frozen = model.batch_to_instance_norm()
    images, targets = noise(2, 16, 16, 3), noise(2, 16, 16, 3, seed=1)
    together = frozen.predict_on_batch(images)
    judged = frozen.discriminator.predict_on_batch([images, targets])
    for i in range(2):
        one = slice(i, i + 1)
        trained = in_training(model.generator, images[one])
        np.testing.assert_allclose(together[one], trained, atol=1e-4)
        trained = in_training(model.discriminator, [images[one], targets[one]])
        np.testing.assert_allclose(judged[one], trained, atol=1e-4)


@pytest.mark.parametrize("norm", BATCH_NORMS)
@pytest.mark.parametrize("generator", ["unet", "plain levels", "shuffle", "resnet"])
def test_folded_is_what_stored_statistics_give(norm, generator):
    model = made(BATCH_NORMS[norm](), generator)
    folded = model.fold()
    assert folded.generator.normalization is None
    assert folded.discriminator is model.discriminator
    images = noise(2, 16, 16, 3)
    expected = model.predict_on_batch(images)
    assert expected.std() > 0.01
    np.testing.assert_allclose(folded.predict_on_batch(images), expected, atol=1e-4)


def test_a_spectral_discriminator_keeps_its_estimates():
    model = made("batch", spectral=True)
    frozen = model.batch_to_instance_norm()
    for old, new in zip(model.discriminator.layers, frozen.discriminator.layers):
        if isinstance(old, kp.ConvBlock):
            np.testing.assert_array_equal(numpy(old.convolution.u), numpy(new.convolution.u))


def test_the_model_stays_and_the_new_one_is_like_it(tmp_path):
    model = made("batch")
    model.compile(adversarial_loss="lsgan", run_eagerly=True)
    model.formats = (kp.data.Picture(3),), kp.data.Picture(3, value_range=(0, 4095), dtype="uint16")
    before = [numpy(v).copy() for v in model.variables]
    for new in (model.batch_to_instance_norm(), model.fold()):
        assert new.get_compile_config()["adversarial_loss"] == "lsgan"
        assert new.translate(np.zeros((5, 4, 3), "uint8")).dtype == np.uint16
    new.save(tmp_path / "model.keras")
    image = noise(6, 7, 3)
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.translate(image), new.translate(image))
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, numpy(variable))


def test_only_networks_with_batch_norm():
    with pytest.raises(ValueError, match=r"BatchNormalization layer.*\['instance', None\]"):
        made("instance", discriminator=None).batch_to_instance_norm()
    with pytest.raises(ValueError, match=r"no generator.*\['instance'\]"):
        made("instance").fold()
    frozen = made("instance").batch_to_instance_norm()
    assert frozen.discriminator.normalization == "instance"
