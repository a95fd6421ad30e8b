"""ResidualBlock, compared with PyTorch, and ResNetGenerator."""

import numpy as np
import pytest
import torch.nn.functional as F  # noqa: N812
from checks import (
    check_config,
    check_layer,
    from_pytorch,
    instance_norm,
    noise,
    pytorch_weights,
    randomize,
    run,
    to_pytorch,
)

import keras_pix2pix as kp


def resnet(**arguments):
    return kp.ResNetGenerator(**{"blocks": 1, "filters": 2, **arguments})


@pytest.mark.parametrize("normalization", ["batch", instance_norm()], ids=["batch", "a layer"])
def test_config_shape_file_and_precision(normalization, tmp_path):
    arguments = {"filters": 2, "normalization": normalization, "dropout": 0.25}
    check_layer(kp.ResidualBlock, arguments, noise(2, 6, 8, 2), tmp_path)


def test_config_keeps_every_argument():
    arguments = {"filters": 4, "normalization": None, "dropout": 0.125}
    block = kp.ResidualBlock(**arguments)
    check_config(block)
    config = block.get_config()
    assert {name: config[name] for name in arguments} == arguments


def test_residual_block_is_pytorchs():
    block = kp.ResidualBlock(3, normalization=instance_norm())
    images = noise(2, 5, 6, 3)
    block.build(images.shape)
    randomize(block)

    def half(x, part):
        x = F.conv2d(F.pad(x, [1] * 4, mode="reflect"), *pytorch_weights(part.convolution))
        return F.instance_norm(x, eps=1e-5)

    x = to_pytorch(images)
    expected = x + half(F.relu(half(x, block.first)), block.second)
    np.testing.assert_allclose(run(block, images), from_pytorch(expected), atol=1e-5)


def test_residual_dropout_is_between_the_convolutions():
    block = kp.ResidualBlock(2, normalization=None, dropout=0.5)
    images = noise(1, 6, 6, 2)
    one, other = (run(block, images, training=True) for _ in range(2))
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(run(block, images), run(block, images))
    # The second convolution hides what was dropped if its kernel is 0.
    block.second.convolution.kernel.assign(np.zeros((3, 3, 2, 2)))
    np.testing.assert_array_equal(run(block, images, training=True), images)


def test_residual_block_needs_its_own_channels():
    with pytest.raises(ValueError, match=r"must have 4 channels.*\(1, 8, 8, 3\)"):
        kp.ResidualBlock(4)(noise(1, 8, 8, 3))


@pytest.mark.parametrize(
    ("normalization", "expected"), [(None, True), ("instance", False), (instance_norm(), True)]
)
def test_bias_only_where_nothing_else_offsets(normalization, expected):
    block = kp.ResidualBlock(2, normalization=normalization)
    assert block.first.use_bias is expected
    assert block.second.use_bias is expected


def test_unknown_normalization():
    with pytest.raises(ValueError, match="'instance', 'batch', 'group', None or a Keras layer"):
        kp.ResidualBlock(2, normalization="instances")


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


def test_resnet_without_blocks():
    with pytest.raises(ValueError, match=r"blocks must be an int .* Received: blocks=0"):
        resnet(blocks=0)


def test_resnet_refuses_sizes_that_it_cannot_take():
    for message, size in (
        ("fit are 8 and 12", (8, 10)),
        ("at least 8. Received: height 4", (4, 8)),
    ):
        with pytest.raises(ValueError, match=message):
            resnet(image_shape=(*size, 3))
        with pytest.raises(ValueError, match=message):
            resnet()(noise(1, *size, 3))
