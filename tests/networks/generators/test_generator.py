"""Generator: what all generators have in common, and one that a user writes."""

import keras
import numpy as np
import pytest
from checks import check_network, instance_norm, noise, numpy, randomize, run

import keras_pix2pix as kp


def unet(**arguments):
    return kp.UNetGenerator(**{"depth": 2, "filters": 2, **arguments})


def resnet(**arguments):
    return kp.ResNetGenerator(**{"blocks": 1, "filters": 2, **arguments})


MAKERS = pytest.mark.parametrize("make", [unet, resnet])

CASES = {
    "unet": (
        kp.UNetGenerator,
        {
            "image_shape": (None, None, 1),
            "output_channels": 2,
            "depth": 3,
            "filters": 3,
            "normalization": "batch",
            "dropout": 0.25,
            "output_activation": "sigmoid",
            "skips": False,
            "name": "mine",
            "trainable": True,
        },
    ),
    "lean unet": (
        kp.UNetGenerator,
        {
            "image_shape": (None, None, 1),
            "depth": 3,
            "filters": 2,
            "upsampling": "nearest",
            "max_filters": 4,
            "plain_levels": 2,
            "noise": 2,
        },
    ),
    "unet of a layer": (
        kp.UNetGenerator,
        {"image_shape": (8, 16, 1), "depth": 3, "filters": 2, "normalization": instance_norm()},
    ),
    "resnet": (
        kp.ResNetGenerator,
        {
            "image_shape": (None, None, 1),
            "output_channels": 2,
            "blocks": 2,
            "filters": 3,
            "normalization": "group",
            "dropout": 0.25,
            "output_activation": None,
            "name": "mine",
        },
    ),
    "resnet of a layer": (
        kp.ResNetGenerator,
        {"image_shape": (8, 16, 1), "blocks": 1, "filters": 2, "normalization": instance_norm()},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_config_shape_file_and_precision(name, tmp_path):
    cls, arguments = CASES[name]
    check_network(cls, arguments, noise(2, 8, 16, 1), tmp_path)


@MAKERS
def test_config_keeps_every_argument(make):
    arguments = {
        "image_shape": (8, None, 1),
        "output_channels": 4,
        "filters": 3,
        "normalization": None,
        "dropout": 0.125,
        "output_activation": "sigmoid",
        "name": "mine",
        "trainable": False,
        **(
            {
                "depth": 3,
                "skips": False,
                "upsampling": "shuffle",
                "max_filters": 5,
                "plain_levels": 2,
                "noise": 2,
            }
            if make is unet
            else {"blocks": 2}
        ),
    }
    config = make(**arguments).get_config()
    assert {name: config[name] for name in arguments} == arguments
    assert config.keys() - arguments.keys() == {"dtype"}
    assert not make(**arguments).trainable_variables


# Trainable parameters of the reference implementation's networks.
@pytest.mark.parametrize(
    ("cls", "size", "normalization", "expected"),
    [
        (kp.UNetGenerator, 8, "batch", 54_413_955),
        (kp.UNetGenerator, 8, instance_norm(), 54_409_603),
        (kp.UNetGenerator, 7, "batch", 41_828_995),
        (kp.ResNetGenerator, 9, "batch", 11_383_427),
        (kp.ResNetGenerator, 9, instance_norm(), 11_378_179),
        (kp.ResNetGenerator, 6, "batch", 7_841_411),
        (kp.ResNetGenerator, 6, instance_norm(), 7_837_699),
    ],
    ids=lambda value: (
        value if isinstance(value, (int, str)) else getattr(value, "__name__", "layer")
    ),
)
def test_parameters_are_the_references(cls, size, normalization, expected):
    name = "depth" if cls is kp.UNetGenerator else "blocks"
    network = cls(**{name: size}, normalization=normalization)
    assert sum(int(np.prod(v.shape)) for v in network.trainable_variables) == expected


@pytest.mark.parametrize("normalization", ["instance", "batch", "group", None])
@MAKERS
def test_inference_is_deterministic_and_independent_of_the_batch(make, normalization):
    network = make(normalization=normalization, dropout=0.5)
    randomize(network)
    before = [numpy(v).copy() for v in network.variables]
    images = noise(3, 8, 8, 3)
    images[2] *= 100
    outputs = run(network, images)
    np.testing.assert_array_equal(run(network, images), outputs)
    np.testing.assert_allclose(run(network, images[:1]), outputs[:1], atol=1e-5)
    assert not np.allclose(outputs[0], outputs[1])
    for old, new in zip(before, network.variables, strict=True):
        np.testing.assert_array_equal(old, numpy(new))


@MAKERS
def test_dropout_is_noise_in_training(make):
    images = noise(1, 8, 8, 3)
    network = make(dropout=0.5)
    randomize(network)
    drawn = [run(network, images, training=True) for _ in range(2)]
    assert not np.array_equal(*drawn)
    calm = make(dropout=0.0)
    calm.set_weights(network.get_weights())
    expected = run(network, images)
    np.testing.assert_allclose(run(calm, images, training=True), expected, atol=1e-5)


def test_output_activation():
    images = noise(1, 8, 8, 3)
    plain = unet(output_activation=None)
    randomize(plain)
    bounded = unet()
    bounded.set_weights(plain.get_weights())
    logits = run(plain, images)
    assert np.abs(logits).max() > 1
    np.testing.assert_allclose(run(bounded, images), np.tanh(logits), atol=1e-5)


def test_an_unknown_activation_of_the_output_is_named():
    with pytest.raises(ValueError, match=r"Received: output_activation='tanhh'"):
        kp.UNetGenerator(depth=2, filters=2, output_activation="tanhh")


@MAKERS
def test_unknown_normalization(make):
    with pytest.raises(ValueError, match="'instance', 'batch', 'group', None or a Keras layer"):
        make(normalization="layer")


@keras.saving.register_keras_serializable(package="tests")
class SmallGenerator(kp.Generator):
    """What the docstring of Generator shows."""

    size_divisor = 2
    least_size = 4

    def __init__(
        self,
        image_shape=(None, None, 3),
        output_channels=3,
        filters=2,
        output_activation="tanh",
        dtype=None,
        **kwargs,
    ):
        x = inputs = keras.Input(image_shape, name="condition")
        x = kp.ConvBlock(filters, normalization=None, dtype=dtype)(x)
        x = kp.DeconvBlock(output_channels, normalization=None, activation=None, dtype=dtype)(x)
        super().__init__(inputs, x, output_activation, dtype, **kwargs)
        self.filters = filters

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


def test_a_generator_of_a_user_s_own(tmp_path):
    arguments = {
        "image_shape": (None, None, 1),
        "output_channels": 2,
        "filters": 3,
        "output_activation": "sigmoid",
        "name": "mine",
    }
    check_network(SmallGenerator, arguments, noise(2, 6, 8, 1), tmp_path)
    config = SmallGenerator(**arguments, trainable=False).get_config()
    assert {name: config[name] for name in arguments} == arguments
    assert config["trainable"] is False


@pytest.mark.parametrize("make", [unet, resnet, SmallGenerator])
def test_unknown_arguments_are_refused(make):
    with pytest.raises(TypeError, match="unexpected keyword argument 'filter'"):
        make(filter=2)


def test_its_sizes_are_refused_by_itself_and_padded_by_pix2pix():
    generator = SmallGenerator()
    with pytest.raises(ValueError, match=r"SmallGenerator takes .* 2 divides\. Received: width 5"):
        generator(noise(1, 4, 5, 3))
    with pytest.raises(ValueError, match=r"SmallGenerator takes .* at least 4\. .* height 2"):
        generator(noise(1, 2, 4, 3))
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=1, filters=2))
    for size in ((4, 5), (2, 4), (1, 7)):
        assert model.predict_on_batch(noise(1, *size, 3)).shape == (1, *size, 3)
