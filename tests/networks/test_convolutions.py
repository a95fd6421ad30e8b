"""The convolutions that are computed in another way have the values of Keras' own."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_pix2pix.networks import convolutions
from keras_pix2pix.networks.convolutions import Conv2D, Conv2DTranspose, DepthwiseConv2D
from keras_pix2pix.training import backend

RNG = np.random.default_rng(0)


def with_filters(layer, **options):
    return layer(5, **options, data_format="channels_last", bias_initializer="random_normal")


def channelwise(layer, **options):
    return layer(padding="same", data_format="channels_last", **options)


KINDS = (
    [
        (with_filters, Conv2DTranspose, layers.Conv2DTranspose, options)
        for options in (
            {"kernel_size": 4, "strides": 2, "padding": "same"},
            {"kernel_size": 2, "strides": 1, "padding": "same"},
            {"kernel_size": 6, "strides": 3, "padding": "same"},
            {"kernel_size": 3, "strides": 2, "padding": "valid"},
            {"kernel_size": 4, "strides": 2, "padding": "same", "activation": "relu"},
            {"kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False},
        )
    ]
    + [
        (with_filters, Conv2D, layers.Conv2D, options)
        for options in (
            {"kernel_size": 4, "strides": 2, "padding": "same"},
            {"kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"},
            {"kernel_size": (1, 3), "padding": "same", "use_bias": False},
            {"kernel_size": 1, "strides": 3, "padding": "valid"},
        )
    ]
    + [
        (channelwise, DepthwiseConv2D, layers.DepthwiseConv2D, options)
        for options in (
            {"kernel_size": 3},
            {"kernel_size": 5, "strides": 2, "activation": "relu6"},
            {"kernel_size": 2, "strides": 3, "use_bias": False},
        )
    ]
)


@pytest.mark.parametrize("make, ours, keras_own, options", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (7, 4)])
@pytest.mark.parametrize("large", [False, True])
def test_values_and_gradients_are_those_of_keras(
    make, ours, keras_own, options, size, large, monkeypatch
):
    if large:
        every_kernel_is_large(monkeypatch)
    images = ops.convert_to_tensor(RNG.normal(size=(2, *size, 3)).astype("float32"))
    one, other = make(ours, **options), make(keras_own, **options)
    results = []
    for layer in (one, other):
        layer.build(images.shape)
        layer.set_weights(one.get_weights())

        def curved(image, layer=layer):
            return ops.square(layer(image))

        results.append([layer(images), backend.image_gradient(curved, images)])
    for found, expected in zip(*results):
        found, expected = (ops.convert_to_numpy(ops.stop_gradient(x)) for x in (found, expected))
        np.testing.assert_allclose(found, expected, atol=1e-5)


def every_kernel_is_large(monkeypatch):
    if keras.backend.backend() != "torch":
        pytest.skip("large kernels are multiplied as matrices on torch")
    monkeypatch.setattr(convolutions, "LARGE", 1)
    monkeypatch.setattr(convolutions, "LARGE_FOR_A_PLACE", 0)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="PyTorch copies kernels")
@pytest.mark.parametrize("places, large", [(128, True), (129, False)])
@pytest.mark.parametrize(
    "make, side, channels",
    [
        (lambda: Conv2D(512, 4, strides=2, padding="same"), 2, 128),
        (lambda: Conv2DTranspose(128, 4, strides=2, padding="same"), 1, 512),
    ],
)
def test_only_large_kernels_are_matrices_whose_gradients_lie_in_memory_as_they_do(
    make, side, channels, places, large, monkeypatch
):
    import torch

    products = []
    for name in ("_unfolded", "_folded"):
        known = getattr(convolutions, name)
        monkeypatch.setattr(
            convolutions, name, lambda *args, known=known: products.append(known) or known(*args)
        )
    layer = make()
    layer(torch.ones(places, side, side, channels))
    assert len(products) == large
    backend.lay_out(keras.Sequential([layer]))
    outputs = layer(torch.ones(places, side, side, channels))
    (gradient,) = torch.autograd.grad(outputs.sum(), layer.kernel.value)
    assert not large or gradient.stride() == layer.kernel.value.stride()


def test_free_sizes_and_other_dtypes():
    for layer in (Conv2DTranspose(5, 4, strides=2, padding="same"), DepthwiseConv2D(3, 2, "same")):
        assert layer(keras.Input((None, None, 3))).shape[:3] == (None, None, None)
    layer = Conv2DTranspose(5, 4, strides=2, padding="same", dtype="mixed_bfloat16")
    assert keras.backend.standardize_dtype(layer(np.zeros((1, 2, 2, 3), "float32")).dtype) == (
        "bfloat16"
    )
