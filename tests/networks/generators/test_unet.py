"""UNetGenerator: its levels, its skips, and the sizes that it takes."""

import keras
import numpy as np
import pytest
from checks import noise, randomize, run
from keras import layers

import keras_pix2pix as kp


def unet(**arguments):
    return kp.UNetGenerator(**{"depth": 2, "filters": 2, **arguments})


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


@pytest.mark.parametrize("upsampling", ["nearest", "bilinear", "shuffle"])
def test_upsampling_is_that_of_every_level(upsampling):
    network = unet(depth=3, upsampling=upsampling, output_channels=4)
    blocks = [network.get_layer(f"up_{level}") for level in (3, 2, 1)]
    assert [type(block) for block in blocks] == [kp.UpsampleBlock] * 3
    assert [block.upsampling for block in blocks] == [upsampling] * 3
    assert [block.filters for block in blocks] == [4, 2, 4]
    assert run(network, noise(1, 8, 16, 3)).shape == (1, 8, 16, 4)


@pytest.mark.parametrize(
    ("max_filters", "expected"),
    [(None, [2, 4, 8, 16, 16, 16]), (5, [2, 4, 5, 5, 5, 5]), (99, [2, 4, 8, 16, 32, 64])],
)
def test_no_level_has_more_than_max_filters(max_filters, expected):
    network = unet(depth=6, filters=2, max_filters=max_filters)
    assert [network.get_layer(f"down_{n}").filters for n in range(1, 7)] == expected
    decoder = [network.get_layer(f"up_{n}").filters for n in range(2, 7)]
    assert decoder == expected[:-1]


@pytest.mark.parametrize("upsampling", ["deconv", "nearest"])
def test_plain_levels_have_a_bias_and_no_normalization(upsampling):
    network = unet(depth=6, plain_levels=3, upsampling=upsampling)
    names = [f"down_{n}" for n in range(1, 7)] + [f"up_{n}" for n in range(6, 0, -1)]
    blocks = [network.get_layer(name) for name in names]
    normalized = {b.name for b in blocks if b.normalization is not None}
    # Levels 4 to 6 are plain: what the encoder halves to them, and what the decoder doubles to 4
    # and 5.
    assert normalized == {"down_2", "down_3", "up_4", "up_3", "up_2"}
    biased = {b.name for b in blocks if b.convolution.use_bias}
    assert biased == {"down_4", "down_5", "down_6", "up_6", "up_5", "up_1"}


def test_parameters_of_the_lean_generators():
    def parameters(filters):
        network = kp.UNetGenerator(
            depth=7,
            filters=filters,
            max_filters=4 * filters,
            upsampling="nearest",
            plain_levels=3,
            dropout=0.0,
        )
        return network.count_params()

    assert parameters(64) == 9_726_211
    assert parameters(32) == 2_434_179


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"upsampling": "cubic"}, "'deconv', 'nearest', 'bilinear', 'shuffle'. Received: 'cubic'"),
        ({"max_filters": 0}, "max_filters must be an int of at least 1. Received: max_filters=0"),
        ({"plain_levels": -1}, "from 0 to depth=2. Received: plain_levels=-1"),
        ({"plain_levels": 3}, "from 0 to depth=2. Received: plain_levels=3"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        unet(**arguments)


@pytest.mark.parametrize("depth", [1, 0, -1])
def test_unet_of_too_little_depth(depth):
    with pytest.raises(ValueError, match=f"depth must be at least 2. Received: depth={depth}"):
        unet(depth=depth)


def test_unet_refuses_sizes_that_its_depth_cannot_take():
    message = "16 divides. Received: height 40; the nearest that fit are 32 and 48"
    with pytest.raises(ValueError, match=message):
        unet(depth=4, image_shape=(40, 32, 3))
    with pytest.raises(ValueError, match=message):
        unet(depth=4)(noise(1, 40, 32, 3))
    with pytest.raises(ValueError, match="width 8; the nearest that fit are 16"):
        unet(depth=4)(noise(1, 16, 8, 3))
