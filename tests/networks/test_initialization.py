"""Initial weights: the paper's distribution, the same on every backend, and nothing to compile."""

import logging

import keras
import numpy as np
import pytest
from checks import numpy

import keras_pix2pix as kp
from keras_pix2pix.networks.initialization import Normal


def test_weights_have_the_mean_and_the_deviation():
    values = numpy(Normal(1.0, 0.5, seed=3)((100, 1000)))
    assert values.shape == (100, 1000)
    assert values.mean() == pytest.approx(1.0, abs=0.01)
    assert values.std() == pytest.approx(0.5, abs=0.01)


def test_a_seed_gives_the_same_weights_on_every_backend():
    values = numpy(Normal(seed=7)((2, 2)))
    np.testing.assert_allclose(values, [[0.03044, -0.02288], [0.023, -0.03569]], atol=1e-5)


def test_set_random_seed_decides_the_weights():
    def drawn():
        keras.utils.set_random_seed(5)
        return [numpy(Normal()((3,))) for _ in range(2)]

    first, second = drawn(), drawn()
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(*first)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_weights_have_the_dtype(dtype):
    assert keras.backend.standardize_dtype(Normal()((2,), dtype).dtype) == dtype


def test_a_layer_with_such_weights_can_be_copied():
    initializer = Normal(1.0, 0.5, seed=3)
    copy = keras.initializers.deserialize(keras.initializers.serialize(initializer))
    assert isinstance(copy, Normal)
    np.testing.assert_array_equal(numpy(copy((4,))), numpy(initializer((4,))))


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="others do not compile for a shape")
def test_networks_are_made_without_a_program_for_every_shape(caplog):
    import jax

    with jax.log_compiles(True), caplog.at_level(logging.WARNING):
        kp.Pix2Pix(kp.UNetGenerator(depth=3, filters=11), kp.ProjectedDiscriminator(filters=13))
    compiled = [record.getMessage() for record in caplog.records]
    assert not [text for text in compiled if "normal" in text]
