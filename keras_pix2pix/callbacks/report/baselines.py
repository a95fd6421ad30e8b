"""What a model must beat: the mean training picture, and the nearest training pair."""

from typing import NamedTuple

import keras
import numpy as np

from keras_pix2pix.callbacks.recorder import Batches
from keras_pix2pix.data import Labels
from keras_pix2pix.data.files.formats import Format
from keras_pix2pix.data.loading.drawing import spread_pairs

# How many pairs are compared, from all parts of both sets.
HELD_OUT_PAIRS, TRAINING_PAIRS = 64, 512
# Conditions are compared in this height and width.
SIDE = 16


class Baselines(NamedTuple):
    """Errors on the same held-out pairs, from 0 to 1.

    Attributes:
        model: float, of what the model generates.
        nearest: float, of the target of the training pair with the most similar condition.
        mean: float, of the mean of the training targets, or of the most common class of each pixel.
        unit: str, what the errors are.
    """

    model: float
    nearest: float
    mean: float
    unit: str


def baselines(model: keras.Model, train: Batches, data: Batches) -> Baselines | None:
    """Compare a model with two answers for which nothing has to be learned.

    Args:
        model: a `Pix2Pix`.
        train: the training pairs, as a `PairDataset` or as a sequence of batches.
        data: the same for the held-out pairs.

    Returns:
        `Baselines`, or `None` if images have several sizes.
    """
    known, held = spread_pairs(train, TRAINING_PAIRS), spread_pairs(data, HELD_OUT_PAIRS)
    if len({image.shape[:2] for pair in (*known, *held) for image in pair[:2]}) > 1:
        return None
    conditions = np.stack([thumbnail(pair[0]) for pair in known])
    mean = np.mean([pair[1] for pair in known], axis=0)
    target_format = model.formats[1]
    errors = []
    for condition, target, *weights in held:
        nearest = ((conditions - thumbnail(condition)) ** 2).mean(axis=(1, 2, 3)).argmin()
        generated = model.predict_on_batch(condition[None])[0]
        errors.append(
            [
                error(target_format, target, picture, *weights)
                for picture in (generated, known[nearest][1], mean)
            ]
        )
    unit = (
        "Wrong pixels" if isinstance(target_format, Labels) else "Mean difference from the target"
    )
    of_model, of_nearest, of_mean = np.mean(errors, axis=0).tolist()
    return Baselines(of_model, of_nearest, of_mean, unit)


def thumbnail(image: np.ndarray) -> np.ndarray:
    """Return an image in a small size, each pixel the mean of what it covers."""
    height, width, _ = image.shape
    rows, columns = max(1, height // SIDE), max(1, width // SIDE)
    image = image[: height // rows * rows, : width // columns * columns]
    blocks = image.reshape(height // rows, rows, width // columns, columns, -1)
    return blocks.mean(axis=(1, 3))


def error(
    format: Format, target: np.ndarray, picture: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Return how wrong a picture is: the share of wrong pixels, or the mean share of the range.

    Args:
        format: of the target. Of `Labels`, pixels are right or wrong.
        target: array of shape `(height, width, channels)` in [-1, 1].
        picture: the same for the picture.
        weights: array of shape `(height, width, 1)`, 0 where nothing is known. Defaults to `None`.
    """
    if isinstance(format, Labels):
        wrong = (target.argmax(axis=-1) != picture.argmax(axis=-1)).astype("float32")
    else:
        wrong = np.abs(target - picture).mean(axis=-1) / 2
    known = np.ones(wrong.shape) if weights is None else weights[..., 0]
    return float((wrong * known).sum() / max(known.sum(), 1))
