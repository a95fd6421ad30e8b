"""Inner feature maps: which tensors they are, in networks of any kind and inside each other."""

import keras
import numpy as np
import pytest
from checks import noise, numpy, randomize
from keras import layers

import keras_pix2pix as kp
from keras_pix2pix.networks.inner_features import with_inner_features

PAIR = [noise(1, 24, 24, 3, seed=seed) for seed in (0, 1)]


def outputs(network, inputs):
    """The outputs of a network and its inner feature maps, as arrays."""
    logits, features = with_inner_features(network)(inputs, training=False)
    return [numpy(tensor) for tensor in logits], [numpy(tensor) for tensor in features]


def test_features_are_what_each_block_but_the_last_gives():
    network = kp.PatchDiscriminator(receptive_field=34, filters=2)
    randomize(network)
    logits, features = outputs(network, PAIR)
    np.testing.assert_allclose(logits[0], numpy(network(PAIR)), atol=1e-6)
    blocks = [layer for layer in network.layers if hasattr(layer, "convolution")]
    assert len(features) == len(blocks) - 1 == 3
    x = np.concatenate(PAIR, axis=-1)
    for block, found in zip(blocks, features):
        x = numpy(block(x))
        np.testing.assert_allclose(found, x, atol=1e-6)


def test_features_of_plain_layers_are_taken_after_their_activation():
    network = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.AveragePooling2D(2),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(5, 3),
            layers.LeakyReLU(),
            layers.DepthwiseConv2D(3),
            layers.Activation("linear"),
        ]
    )
    _, features = outputs(network, PAIR[0])
    assert [map.shape[-1] for map in features] == [4, 5]
    expected = PAIR[0]
    for layer in network.layers[:4]:
        expected = layer(expected)
    np.testing.assert_allclose(features[0], numpy(expected), atol=1e-6)


def test_scales_inside_a_network_are_searched():
    condition, target = keras.Input((None, None, 3)), keras.Input((None, None, 3))
    half = layers.AveragePooling2D(2)
    fine, coarse = (kp.PatchDiscriminator(receptive_field=16, filters=n) for n in (2, 3))
    scales = [fine([condition, target]), coarse([half(condition), half(target)])]
    network = keras.Model([condition, target], scales)
    logits, features = outputs(network, PAIR)
    for found, expected in zip(logits, network(PAIR), strict=True):
        np.testing.assert_allclose(found, numpy(expected), atol=1e-6)
    # In any order: two maps of each scale.
    sizes = sorted((map.shape[1], map.shape[-1]) for map in features)
    assert sizes == [(5, 6), (6, 3), (11, 4), (12, 2)]


def test_weights_are_shared():
    network = kp.PatchDiscriminator(receptive_field=16, filters=2)
    inside = with_inner_features(network)
    assert {id(v) for v in inside.weights} == {id(v) for v in network.weights}


@pytest.mark.parametrize("make", [layers.Conv2D, layers.DepthwiseConv2D])
def test_a_single_convolution_has_none(make):
    image = keras.Input((None, None, 3))
    convolution = make(1, 3) if make is layers.Conv2D else make(3)
    assert with_inner_features(keras.Model(image, convolution(image))) is None
