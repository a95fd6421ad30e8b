"""Dropout's random numbers: seeded, saved, and drawn at test time."""

import numpy as np
from keras import ops

from keras_pix2pix.data.files.conversion import from_model_range


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
    assert all(layer.trainable for layer in model._flatten_layers())


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
