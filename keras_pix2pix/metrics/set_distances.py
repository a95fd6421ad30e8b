"""How far apart two sets of features of an image network are."""

import numpy as np


def frechet_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the Fréchet distance of the Gaussians that are fitted to two sets of features.

    Args:
        one: float64 array of shape `(count, features)`.
        other: float64 array of shape `(other_count, features)`.

    Returns:
        A float, 0 for equal sets; NaN for fewer than two rows, or values that are not finite.

    References:
        Heusel et al. 2017, arXiv 1706.08500, section 2 (the FID, on features of Inception).
    """
    if not _comparable(one, other):
        return float("nan")
    means = one.mean(axis=0), other.mean(axis=0)
    # The formula asks for the trace of the root of the product of both covariances. It is the sum
    # of the singular values of the product of their factors. That matrix is small for small sets,
    # and its singular values are exact where a root of eigenvalues around 1e-16 would not be.
    factors = [_factor(features - mean) for features, mean in zip((one, other), means)]
    common = np.linalg.svd(factors[0] @ factors[1].T, compute_uv=False).sum()
    apart = ((means[0] - means[1]) ** 2).sum()
    return float(apart + sum((factor**2).sum() for factor in factors) - 2 * common)


def _factor(centered: np.ndarray) -> np.ndarray:
    """Return a matrix `f` with `f.T @ f` the covariance, of no more rows than columns."""
    centered = centered / np.sqrt(len(centered) - 1)
    wide = len(centered) <= centered.shape[1]
    return centered if wide else np.linalg.qr(centered).R


def kernel_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the squared maximum mean discrepancy of two sets of features, with a cubic kernel.

    The estimate has no bias: its mean over samples of the same distribution is 0, so it can be
    below 0.

    Args:
        one: float64 array of shape `(count, features)`.
        other: float64 array of shape `(other_count, features)`.

    Returns:
        A float; NaN for fewer than two rows, or values that are not finite.

    References:
        Binkowski et al. 2018, arXiv 1801.01401, section 4 (the KID, on features of Inception).
    """
    if not _comparable(one, other):
        return float("nan")

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / a.shape[1] + 1) ** 3

    within = 0.0
    for features in (one, other):
        values = kernel(features, features)
        pairs = len(features) * (len(features) - 1)
        within += (values.sum() - np.trace(values)) / pairs
    return float(within - 2 * kernel(one, other).mean())


def _comparable(*sets: np.ndarray) -> bool:
    return all(len(features) > 1 and bool(np.isfinite(features).all()) for features in sets)
