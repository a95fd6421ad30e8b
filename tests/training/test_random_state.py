"""Dropout's random numbers: seeded, saved, and drawn at test time."""

import contextlib

import numpy as np
from checks import numpy
from keras import layers, ops

from keras_pix2pix.data.files.conversion import from_model_range
from keras_pix2pix.keras_private import layers_inside
from keras_pix2pix.training.random_state import drawing_noise, seed_states


def amplified(model):
    """Larger kernels: fresh ones generate grey, in which noise is lost to rounding."""
    for variable in model.generator.trainable_variables:
        if "kernel" in variable.path:
            variable.assign(10 * variable)
    return model


def test_stochastic_translation_follows_its_seed_and_leaves_no_trace(tiny, pairs):
    model = amplified(tiny(normalization="batch"))
    model.compile(run_eagerly=True)
    image = from_model_range(pairs[0][0])
    before = [ops.convert_to_numpy(v).copy() for v in model.variables]
    plain = model.translate(image)
    one, same, other = (model.translate(image, stochastic=True, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert (one != plain).any()
    assert (
        model.translate(image, stochastic=True) != model.translate(image, stochastic=True)
    ).any()
    np.testing.assert_array_equal(plain, model.translate(image))
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, ops.convert_to_numpy(variable))
    assert all(layer.trainable for layer in layers_inside(model))


def test_noise_of_neighboring_seeds_and_images_is_independent(tiny, pairs):
    model = amplified(tiny())
    batch = from_model_range(pairs[0][[0, 0]])
    one, other = (model.translate(batch, stochastic=True, seed=seed) for seed in (0, 1))
    drawn = [*one, *other]
    for i, picture in enumerate(drawn):
        assert all((picture != later).any() for later in drawn[i + 1 :])


def test_weights_load_whatever_the_dropout(tiny, tmp_path):
    model, other = tiny(dropout=0.0), tiny(dropout=0.5)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    for one, same in zip(model.weights, other.weights, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(one), ops.convert_to_numpy(same))


def test_layers_that_were_frozen_stay_frozen(tiny):
    model = tiny(normalization="batch")
    parts = layers_inside(model)
    norms = [part for part in parts if isinstance(part, layers.BatchNormalization)]
    assert len(norms) >= 2
    norms[0].trainable = False
    model.generator.get_layer("down_2").trainable = False
    before = [part.trainable for part in parts]
    with drawing_noise(model, (0,)):
        assert not any(norm.trainable for norm in norms)
        # Only normalization is frozen.
        assert model.generator.get_layer("down_1").convolution.trainable
    assert [part.trainable for part in parts] == before


def test_every_seed_has_a_state_of_its_own_that_fits_into_31_bits(tiny):
    model = tiny()
    before = [numpy(state) for state in seed_states(model)]
    drawn = []
    for seed in range(100):
        with drawing_noise(model, (7, seed)):
            drawn.extend(numpy(state) for state in seed_states(model))
    # Each half of each state: of 31 random bits, hardly any two are equal.
    words = np.array(drawn).astype("int64")
    assert len(np.unique(words)) == words.size
    assert words.min() >= 0
    assert 2**30 < words.max() < 2**31
    for state, value in zip(seed_states(model), before, strict=True):
        np.testing.assert_array_equal(numpy(state), value)


def test_an_error_leaves_no_noise_behind(tiny):
    model = tiny(normalization="batch")
    before = [numpy(state) for state in seed_states(model)]
    with contextlib.suppress(KeyError), drawing_noise(model, (1,)):
        raise KeyError
    assert model.generator.get_layer("up_2").normalization.trainable
    for state, value in zip(seed_states(model), before, strict=True):
        np.testing.assert_array_equal(numpy(state), value)
