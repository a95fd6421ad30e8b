"""Which results a report shows."""

import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix.callbacks.report.results import held_out_results


@pytest.fixture(scope="module")
def made(tiny, pairs):
    return tiny(), kp.data.PairDataset(*pairs, batch_size=3)


def test_best_and_worst_are_those_of_all_pairs(made, pairs):
    model, data = made
    generated = model.predict(pairs[0], verbose=0)
    errors = np.abs(generated - pairs[1]).mean((1, 2, 3)) / 2
    results = held_out_results(model, data, 2)
    best, worst = ([result.error for result in part] for part in results[1:])
    np.testing.assert_allclose(best, sorted(errors)[:2], atol=1e-6)
    np.testing.assert_allclose(worst, sorted(errors)[:-3:-1], atol=1e-6)
    # From the first to the last.
    np.testing.assert_allclose([r.error for r in results.spread], errors[[0, 7]], atol=1e-6)


def test_a_result_has_the_colors_of_its_images(made, pairs):
    model, data = made
    (result,) = held_out_results(model, data, 1).spread
    names, images = zip(*result.images)
    assert names == ("condition", "generated", "target")
    picture = kp.data.Picture(3)
    np.testing.assert_array_equal(images[0], picture.as_rgb(pairs[0][0]))
    np.testing.assert_array_equal(images[2], picture.as_rgb(pairs[1][0]))
    generated = model.predict(pairs[0][:1], verbose=0)[0]
    assert np.abs(images[1].astype(int) - picture.as_rgb(generated)).max() <= 1


def test_what_no_one_knows_does_not_count(made, pairs):
    model, _ = made
    weights = np.zeros((*pairs[1].shape[:3], 1), "float32")
    weights[0, :4] = 1
    results = held_out_results(model, [(*pairs, weights)], 8)
    assert [result.error > 0 for result in results.worst] == [True] + [False] * 3
    # Of equal errors as well, no pair is among the best and the worst.
    shown = [result.images[-1][1].tobytes() for result in [*results.best, *results.worst]]
    assert len(set(shown)) == len(shown)


@pytest.mark.parametrize(("count", "kept"), [(1, (1, 0)), (3, (2, 1)), (8, (3, 3))])
def test_no_pair_is_among_the_best_and_the_worst(count, kept, made, pairs):
    model, _ = made
    data = kp.data.PairDataset(*(side[:count] for side in pairs))
    results = held_out_results(model, data, 3)
    assert (len(results.best), len(results.worst)) == kept
    errors = [result.error for result in [*results.best, *results.worst]]
    assert len(set(errors)) == len(errors)
