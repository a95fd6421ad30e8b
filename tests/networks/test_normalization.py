"""The normalization argument, compared with PyTorch."""

import keras
import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from checks import from_pytorch, noise, numpy, randomize, to_pytorch
from keras import ops

import keras_pix2pix as kp
from keras_pix2pix.networks import normalization as module

IMAGES = 3 * noise(2, 5, 6, 12) + 1


def make(name, filters=12, dtype="float32"):
    layer = module.make_normalization(name, filters, keras.dtype_policies.get(dtype))
    layer.build((None, None, None, filters))
    return layer


def affine(layer):
    return [torch.from_numpy(numpy(v).copy()) for v in (layer.gamma, layer.beta)]


def check(got, expected):
    np.testing.assert_allclose(numpy(got), from_pytorch(expected), atol=1e-5)


def test_instance_is_pytorchs_affine_one():
    layer = make("instance")
    randomize(layer)
    scale, offset = affine(layer)
    expected = F.instance_norm(to_pytorch(IMAGES), weight=scale, bias=offset, eps=1e-5)
    check(layer(IMAGES), expected)
    check(layer(IMAGES, training=True), expected)
    # A flat image shows epsilon: what is left of it is divided by the root of epsilon.
    flat = IMAGES * 1e-3
    expected = F.instance_norm(to_pytorch(flat), weight=scale, bias=offset, eps=1e-5)
    check(layer(flat), expected)


@pytest.mark.parametrize(("filters", "groups"), [(1, 1), (7, 1), (12, 4), (48, 16), (64, 32)])
def test_group_takes_any_number_of_filters(filters, groups):
    layer = make("group", filters)
    randomize(layer)
    images = 3 * noise(2, 3, 3, filters) + 1
    scale, offset = affine(layer)
    check(layer(images), F.group_norm(to_pytorch(images), groups, scale, offset, eps=1e-5))


def test_batch_is_pytorchs():
    layer = make("batch")
    layer.gamma.assign(np.linspace(0.5, 1.5, 12))
    layer.beta.assign(np.linspace(-1, 1, 12))
    scale, offset = affine(layer)
    mean, variance = torch.zeros(12), torch.ones(12)
    x = to_pytorch(IMAGES)
    # PyTorch's momentum is what is new, Keras' what is kept.
    expected = F.batch_norm(x, mean, variance, scale, offset, True, 0.1, 1e-5)
    check(layer(IMAGES, training=True), expected)
    np.testing.assert_allclose(numpy(layer.moving_mean), mean.numpy(), rtol=1e-5)
    count = IMAGES[..., 0].size
    # PyTorch stores the unbiased variance.
    unbiased = 0.9 + (numpy(layer.moving_variance) - 0.9) * count / (count - 1)
    np.testing.assert_allclose(unbiased, variance.numpy(), rtol=1e-5)
    stored = [torch.from_numpy(numpy(v).copy()) for v in (layer.moving_mean, layer.moving_variance)]
    check(layer(IMAGES), F.batch_norm(x, *stored, scale, offset, False, 0.1, 1e-5))


def test_none_is_none():
    assert module.make_normalization(None, 4, "float32") is None


def test_a_layer_is_cloned_with_its_arguments_and_the_precision_of_the_block():
    given = keras.layers.GroupNormalization(groups=2, epsilon=0.25, center=False, name="mine")
    clones = [make(given, 4, "mixed_bfloat16") for _ in range(2)]
    assert not given.built
    assert clones[0].gamma is not clones[1].gamma
    for clone in clones:
        assert (clone.groups, clone.epsilon, clone.center) == (2, 0.25, False)
        assert clone.compute_dtype == "bfloat16"


@pytest.mark.parametrize("wrong", ["Batch", "none", 0, [], keras.layers.BatchNormalization])
def test_unknown(wrong):
    message = "must be one of 'instance', 'batch', 'group', None or a Keras layer. Received: "
    with pytest.raises(ValueError, match=message):
        module.deserialize_normalization(wrong)


def test_unknown_where_no_block_would_use_it():
    with pytest.raises(ValueError, match="normalization must be one of"):
        kp.UNetGenerator(depth=2, plain_levels=2, normalization="layer")


@pytest.mark.parametrize("name", module.NORMALIZATIONS)
def test_names_are_their_own_serialization(name):
    assert module.serialize_normalization(name) == name
    assert module.deserialize_normalization(name) == name
    assert module.has_offset(name) is (name is not None)


def test_a_layer_comes_back_from_its_serialization():
    given = keras.layers.GroupNormalization(groups=3, epsilon=0.5)
    again = module.deserialize_normalization(module.serialize_normalization(given))
    assert again.get_config() == given.get_config()
    assert again is not given


@pytest.mark.parametrize("groups", [-1, 2, 1])
@pytest.mark.parametrize("options", [{}, {"scale": False, "center": False}])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("size", [(2, 5, 6), (1, 5, 6)])
def test_groups_are_normalized_as_keras_does(groups, options, dtype, size):
    ours, keras_layer = (
        layer(groups=groups, epsilon=1e-5, dtype=dtype, **options)
        for layer in (module.GroupNormalization, keras.layers.GroupNormalization)
    )
    images = noise(*size, 4)
    for layer in (ours, keras_layer):
        layer.build(images.shape)
    randomize(ours)
    keras_layer.set_weights(ours.get_weights())
    tolerance = 2e-6 if dtype == "float32" else 0.05
    found, expected = (ops.convert_to_tensor(layer(images)) for layer in (ours, keras_layer))
    assert keras.backend.standardize_dtype(found.dtype) == dtype
    np.testing.assert_allclose(
        *(numpy(ops.cast(tensor, "float32")) for tensor in (found, expected)), atol=tolerance
    )


def test_one_pixel_becomes_the_offset():
    layer = make("instance")
    randomize(layer)
    got = numpy(layer(IMAGES[:, :1, :1]))
    np.testing.assert_allclose(got, np.broadcast_to(numpy(layer.beta), got.shape), atol=1e-4)


@pytest.mark.parametrize("count", [1, 2])
def test_second_derivatives_are_pytorchs(count):
    layer = make("instance")
    randomize(layer)
    images = IMAGES[:count]

    def expected(x):
        scale, offset = affine(layer)
        return F.instance_norm(x, weight=scale, bias=offset, eps=1e-5)

    known = slope_of_slopes_in_pytorch(expected, to_pytorch(images))
    found = slope_of_slopes(layer, images)
    np.testing.assert_allclose(numpy(found), from_pytorch(known), rtol=1e-3, atol=1e-2)


def slope_of_slopes_in_pytorch(function, x):
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad((function(x) ** 3).sum(), x, create_graph=True)
    return torch.autograd.grad((slope**2).sum(), x)[0].detach()


def slope_of_slopes(function, images):
    """The gradient of the squared gradient of the sum of cubes."""
    if keras.backend.backend() == "torch":
        return slope_of_slopes_in_pytorch(function, torch.from_numpy(images))
    if keras.backend.backend() == "jax":
        import jax

        def slope(x):
            return jax.grad(lambda x: (function(x) ** 3).sum())(x)

        return jax.jit(jax.grad(lambda x: (slope(x) ** 2).sum()))(images)
    import tensorflow as tf

    x = tf.constant(images)
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        outer.watch(x)
        inner.watch(x)
        total = tf.reduce_sum(function(x) ** 3)
        squares = tf.reduce_sum(inner.gradient(total, x) ** 2)
    return outer.gradient(squares, x)
