"""How far sets of features of an image network lie apart."""

import numpy as np
from keras import ops


def frechet_distance(one, other):
    """The Fréchet distance of Gaussians that are fitted to two sets of features.

    Args:
        one: float64 array of shape `(count, features)`.
        other: the same, of as many features.

    Returns:
        A float; NaN for fewer than two rows, or values that are not finite.
    """
    if not _comparable(one, other):
        return float("nan")
    means = one.mean(axis=0), other.mean(axis=0)
    # The root of the product of the covariances has the trace of the singular values of the product
    # of their factors, which is small for small sets, and exact where a root of 1e-16 would not be.
    factors = [_factor(features - mean) for features, mean in zip((one, other), means)]
    common = np.linalg.svd(factors[0] @ factors[1].T, compute_uv=False).sum()
    apart = ((means[0] - means[1]) ** 2).sum()
    return float(apart + sum((factor**2).sum() for factor in factors) - 2 * common)


def _factor(centered):
    """A matrix whose product with itself is the covariance."""
    centered = centered / np.sqrt(len(centered) - 1)
    wide = len(centered) <= centered.shape[1]
    return centered if wide else np.linalg.qr(centered, mode="r")


def kernel_distance(one, other):
    """The squared maximum mean discrepancy of two sets of features, with a cubic kernel.

    Args:
        one: float64 array of shape `(count, features)`.
        other: the same, of as many features.

    Returns:
        A float, 0 in the mean for samples of the same distribution; NaN for fewer than two rows, or
        values that are not finite.
    """
    if not _comparable(one, other):
        return float("nan")

    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    within = 0
    for features in (one, other):
        values = kernel(features, features)
        pairs = len(features) * (len(features) - 1)
        within += (values.sum() - np.trace(values)) / pairs
    return float(within - 2 * kernel(one, other).mean())


def _comparable(*sets):
    return all(len(features) > 1 and np.isfinite(features).all() for features in sets)


def perceptual_distance(real, generated):
    """Of each image of a batch, the mean squared distance between unit-length features."""
    real, generated = (ops.normalize(features, axis=-1) for features in (real, generated))
    return ops.mean(ops.sum(ops.square(real - generated), axis=-1), axis=(1, 2))
