"""ConvBlock and DeconvBlock, compared with PyTorch."""

import keras
import numpy as np
import pytest
import torch.nn.functional as F  # noqa: N812
from checks import (
    check_layer,
    from_pytorch,
    instance_norm,
    noise,
    numpy,
    pytorch_weights,
    randomize,
    run,
    to_pytorch,
)

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
    "spectral conv": (kp.ConvBlock, {"filters": 3, "spectral": True, "use_bias": True}),
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
}


@pytest.mark.parametrize("name", BLOCKS)
def test_config_shape_file_and_precision(name, tmp_path):
    cls, arguments = BLOCKS[name]
    check_layer(cls, arguments, noise(2, 6, 8, 2), tmp_path)


@pytest.mark.parametrize("cls", [kp.ConvBlock, kp.DeconvBlock])
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
        "spectral": True,
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
    x = to_pytorch(images)
    if padding != "valid":
        sides = [(kernel_size - 1) // 2] * 4
        x = F.pad(x, sides, mode="reflect" if padding == "reflect" else "constant")
    expected = from_pytorch(F.conv2d(x, *pytorch_weights(block.convolution), stride=strides))
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
        to_pytorch(images),
        *pytorch_weights(block.convolution),
        stride=strides,
        padding=(surplus + 1) // 2,
        output_padding=surplus % 2,
    )
    np.testing.assert_allclose(run(block, images), from_pytorch(expected), atol=1e-5)


@pytest.mark.parametrize("strides", [1, 2, 3])
def test_transposed_convolution_grows_by_exactly_the_strides(strides):
    images = noise(1, 3, 5, 1)
    for kernel_size in range(strides, strides + 5):
        block = kp.DeconvBlock(1, kernel_size, strides, normalization=None)
        expected = (1, 3 * strides, 5 * strides, 1)
        assert tuple(block(images).shape) == expected
        assert block.compute_output_shape(images.shape) == expected


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
    resting = run(block, images)
    trained = run(block, images, training=True)
    dropped = trained == 0.5  # sigmoid(0)
    assert not (resting == 0.5).any()
    assert 0.45 < dropped.mean() < 0.55
    # What is kept is twice as large before the activation.
    logit = np.log(resting / (1 - resting))
    np.testing.assert_allclose(trained[~dropped], 1 / (1 + np.exp(-2 * logit[~dropped])), atol=1e-5)


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


@pytest.mark.parametrize("cls", [kp.ConvBlock, kp.DeconvBlock])
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


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5])
def test_a_share_of_dropout_that_is_none(rate):
    with pytest.raises(ValueError, match=rf"dropout must be .* \[0, 1\). Received: dropout={rate}"):
        kp.DeconvBlock(2, dropout=rate)
