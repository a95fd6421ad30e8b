"""Distances of sets of features: by their formulas, and of sets that have none."""

import numpy as np
import pytest
import scipy.linalg

from keras_pix2pix.metrics.set_distances import frechet_distance, kernel_distance


def covariance_distance(one, other):
    """By the formula, with a matrix root."""
    covariances = [np.cov(features, rowvar=False) for features in (one, other)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    means = one.mean(axis=0) - other.mean(axis=0)
    return means @ means + np.trace(covariances[0] + covariances[1] - 2 * root)


@pytest.mark.parametrize("counts", [(40, 30), (6, 9), (40, 5)])
def test_frechet_distance_is_that_of_the_formula(counts):
    """For more, and for fewer samples than features."""
    rng = np.random.default_rng(0)
    one, other = (rng.normal(i, 1 + i, (count, 12)) for i, count in enumerate(counts))
    assert frechet_distance(one, other) == pytest.approx(covariance_distance(one, other), rel=1e-5)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)


def test_kernel_distance_is_that_of_the_formula():
    rng = np.random.default_rng(0)
    one, other = rng.normal(0, 1, (7, 5)), rng.normal(0.5, 1, (4, 5))

    def mean(rows, columns, skip):
        values = [
            (a @ b / 5 + 1) ** 3
            for i, a in enumerate(rows)
            for j, b in enumerate(columns)
            if not (skip and i == j)
        ]
        return np.mean(values)

    expected = mean(one, one, True) + mean(other, other, True) - 2 * mean(one, other, False)
    assert kernel_distance(one, other) == pytest.approx(expected)


def test_kernel_distance_of_the_same_distribution_is_0_in_the_mean():
    rng = np.random.default_rng(0)
    drawn = [kernel_distance(*rng.normal(0, 1, (2, 10, 8))) for _ in range(400)]
    assert abs(np.mean(drawn)) < 4 * np.std(drawn) / np.sqrt(400)
    assert min(drawn) < 0


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_sets_that_have_no_distance(distance):
    few, some = np.zeros((1, 4)), np.zeros((3, 4))
    assert np.isnan(distance(few, some))
    assert np.isnan(distance(np.zeros((0, 4)), some))
    assert np.isnan(distance(np.full((3, 4), np.nan), some))
    assert distance(some, some) == 0
    # Two rows are enough.
    two = np.arange(8.0).reshape(2, 4)
    assert np.isfinite([distance(two, some), distance(some, two)]).all()
