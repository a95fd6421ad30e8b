"""The pair of optimizers, as Keras' trainers, callbacks and files see it."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_pix2pix.training.optimizer import GANOptimizer, paper_adam, portable


def make(**options):
    variables = [keras.Variable(np.full(3, float(i), "float32")) for i in (1, 2)]
    inner = [keras.optimizers.Adam(0.1, **options), keras.optimizers.SGD(0.2, momentum=0.9)]
    return GANOptimizer(*inner, variables[:1], variables[1:]), inner, variables


def test_adam_is_set_as_in_the_paper():
    config = paper_adam().get_config()
    assert config["learning_rate"] == pytest.approx(2e-4)
    assert (config["beta_1"], config["beta_2"], config["epsilon"]) == (0.5, 0.999, 1e-8)


def test_it_shows_the_variables_of_both():
    optimizer, inner, _ = make()
    ids = {id(v) for v in optimizer.variables}
    assert ids == {id(v) for one in inner for v in one.variables}
    assert optimizer.optimizers == inner
    assert optimizer.built


def test_it_unwraps_loss_scaling_for_callbacks():
    inner = [keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2)]
    scaled = [keras.optimizers.LossScaleOptimizer(one) for one in inner]
    optimizer = GANOptimizer(*scaled, [], [])
    assert optimizer.optimizers == inner
    assert len(optimizer.variables) == sum(len(one.variables) for one in scaled)


def test_it_counts_the_steps_of_the_generator():
    optimizer, inner, variables = make()
    inner[0].apply([ops.ones(3)], variables[:1])
    assert int(optimizer.iterations) == 1


def test_averaged_weights_are_put_in_place():
    optimizer, inner, variables = make(use_ema=True, ema_momentum=0.5)
    for _ in range(3):
        inner[0].apply([ops.ones(3)], variables[:1])
    trained = ops.convert_to_numpy(variables[0]).copy()
    optimizer.finalize_variable_values(variables)
    assert (ops.convert_to_numpy(variables[0]) > trained).all()
    np.testing.assert_array_equal(ops.convert_to_numpy(variables[1]), np.full(3, 2.0))


def test_averages_are_in_place_only_if_there_are_any():
    trained, inner, variables = make()
    inner[0].apply([ops.ones(3)], variables[:1])
    new, _, _ = make(use_ema=True)
    for optimizer in (trained, new):
        with pytest.raises(ValueError, match="no moving averages"), optimizer.averages():
            pass
    optimizer, inner, variables = make(use_ema=True, ema_momentum=0.5)
    for _ in range(3):
        inner[0].apply([ops.ones(3)], variables[:1])
    trained = ops.convert_to_numpy(variables[0]).copy()
    with optimizer.averages():
        assert (ops.convert_to_numpy(variables[0]) > trained).all()
        np.testing.assert_array_equal(ops.convert_to_numpy(variables[1]), np.full(3, 2.0))
    np.testing.assert_array_equal(ops.convert_to_numpy(variables[0]), trained)


def test_the_config_of_an_optimizer_of_pytorch_is_that_of_every_backend():
    """At any depth, and without a change of anything else."""
    private = {
        "module": "keras.src.backend.torch.optimizers.torch_adam",
        "class_name": "Adam",
        "registered_name": "Adam",
        "config": {"learning_rate": 0.1},
    }
    public = {**private, "module": "keras.optimizers", "registered_name": None}
    own = {"module": "keras.losses", "registered_name": "MeanSquaredError", "name": None}
    given = {"optimizers": [private, (private, 2.0)], "wrapped": {"inner": private}, "loss": own}
    assert portable(given) == {
        "optimizers": [public, [public, 2.0]],
        "wrapped": {"inner": public},
        "loss": own,
    }


def test_one_learning_rate_is_that_of_both():
    optimizer, inner, _ = make()
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    assert repr(optimizer.learning_rate) == "<learning rates: generator 0.1, discriminator 0.2>"
    optimizer.learning_rate = 1e-3
    assert [float(one.learning_rate) for one in inner] == pytest.approx([1e-3] * 2)
    optimizer.learning_rate.assign(1e-4)
    assert [float(one.learning_rate) for one in inner] == pytest.approx([1e-4] * 2)
    np.testing.assert_allclose(ops.convert_to_numpy(optimizer.learning_rate), 1e-4)
    assert optimizer.learning_rate.numpy() == pytest.approx(1e-4)


def test_a_schedule_is_replaced_by_a_rate_and_by_another_schedule():
    optimizer, inner, _ = make()
    for value, expected in (
        (keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.5), 0.5),
        (0.25, 0.25),
        (keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.5), 1e-3),
    ):
        optimizer.learning_rate = value
        assert [float(one.learning_rate) for one in inner] == pytest.approx([expected] * 2)
    # What a model is saved with.
    again = keras.optimizers.deserialize(keras.optimizers.serialize(inner[0]))
    assert float(again.learning_rate) == pytest.approx(1e-3)
