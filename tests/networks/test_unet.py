"""UNetGenerator and ResNetGenerator."""

import keras
import numpy as np
import pytest
from checks import check_network, draw_with_numpy, instance_norm, noise, numpy, randomize, run
from keras import layers

import keras_pix2pix as kp


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    draw_with_numpy(monkeypatch)


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
        **({"depth": 3, "skips": False} if make is unet else {"blocks": 2}),
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


def test_instance_has_the_parameters_of_batch():
    def shapes(normalization):
        return [v.shape for v in unet(depth=4, normalization=normalization).trainable_variables]

    assert shapes("instance") == shapes("batch") == shapes("group")


@pytest.mark.parametrize(
    ("depth", "channels", "output_channels", "size"),
    [(2, 1, 4, (12, 8)), (3, 5, 1, (8, 24)), (4, 2, 2, (32, 16)), (5, 3, 3, (32, 64))],
)
def test_unet_of_any_depth_channels_and_size(depth, channels, output_channels, size):
    images = noise(1, *size, channels)
    arguments = {"depth": depth, "output_channels": output_channels}
    free = unet(image_shape=(None, None, channels), **arguments)
    fixed = unet(image_shape=images.shape[1:], **arguments)
    fixed.set_weights(free.get_weights())
    outputs = run(free, images)
    assert outputs.shape == (1, *size, output_channels)
    assert np.ptp(outputs) > 0
    np.testing.assert_array_equal(run(fixed, images), outputs)
    assert fixed.output_shape == (None, *size, output_channels)


def test_unet_levels_are_the_papers():
    network = unet(depth=6, filters=2, output_channels=5)
    down = [network.get_layer(f"down_{n}") for n in range(1, 7)]
    up = [network.get_layer(f"up_{n}") for n in range(6, 0, -1)]
    assert [block.filters for block in down] == [2, 4, 8, 16, 16, 16]
    assert [block.filters for block in up] == [16, 16, 8, 4, 2, 5]
    normalized = [block.normalization is not None for block in down]
    assert normalized == [False, True, True, True, True, False]
    assert [block.normalization is not None for block in up] == [True] * 5 + [False]
    assert [block.convolution.use_bias for block in (*down, *up)] == [False] * 11 + [True]
    activations = [keras.activations.serialize(block.activation) for block in (*down, *up)]
    assert activations == ["leaky_relu"] * 5 + ["relu"] * 6 + ["linear"]


@pytest.mark.parametrize("depth", [2, 3, 4, 6])
def test_unet_drops_on_the_first_three_decoder_levels(depth):
    decoder = [f"up_{level}" for level in range(depth, 0, -1)]
    network, calm = unet(depth=depth), unet(depth=depth, dropout=0.0)
    rates = [getattr(network.get_layer(name).dropout, "rate", 0) for name in decoder]
    assert rates == ([0.5] * min(3, depth - 1) + [0] * depth)[:depth]
    assert all(calm.get_layer(name).dropout is None for name in decoder)


def test_skips_carry_the_image_past_the_bottom():
    one, other = noise(1, 8, 8, 3, seed=1), noise(1, 8, 8, 3, seed=2)
    for skips in (True, False):
        network = unet(depth=3, normalization=None, skips=skips)
        randomize(network)
        for name in ("down_3", "up_3"):
            convolution = network.get_layer(name).convolution
            convolution.kernel.assign(np.zeros(convolution.kernel.shape))
        differs = not np.array_equal(run(network, one), run(network, other))
        assert differs is skips
        joins = [layer for layer in network.layers if isinstance(layer, layers.Concatenate)]
        assert len(joins) == (2 if skips else 0)


def test_joins_are_in_the_references_order():
    network = unet(depth=3)
    for level in (1, 2):
        skip, decoder = network.get_layer(f"join_{level}").input
        assert skip is network.get_layer(f"skip_{level}").output
        assert decoder is network.get_layer(f"up_{level + 1}").output


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


def test_resnet_has_its_blocks():
    network = resnet(blocks=3, dropout=0.25)
    residuals = [layer for layer in network.layers if isinstance(layer, kp.ResidualBlock)]
    assert [block.filters for block in residuals] == [8, 8, 8]
    assert [block.dropout.rate for block in residuals] == [0.25] * 3
    convolutions = [layer for layer in network.layers if isinstance(layer, kp.ConvBlock)]
    assert [block.filters for block in convolutions] == [2, 4, 8, 3]
    assert [block.kernel_size for block in convolutions] == [7, 3, 3, 7]
    assert [b.filters for b in network.layers if isinstance(b, kp.DeconvBlock)] == [4, 2]


def test_resnet_of_any_channels_and_size():
    size = (8, 12)
    images = noise(1, *size, 2)
    free = resnet(image_shape=(None, None, 2), output_channels=4)
    fixed = resnet(image_shape=(*size, 2), output_channels=4)
    fixed.set_weights(free.get_weights())
    outputs = run(free, images)
    assert outputs.shape == (1, *size, 4)
    np.testing.assert_array_equal(run(fixed, images), outputs)


@MAKERS
def test_unknown_normalization(make):
    with pytest.raises(ValueError, match="'instance', 'batch', 'group', None or a Keras layer"):
        make(normalization="layer")


@pytest.mark.parametrize("depth", [1, 0, -1])
def test_unet_of_too_little_depth(depth):
    with pytest.raises(ValueError, match=f"depth must be at least 2. Received: depth={depth}"):
        unet(depth=depth)


def test_resnet_without_blocks():
    with pytest.raises(ValueError, match=r"blocks must be at least 1. Received: blocks=0"):
        resnet(blocks=0)


def test_unet_refuses_sizes_that_its_depth_cannot_take():
    message = "16 divides. Received: height 40; the nearest that fit are 32 and 48"
    with pytest.raises(ValueError, match=message):
        unet(depth=4, image_shape=(40, 32, 3))
    with pytest.raises(ValueError, match=message):
        unet(depth=4)(noise(1, 40, 32, 3))
    with pytest.raises(ValueError, match="width 8; the nearest that fit are 16"):
        unet(depth=4)(noise(1, 16, 8, 3))


def test_resnet_refuses_sizes_that_it_cannot_take():
    for message, size in (
        ("fit are 8 and 12", (8, 10)),
        ("at least 8. Received: height 4", (4, 8)),
    ):
        with pytest.raises(ValueError, match=message):
            resnet(image_shape=(*size, 3))
        with pytest.raises(ValueError, match=message):
            resnet()(noise(1, *size, 3))
