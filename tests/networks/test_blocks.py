"""ConvBlock, DeconvBlock and ResidualBlock, with PyTorch as the second opinion."""

import keras
import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from checks import check_layer, draw_with_numpy, instance_norm, noise, numpy, randomize, run

import keras_pix2pix as kp

BLOCKS = {
    "conv": (
        kp.ConvBlock,
        {
            "filters": 3,
            "kernel_size": 3,
            "strides": 1,
            "normalization": "batch",
            "activation": "tanh",
            "padding": "reflect",
            "use_bias": True,
        },
    ),
    "conv of a layer": (kp.ConvBlock, {"filters": 3, "normalization": instance_norm()}),
    "deconv": (
        kp.DeconvBlock,
        {
            "filters": 6,
            "kernel_size": 3,
            "strides": 2,
            "normalization": "group",
            "activation": "sigmoid",
            "dropout": 0.25,
            "use_bias": True,
        },
    ),
    "deconv of a layer": (kp.DeconvBlock, {"filters": 3, "normalization": instance_norm()}),
    "residual": (kp.ResidualBlock, {"filters": 2, "normalization": "batch", "dropout": 0.25}),
    "residual of a layer": (kp.ResidualBlock, {"filters": 2, "normalization": instance_norm()}),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    draw_with_numpy(monkeypatch)


def nchw(images):
    return torch.from_numpy(np.array(images.transpose(0, 3, 1, 2)))


def nhwc(tensor):
    return tensor.numpy().transpose(0, 2, 3, 1)


def torch_weights(block):
    """Kernel and bias of a block's convolution as PyTorch has them."""
    kernel = numpy(block.convolution.kernel).transpose(3, 2, 0, 1).copy()
    return torch.from_numpy(kernel), torch.from_numpy(numpy(block.convolution.bias).copy())


@pytest.mark.parametrize("name", BLOCKS)
def test_config_shape_file_and_precision(name, tmp_path):
    cls, arguments = BLOCKS[name]
    check_layer(cls, arguments, noise(2, 6, 8, 2), tmp_path)


@pytest.mark.parametrize("cls", [kp.ConvBlock, kp.DeconvBlock, kp.ResidualBlock])
def test_config_keeps_every_argument(cls):
    values = {
        "filters": 4,
        "kernel_size": 5,
        "strides": 3,
        "normalization": None,
        "activation": "tanh",
        "padding": "valid",
        "dropout": 0.125,
        "use_bias": False,
    }
    given = cls(filters=4).get_config().keys() & values.keys()
    arguments = {name: values[name] for name in given}
    config = cls(**arguments).get_config()
    assert {name: config[name] for name in given} == arguments


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (kp.ConvBlock, {"activation": "leaky_relu", "padding": "same"}),
        (kp.DeconvBlock, {"activation": "relu", "dropout": 0.0}),
    ],
)
def test_defaults_are_the_papers(cls, expected):
    config = cls(8).get_config()
    expected |= {"kernel_size": 4, "strides": 2, "normalization": "instance"}
    assert {name: config[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("kernel_size", "strides", "padding"),
    [
        (4, 2, "same"),
        (4, 2, "zeros"),
        (4, 1, "zeros"),
        (3, 2, "zeros"),
        (3, 1, "reflect"),
        (7, 1, "reflect"),
        (4, 2, "reflect"),
        (4, 2, "valid"),
        (1, 1, "same"),
    ],
)
def test_convolution_is_pytorchs(kernel_size, strides, padding):
    block = kp.ConvBlock(5, kernel_size, strides, None, activation=None, padding=padding)
    images = noise(2, 8, 10, 3)
    block.build(images.shape)
    randomize(block)
    x = nchw(images)
    if padding != "valid":
        sides = [(kernel_size - 1) // 2] * 4
        x = F.pad(x, sides, mode="reflect" if padding == "reflect" else "constant")
    expected = nhwc(F.conv2d(x, *torch_weights(block), stride=strides))
    np.testing.assert_allclose(run(block, images), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("kernel_size", "strides"), [(4, 2), (3, 2), (5, 2), (5, 4), (2, 2), (6, 3), (5, 3), (3, 1)]
)
def test_transposed_convolution_is_pytorchs(kernel_size, strides):
    block = kp.DeconvBlock(5, kernel_size, strides, None, activation=None)
    images = noise(2, 4, 3, 2)
    block.build(images.shape)
    randomize(block)
    surplus = kernel_size - strides
    expected = F.conv_transpose2d(
        nchw(images),
        *torch_weights(block),
        stride=strides,
        padding=(surplus + 1) // 2,
        output_padding=surplus % 2,
    )
    np.testing.assert_allclose(run(block, images), nhwc(expected), atol=1e-5)


@pytest.mark.parametrize("strides", [1, 2, 3])
def test_transposed_convolution_grows_by_exactly_the_strides(strides):
    images = noise(1, 3, 5, 1)
    for kernel_size in range(strides, strides + 5):
        block = kp.DeconvBlock(1, kernel_size, strides, normalization=None)
        expected = (1, 3 * strides, 5 * strides, 1)
        assert tuple(block(images).shape) == expected
        assert block.compute_output_shape(images.shape) == expected


def test_residual_block_is_pytorchs():
    block = kp.ResidualBlock(3, normalization=instance_norm())
    images = noise(2, 5, 6, 3)
    block.build(images.shape)
    randomize(block)

    def half(x, part):
        x = F.conv2d(F.pad(x, [1] * 4, mode="reflect"), *torch_weights(part))
        return F.instance_norm(x, eps=1e-5)

    x = nchw(images)
    expected = x + half(F.relu(half(x, block.first)), block.second)
    np.testing.assert_allclose(run(block, images), nhwc(expected), atol=1e-5)


def test_conv_block_normalizes_then_activates():
    images = 5 * noise(1, 8, 8, 2) + 3
    plain = kp.ConvBlock(4, activation=None)
    features = run(plain, images)
    np.testing.assert_allclose(features.mean((1, 2)), 0, atol=1e-5)
    leaky = kp.ConvBlock.from_config({**plain.get_config(), "activation": "leaky_relu"})
    leaky.build(images.shape)
    leaky.set_weights(plain.get_weights())
    expected = np.where(features > 0, features, 0.2 * features)
    np.testing.assert_allclose(run(leaky, images), expected, atol=1e-6)


def test_dropout_is_between_normalization_and_activation():
    block = kp.DeconvBlock(4, activation="sigmoid", dropout=0.5)
    images = noise(1, 16, 16, 2)
    runred = run(block, images)
    trained = run(block, images, training=True)
    dropped = trained == 0.5  # sigmoid(0)
    assert not (runred == 0.5).any()
    assert 0.45 < dropped.mean() < 0.55
    # What is kept is twice as large before the activation.
    logit = np.log(runred / (1 - runred))
    np.testing.assert_allclose(trained[~dropped], 1 / (1 + np.exp(-2 * logit[~dropped])), atol=1e-5)


def test_residual_dropout_is_between_the_convolutions():
    block = kp.ResidualBlock(2, normalization=None, dropout=0.5)
    images = noise(1, 6, 6, 2)
    one, other = (run(block, images, training=True) for _ in range(2))
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(run(block, images), run(block, images))
    # The second convolution hides what was dropped if its kernel is 0.
    block.second.convolution.kernel.assign(np.zeros((3, 3, 2, 2)))
    np.testing.assert_array_equal(run(block, images, training=True), images)


@pytest.mark.parametrize(
    ("normalization", "expected"),
    [
        (None, True),
        ("instance", False),
        ("batch", False),
        ("group", False),
        (keras.layers.LayerNormalization(), False),
        (keras.layers.RMSNormalization(), True),
        (instance_norm(), True),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_bias_only_where_nothing_else_offsets(normalization, expected):
    for cls in (kp.ConvBlock, kp.DeconvBlock):
        assert cls(2, normalization=normalization).use_bias is expected
    assert kp.ResidualBlock(2, normalization=normalization).first.use_bias is expected
    assert kp.ConvBlock(2, normalization=normalization, use_bias=True).use_bias


@pytest.mark.parametrize("cls", [kp.ConvBlock, kp.DeconvBlock])
def test_initial_weights_are_the_papers(cls, monkeypatch):
    monkeypatch.undo()
    block = cls(200, use_bias=True)
    block.build((None, 8, 8, 50))
    kernel = numpy(block.convolution.kernel)
    gamma = numpy(block.normalization.gamma)
    assert abs(kernel.mean()) < 2e-4
    assert abs(kernel.std() - 0.02) < 2e-4
    assert abs(gamma.mean() - 1) < 0.01
    assert abs(gamma.std() - 0.02) < 0.005
    assert not numpy(block.normalization.beta).any()
    assert not numpy(block.convolution.bias).any()


def test_blocks_do_not_share_a_given_layer():
    layer = keras.layers.LayerNormalization()
    blocks = [kp.ConvBlock(2, normalization=layer) for _ in range(2)]
    for block in blocks:
        block(noise(1, 4, 4, 1))
    assert not layer.built
    assert blocks[0].normalization is not blocks[1].normalization
    assert blocks[0].normalization.gamma is not blocks[1].normalization.gamma


@pytest.mark.parametrize("cls", [kp.ConvBlock, kp.DeconvBlock, kp.ResidualBlock])
@pytest.mark.parametrize("wrong", ["instances", 3, keras.layers.LayerNormalization])
def test_unknown_normalization(cls, wrong):
    with pytest.raises(ValueError, match="'instance', 'batch', 'group', None or a Keras layer"):
        cls(2, normalization=wrong)


def test_unknown_padding():
    message = "'same', 'valid', 'zeros', 'reflect'. Received: 'full'"
    with pytest.raises(ValueError, match=message):
        kp.ConvBlock(2, padding="full")


def test_kernel_smaller_than_strides():
    with pytest.raises(ValueError, match="kernel_size=1, strides=2"):
        kp.DeconvBlock(2, kernel_size=1)


def test_residual_block_needs_its_own_channels():
    with pytest.raises(ValueError, match=r"must have 4 channels.*\(1, 8, 8, 3\)"):
        kp.ResidualBlock(4)(noise(1, 8, 8, 3))
