"""UpsampleBlock and the ways to double an image, compared with PyTorch."""

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
from keras_pix2pix.networks.upsampling import depth_to_space, doubled

WAYS = ("nearest", "bilinear", "shuffle")

BLOCKS = {
    "nearest": {
        "filters": 3,
        "normalization": "batch",
        "activation": "tanh",
        "dropout": 0.25,
        "use_bias": True,
    },
    "bilinear": {"filters": 3, "normalization": instance_norm()},
    "shuffle": {"filters": 6, "normalization": "group"},
}


@pytest.mark.parametrize("upsampling", WAYS)
def test_config_shape_file_and_precision(upsampling, tmp_path):
    arguments = {"upsampling": upsampling, **BLOCKS[upsampling]}
    check_layer(kp.UpsampleBlock, arguments, noise(2, 6, 8, 2), tmp_path)


def test_config_keeps_every_argument():
    arguments = {
        "filters": 4,
        "upsampling": "bilinear",
        "normalization": None,
        "activation": "tanh",
        "dropout": 0.125,
        "use_bias": False,
    }
    config = kp.UpsampleBlock(**arguments).get_config()
    assert {name: config[name] for name in arguments} == arguments
    assert config.keys() - arguments.keys() == {"name", "dtype", "trainable"}


def test_defaults():
    config = kp.UpsampleBlock(8).get_config()
    expected = {
        "upsampling": "nearest",
        "normalization": "instance",
        "activation": "relu",
        "dropout": 0.0,
        "use_bias": False,
    }
    assert {name: config[name] for name in expected} == expected


@pytest.mark.parametrize("size", [(4, 6), (1, 1), (1, 3)])
@pytest.mark.parametrize("upsampling", WAYS)
def test_block_is_pytorchs(upsampling, size):
    block = kp.UpsampleBlock(5, upsampling, None, activation="relu")
    images = noise(2, *size, 3)
    block.build(images.shape)
    randomize(block)
    x = to_pytorch(images)
    kernel, bias = pytorch_weights(block.convolution)
    if upsampling == "shuffle":
        x = F.conv2d(F.pad(x, [1] * 4, mode="replicate"), kernel, bias)
        # PyTorch has the four pixels of a channel side by side, Keras all channels of a pixel.
        order = np.arange(20).reshape(4, 5).T.ravel()
        x = F.pixel_shuffle(x[:, order], 2)
    else:
        options = {"align_corners": False} if upsampling == "bilinear" else {}
        x = F.interpolate(x, scale_factor=2, mode=upsampling, **options)
        x = F.conv2d(F.pad(x, [1] * 4, mode="replicate"), kernel, bias)
    outputs = run(block, images)
    assert outputs.std() > 0.01
    np.testing.assert_allclose(outputs, from_pytorch(F.relu(x)), atol=1e-5)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_doubled_is_pytorchs(interpolation):
    images = noise(2, 3, 5, 2)
    options = {"align_corners": False} if interpolation == "bilinear" else {}
    expected = F.interpolate(to_pytorch(images), scale_factor=2, mode=interpolation, **options)
    outputs = numpy(doubled(keras.ops.convert_to_tensor(images), interpolation))
    np.testing.assert_allclose(outputs, from_pytorch(expected), atol=1e-6)


def test_depth_to_space_places_the_quarters():
    features = np.arange(8, dtype="float32").reshape(1, 1, 1, 8)
    expected = [[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]]
    np.testing.assert_array_equal(numpy(depth_to_space(features)), expected)


@pytest.mark.parametrize("upsampling", WAYS)
def test_an_even_image_stays_even_up_to_its_border(upsampling):
    # Zeros around the image would make the border differ.
    block = kp.UpsampleBlock(2, upsampling, None, activation=None)
    block.build((None, None, None, 2))
    randomize(block)
    outputs = run(block, np.full((1, 4, 4, 2), 0.5, "float32"))
    corner = outputs[:, :2, :2]
    np.testing.assert_allclose(outputs, np.tile(corner, (1, 4, 4, 1)), atol=1e-6)


@pytest.mark.parametrize("upsampling", WAYS)
def test_dropout_is_behind_the_normalization(upsampling):
    block = kp.UpsampleBlock(4, upsampling, activation="sigmoid", dropout=0.5)
    images = noise(1, 8, 8, 2)
    resting = run(block, images)
    dropped = run(block, images, training=True) == 0.5  # sigmoid(0)
    assert not (resting == 0.5).any()
    assert 0.4 < dropped.mean() < 0.6


@pytest.mark.parametrize("upsampling", WAYS)
def test_bias_only_where_nothing_else_offsets(upsampling):
    assert kp.UpsampleBlock(2, upsampling, normalization=None).use_bias
    assert not kp.UpsampleBlock(2, upsampling, normalization="batch").use_bias
    layer = keras.layers.RMSNormalization()
    assert kp.UpsampleBlock(2, upsampling, normalization=layer).use_bias


@pytest.mark.parametrize("wrong", ["deconv", "cubic", None])
def test_unknown_upsampling(wrong):
    message = f"'nearest', 'bilinear', 'shuffle'. Received: {wrong!r}"
    with pytest.raises(ValueError, match=message):
        kp.UpsampleBlock(2, wrong)
