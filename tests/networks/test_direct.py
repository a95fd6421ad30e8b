"""Layers that are called directly: what they compute, and what Keras would have added."""

import keras
import numpy as np
import pytest
from checks import numpy as to_numpy
from keras import layers

import keras_pix2pix as kp
from keras_pix2pix.networks import convolutions, direct
from keras_pix2pix.networks.direct import Graph, called

TORCH = keras.backend.backend() == "torch"
only_torch = pytest.mark.skipif(not TORCH, reason="others trace")
IMAGE = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype("float32")


def tensor(array=IMAGE):
    return keras.ops.convert_to_tensor(array)


@pytest.fixture
def counted(monkeypatch):
    """The layers that were called in Keras' own way."""
    names, plain = [], keras.Layer.__call__

    def call(self, *args, **kwargs):
        names.append(self.name)
        return plain(self, *args, **kwargs)

    monkeypatch.setattr(keras.Layer, "__call__", call)
    return names


def networks():
    yield kp.UNetGenerator(depth=3, filters=2, upsampling="nearest", noise=1), [IMAGE]
    yield kp.ResNetGenerator(filters=2, blocks=1), [IMAGE]
    yield kp.PatchDiscriminator(filters=2, receptive_field=16), [IMAGE, IMAGE]
    yield kp.PatchDiscriminator(filters=2, receptive_field=16, spectral=True), [IMAGE, IMAGE]
    yield kp.MultiScaleDiscriminator(filters=2, scales=2, receptive_field=16), [IMAGE, IMAGE]
    yield kp.ProjectedDiscriminator(filters=2), [IMAGE, IMAGE]
    yield kp.UNetGenerator(depth=3, filters=2, normalization="batch", dropout=0.5), [IMAGE]


def computed(number, precision, training):
    """The outputs of a network, and its weights after them."""
    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(precision)
    try:
        network, images = list(networks())[number]
    finally:
        keras.config.set_dtype_policy(before)
    given = [tensor(image) for image in images]
    outputs = network(given if len(given) > 1 else given[0], training=training)
    return [*keras.tree.flatten(outputs), *(weight.value for weight in network.weights)]


@only_torch
@pytest.mark.parametrize("number", range(7))
@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
@pytest.mark.parametrize("training", [True, False])
def test_networks_compute_what_keras_computes(number, precision, training, monkeypatch):
    found = computed(number, precision, training)
    monkeypatch.setattr(direct, "_is_tensor", lambda *_: False)
    expected = computed(number, precision, training)
    assert len(found) == len(expected)
    for one, other in zip(found, expected):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(to_numpy(one), to_numpy(other))


@only_torch
def test_in_float32_keras_calls_the_network_alone(counted):
    network = kp.PatchDiscriminator(filters=2, receptive_field=16, name="judge")
    counted.clear()
    network([tensor(), tensor()], training=True)
    assert counted == ["judge"]


@only_torch
def test_in_half_precision_keras_casts_the_inputs_alone(counted):
    network = kp.PatchDiscriminator(filters=2, receptive_field=16, dtype="mixed_bfloat16")
    counted.clear()
    network([tensor(), tensor()], training=True)
    assert counted == [network.name, "pair", "logits"]


@only_torch
def test_dropout_knows_whether_it_is_training():
    generator = kp.UNetGenerator(depth=5, filters=2)
    one, two = (to_numpy(generator(tensor(), training=True)) for _ in range(2))
    assert not np.array_equal(one, two)
    one, two = (to_numpy(generator(tensor(), training=False)) for _ in range(2))
    np.testing.assert_array_equal(one, two)


@only_torch
def test_hooks_see_the_layers_that_have_them():
    generator = kp.UNetGenerator(depth=3, filters=2)
    block = generator.get_layer("down_1")
    seen = []
    for module in (block, block.convolution):
        module.register_forward_hook(lambda module, given, result: seen.append(module.name))
    generator(tensor())
    assert seen == ["convolution", "down_1"]


@only_torch
def test_hooks_of_all_modules_see_every_layer():
    from torch.nn.modules.module import register_module_forward_hook

    network = kp.PatchDiscriminator(filters=2, receptive_field=16)
    seen = []
    hook = register_module_forward_hook(lambda module, given, result: seen.append(module.name))
    network([tensor(), tensor()])
    hook.remove()
    assert seen.count("convolution") == 3


@only_torch
def test_inputs_come_to_the_device_of_the_weights(monkeypatch):
    seen, convolve = [], convolutions._without_copies

    def spy(x, kernel, *rest):
        seen.append((x.device, kernel.device))
        return convolve(x, kernel, *rest)

    monkeypatch.setattr(convolutions, "_without_copies", spy)
    generator = kp.UNetGenerator(depth=3, filters=2)
    given = tensor()
    with keras.device("meta"):
        generator(given)
    assert {device.type for pair in seen for device in pair} == {"meta"}


@only_torch
def test_a_missing_axis_is_added_as_keras_does():
    generator = kp.UNetGenerator((None, None, 1), depth=3, filters=2)
    assert tuple(generator(tensor(IMAGE[..., 0])).shape) == (1, 32, 32, 3)


def test_what_a_block_adds_to_the_losses_is_there():
    inputs = keras.Input((32, 32, 3))
    block = kp.ConvBlock(2, activity_regularizer="l2")
    graph = Graph(inputs, block(inputs))
    graph(tensor())
    (loss,) = graph.losses
    assert to_numpy(loss) > 0


class Twice(layers.Layer):
    """A layer of a user, which changes what a call does."""

    def __call__(self, inputs, **kwargs):
        return 2 * super().__call__(inputs, **kwargs)

    def call(self, inputs):
        return inputs + 0


def test_a_layer_of_another_package_is_called_as_its_author_wants():
    layer = Twice()
    layer(tensor())
    np.testing.assert_array_equal(to_numpy(called(layer, tensor())), 2 * IMAGE)


def test_a_graph_keeps_its_structure_and_other_arguments():
    one, two = keras.Input((32, 32, 3)), keras.Input((32, 32, 3))
    graph = Graph([one, two], {"sum": keras.ops.add(one, two), "pair": [one * 3, two]})
    found = graph([tensor(), tensor(-IMAGE)])
    np.testing.assert_allclose(to_numpy(found["sum"]), 0 * IMAGE)
    np.testing.assert_allclose(to_numpy(found["pair"][0]), 3 * IMAGE)


@only_torch
def test_what_is_recomputed_in_the_gradient_is_left_to_keras(counted):
    with keras.RematScope(mode="full"):
        inputs = keras.Input((32, 32, 3))
        graph = Graph(inputs, layers.Conv2D(2, 3, name="remat")(inputs))
    counted.clear()
    graph(tensor())
    assert "remat" in counted
