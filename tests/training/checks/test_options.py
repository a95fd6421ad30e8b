"""What Pix2Pix and compile refuse: networks and options that do not fit."""

import keras
import numpy as np
import pytest

import keras_pix2pix as kp


def convolution(strides=1):
    return keras.layers.Conv2D(3, 4, strides=strides, padding="same")


def generator_of(make):
    """A functional generator whose output is made of its condition."""
    condition = keras.Input((None, None, 3))
    return keras.Model(condition, make(condition))


def discriminator_of(make):
    pair = [keras.Input((None, None, 3)) for _ in range(2)]
    return keras.Model(pair, make(keras.layers.Concatenate()(pair)))


class Unbuilt(keras.Model):
    def call(self, inputs):
        return inputs


def two_inputs():
    images = [keras.Input((None, None, 3)) for _ in range(2)]
    return keras.Model(images, keras.layers.Add()(images))


GENERATORS = {
    "a name": (lambda: "unet", r"generator must be a Keras model, such as UNetGenerator\(\)"),
    "a class": (lambda: kp.UNetGenerator, "generator must be a Keras model"),
    "no Input": (Unbuilt, "must be built from keras.Input"),
    "a dict": (lambda: generator_of(lambda x: {"a": convolution()(x)}), "a dict as its output"),
    "a list": (lambda: generator_of(lambda x: [convolution()(x)] * 2), "a list as its output"),
    "a list of one": (lambda: generator_of(lambda x: [convolution()(x)]), "a list as its output"),
    "two inputs": (two_inputs, "a list as its input"),
    "unknown channels": (
        lambda: keras.Sequential([keras.Input((None,) * 3), keras.layers.Rescaling(2.0)]),
        r"input of the generator must be an image .*of known channels",
    ),
    "a vector": (
        lambda: generator_of(keras.layers.GlobalAveragePooling2D()),
        r"output of the generator must be an image.*shape \(None, 3\)",
    ),
    "half the size": (
        lambda: generator_of(convolution(strides=2)),
        "pictures of the size of its conditions.*height 128 and width 128 from height 256",
    ),
}
DISCRIMINATORS = {
    "a name": (lambda: "patch", r"discriminator must be a Keras model, such as PatchDiscr"),
    "no Input": (Unbuilt, "must be built from keras.Input"),
    "a dict": (lambda: discriminator_of(lambda x: {"a": convolution()(x)}), "dict as its output"),
    "other channels": (
        lambda: kp.PatchDiscriminator((None, None, 1), receptive_field=16, filters=2),
        r"images of \[3, 3\] channels.*discriminator for \[1, 3\]",
    ),
}


@pytest.mark.parametrize("case", GENERATORS)
def test_a_generator_that_makes_no_picture_is_named(case):
    make, message = GENERATORS[case]
    with pytest.raises(ValueError, match=message):
        kp.Pix2Pix(make())


def test_a_generator_is_asked_for_a_size_that_it_takes():
    """One takes multiples of 96 only, the other one nothing below 512."""
    for divisor in (96, 512):
        generator = generator_of(
            lambda x, n=divisor: keras.layers.UpSampling2D(n)(keras.layers.AveragePooling2D(n)(x))
        )
        with pytest.raises(ValueError, match="size"):
            kp.Pix2Pix(generator)
        generator.size_divisor = divisor
        kp.Pix2Pix(generator)
    fixed = keras.Input((96, 192, 3))
    pooled = keras.layers.AveragePooling2D(96)(fixed)
    kp.Pix2Pix(keras.Model(fixed, keras.layers.UpSampling2D(96)(pooled)))


@pytest.mark.parametrize("case", DISCRIMINATORS)
def test_a_discriminator_that_judges_no_pair_is_named(case):
    make, message = DISCRIMINATORS[case]
    with pytest.raises(ValueError, match=message):
        kp.Pix2Pix(kp.UNetGenerator(depth=2, filters=2), make())


def test_networks_of_ones_own_train(pairs):
    """A generator with a list of one input, and logits that are a vector, for each objective."""
    condition = keras.Input((None, None, 3))
    generator = keras.Model([condition], convolution()(condition))
    vector = discriminator_of(
        lambda x: keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(convolution()(x)))
    )
    for loss in ("vanilla", "wgan_gp"):
        model = kp.Pix2Pix(generator, vector)
        model.compile(adversarial_loss=loss, run_eagerly=True)
        logs = model.train_on_batch(*pairs, return_dict=True)
        assert all(np.isfinite(value) for value in logs.values())


@pytest.mark.parametrize("name", ["optimizer", "loss"])
def test_what_trains_one_network_is_refused(tiny, name):
    with pytest.raises(ValueError, match=f"two networks: give generator_opt.*Received: {name}"):
        tiny().compile(**{name: "adam"})


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("generator_optimizer", 3, "generator_optimizer must be .* such as 'adam'. Received: 3"),
        ("discriminator_optimizer", "adamm", "discriminator_optimizer must .*Received: 'adamm'"),
        ("generator_optimizer", {"a": 1}, "generator_optimizer must be a Keras optimizer"),
        ("adversarial_loss", ["hinge"], r"adversarial_loss must be one of .*Received: \['hinge'"),
        ("metrics", ["psnrr"], "metrics must be a list of .*Received: 'psnrr'"),
        ("metrics", [3], "metrics must be a list of .*Received: 3"),
    ],
)
def test_an_option_is_refused_by_its_name(tiny, option, value, message):
    model = tiny()
    with pytest.raises(ValueError, match=message):
        model.compile(**{option: value})
    assert not model.compiled


def test_metrics_that_keras_chooses_by_the_shape_of_targets(tiny, pairs):
    model = tiny()
    model.compile(metrics=["accuracy"], run_eagerly=True)
    assert "accuracy" in model.train_on_batch(*pairs, return_dict=True)


@pytest.mark.parametrize("unknown", ["loss_weights", "weighted_metrics", "reconstruction_wieght"])
def test_what_compile_would_ignore_is_refused(tiny, unknown):
    model = tiny()
    with pytest.raises(ValueError, match=f"compile does not use {unknown}.*generator_terms"):
        model.compile(**{unknown: [1.0, 2.0]})
    assert not model.compiled


class WithLoss(kp.Pix2Pix):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return 0.0


def test_a_loss_that_nothing_would_call_is_refused(tiny):
    model = WithLoss(tiny().generator, tiny().discriminator)
    with pytest.raises(ValueError, match=r"WithLoss overrides compute_loss.*losses.Term"):
        model.compile()
    assert not model.compiled


def test_spectral_normalization_of_keras_is_refused(tiny):
    """It trains differently on JAX, and fails on torch. Without `compile` the model translates."""
    spectral = keras.layers.SpectralNormalization(convolution(), name="normalized")
    model = kp.Pix2Pix(tiny().generator, discriminator_of(spectral))
    with pytest.raises(ValueError, match=r"PatchDiscriminator\(spectral=True\).*normalized in"):
        model.compile()
