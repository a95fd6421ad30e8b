"""ConstantThenLinear."""

import itertools

import keras
import numpy as np
import pytest
from checks import check_config, noise, numpy

import keras_pix2pix as kp


def rates(schedule, steps):
    return np.array([float(schedule(step)) for step in range(steps)])


def test_constant_then_linear_to_0_after_the_last_step():
    got = rates(kp.ConstantThenLinear(0.5, total_steps=8), 11)
    expected = [0.5] * 5 + [0.375, 0.25, 0.125] + [0] * 3
    np.testing.assert_allclose(got, expected, rtol=1e-6)
    assert (got[8:] == 0).all()


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.5, 0.99, 1.0])
@pytest.mark.parametrize("total", [1, 2, 7, 30])
def test_every_step_trains_and_none_after_them(total, fraction):
    schedule = kp.ConstantThenLinear(2e-4, total, fraction)
    got = rates(schedule, total + 2)
    assert (got[:total] > 0).all()
    assert (got[total:] == 0).all()
    assert (np.diff(got) <= 0).all()
    constant = int(total * fraction)
    np.testing.assert_allclose(got[:constant], 2e-4, rtol=1e-6)
    # From there on it falls by the same amount each step.
    slope = 2e-4 / max(total * (1 - fraction), 1)
    falling = np.minimum(2e-4, slope * np.arange(total, 0, -1))
    np.testing.assert_allclose(got[:total], falling, rtol=1e-5)


def test_fraction_0_falls_from_the_first_step():
    got = rates(kp.ConstantThenLinear(1.0, 4, constant_fraction=0), 5)
    np.testing.assert_allclose(got, [1, 0.75, 0.5, 0.25, 0])


def test_fraction_1_stays():
    got = rates(kp.ConstantThenLinear(1.0, 4, constant_fraction=1), 5)
    np.testing.assert_allclose(got, [1, 1, 1, 1, 0])


def test_the_last_step_of_a_long_training_has_a_rate():
    schedule = kp.ConstantThenLinear(2e-4, 10_000_000)
    np.testing.assert_allclose(float(schedule(9_999_999)), 2e-4 / 5_000_000, rtol=1e-5)
    assert float(schedule(10_000_000)) == 0


def test_config():
    schedule = kp.ConstantThenLinear(0.25, total_steps=12, constant_fraction=0.75)
    expected = {"initial_learning_rate": 0.25, "total_steps": 12, "constant_fraction": 0.75}
    assert schedule.get_config() == expected
    check_config(schedule)
    again = kp.ConstantThenLinear.from_config(schedule.get_config())
    np.testing.assert_array_equal(rates(again, 13), rates(schedule, 13))


def test_adam_follows_it_and_is_saved_with_it(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(kp.ConstantThenLinear(0.1, 4)), "mse")
    x, y = noise(4, 2), noise(4, 1, seed=1)
    weights, seen = [numpy(model.layers[0].kernel).copy()], []
    for _ in range(6):
        seen.append(float(model.optimizer.learning_rate))
        model.train_on_batch(x, y)
        weights.append(numpy(model.layers[0].kernel).copy())
    np.testing.assert_allclose(seen, [0.1, 0.1, 0.1, 0.05, 0, 0], rtol=1e-6)
    moved = [not np.array_equal(*pair) for pair in itertools.pairwise(weights)]
    assert moved == [True, True, True, True, False, False]

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert float(loaded.optimizer.learning_rate) == 0
    schedule = loaded.optimizer.get_config()["learning_rate"]
    assert schedule["config"]["total_steps"] == 4


@pytest.mark.parametrize("steps", [0, -1])
def test_no_steps(steps):
    with pytest.raises(ValueError, match=f"total_steps must be at least 1. Received: {steps}"):
        kp.ConstantThenLinear(1.0, steps)


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_fraction_outside(fraction):
    with pytest.raises(ValueError, match=f"between 0 and 1. Received: {fraction}"):
        kp.ConstantThenLinear(1.0, 10, fraction)
