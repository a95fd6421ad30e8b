"""The frozen features as a layer."""

import numpy as np
import pytest
from checks import noise, numpy

from keras_pix2pix.networks.efficientnet import FrozenFeatures, check_colors, feature_maps


def test_the_layer_gives_the_features_of_the_network():
    pictures = noise(1, 64, 64, 3)
    found = feature_maps()(pictures, training=False)
    for one, other in zip(FrozenFeatures()(pictures), found, strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), rtol=1e-4, atol=1e-5)


def test_grey_is_repeated():
    grey = noise(1, 32, 32, 1)
    colors = grey.repeat(3, axis=-1)
    for one, other in zip(FrozenFeatures()(grey), FrozenFeatures()(colors), strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), rtol=1e-4, atol=1e-5)


def test_shapes_are_known_without_the_weights():
    layer = FrozenFeatures()
    assert [x.shape for x in layer(noise(1, 50, 37, 3))] == layer.compute_output_shape(
        (1, 50, 37, 3)
    )
    assert layer.compute_output_shape((None, None, 64, 1))[0] == (None, None, 32, 16)
    assert not layer.weights


@pytest.mark.parametrize("channels", [2, 4])
def test_other_channels_are_refused(channels):
    with pytest.raises(ValueError, match=rf"mine needs .* 1 or 3 .* Received: {channels} channels"):
        check_colors(channels, "mine")
