"""Evaluation: the deterministic output, stochastic samples, and averaged weights."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_pix2pix as kp


@pytest.fixture(scope="module")
def averaged(tiny, pairs):
    """A model with much dropout that was trained for a few steps, and keeps averages."""
    keras.utils.set_random_seed(0)
    model = tiny(dropout=0.5, depth=3)
    model.compile(
        keras.optimizers.Adam(1e-2, use_ema=True, ema_momentum=0.5),
        metrics=["mae", kp.metrics.LabelScores(3)],
    )
    for _ in range(3):
        model.train_on_batch(*pairs)
    return model


def l1(model, pairs, **options):
    logs = model.evaluate(*pairs, batch_size=3, verbose=0, return_dict=True, **options)
    assert logs["mae"] == pytest.approx(logs["reconstruction_loss"], rel=1e-4)
    return logs["mae"]


def state(model):
    return [np.array(ops.convert_to_numpy(v)) for v in model.variables + model.optimizer.variables]


def test_without_options_the_deterministic_output_is_judged(averaged, pairs):
    generated = averaged.predict(pairs[0], verbose=0)
    expected = np.abs(generated - pairs[1]).mean()
    assert l1(averaged, pairs) == pytest.approx(expected, rel=1e-4)


def test_samples_are_judged_in_turn_from_their_seed(averaged, pairs):
    plain = l1(averaged, pairs)
    one, same, other = (l1(averaged, pairs, samples=1, seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert len({plain, one, other}) == 3
    # The first of several is the one that a single one would be; the rest are others.
    assert l1(averaged, pairs, samples=3) not in (plain, one)


def test_averaged_weights_are_judged_in_the_place_of_the_last(averaged, pairs):
    optimizer = averaged.optimizer.generator
    averages = [
        np.array(ops.convert_to_numpy(v)) for v in optimizer._model_variables_moving_average
    ]
    last = averaged.generator.get_weights()
    value = l1(averaged, pairs, ema=True)
    assert value != l1(averaged, pairs)
    for variable, average in zip(averaged.generator.trainable_variables, averages, strict=True):
        variable.assign(average)
    expected = l1(averaged, pairs)
    averaged.generator.set_weights(last)
    assert value == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("options", [{}, {"samples": 2}, {"ema": True}])
def test_evaluation_leaves_no_trace(averaged, pairs, options):
    l1(averaged, pairs)
    metrics = {id(v) for v in averaged.metrics_variables}
    kept = [i for i, v in enumerate(averaged.variables) if id(v) not in metrics]
    before = state(averaged)
    l1(averaged, pairs, **options)
    after = state(averaged)
    first_of_optimizer = len(averaged.variables)
    for i in [*kept, *range(first_of_optimizer, len(before))]:
        np.testing.assert_array_equal(before[i], after[i])


def test_metrics_of_sets_are_reported_with_the_others(averaged, pairs):
    logs = averaged.evaluate(*pairs, verbose=0, return_dict=True, samples=2)
    assert {"mae", "pixel_accuracy", "class_accuracy", "mean_iou", "loss"} <= set(logs)
    assert len(averaged.evaluate(*pairs, verbose=0)) == len(logs)


def test_averages_that_are_not_kept_are_refused(tiny, pairs):
    model = tiny()
    model.compile()
    with pytest.raises(ValueError, match=r"no moving averages.*use_ema=True"):
        model.evaluate(*pairs, ema=True)


def test_a_python_generator_is_not_read_twice(averaged, pairs):
    with pytest.raises(ValueError, match="read once"):
        averaged.evaluate(iter_of(pairs), samples=2)
    with pytest.raises(ValueError, match=r"samples must be 0 or more\. Received: samples=-1"):
        averaged.evaluate(*pairs, samples=-1)


def iter_of(pairs):
    yield pairs
