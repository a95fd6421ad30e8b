"""The pictures of a report: results from all parts of the held-out pairs, best and worst ones."""

from typing import Any, NamedTuple

import keras
import numpy as np

from keras_pix2pix.callbacks.recorder import Batches
from keras_pix2pix.callbacks.report.baselines import error
from keras_pix2pix.data.loading.drawing import in_colors, spread_pairs


class Result(NamedTuple):
    """The result for one held-out pair.

    Attributes:
        error: float, how far the generated picture is from its target, from 0 to 1.
        images: list of tuples of a name and a uint8 array of shape `(height, width, 3)`.
    """

    error: float
    images: list[tuple[str, np.ndarray]]


class Results(NamedTuple):
    """Results for held-out pairs.

    Attributes:
        spread: list of `Result`, from all parts of the set.
        best: list of `Result`, the smallest error first.
        worst: list of `Result`, the largest error first.
    """

    spread: list[Result]
    best: list[Result]
    worst: list[Result]


def held_out_results(model: keras.Model, data: Batches, pairs: int) -> Results:
    """Generate a picture for every held-out pair, and keep those that a report shows.

    Args:
        model: a `Pix2Pix`.
        data: a `PairDataset`, or a sequence of batches `(conditions, targets)`.
        pairs: int, how many pairs of each kind are kept, at most.
    """
    best: list[tuple[Any, ...]] = []
    worst: list[tuple[Any, ...]] = []
    count = 0
    for index in range(len(data)):
        rows = _rows(model, *data[index])
        count += len(rows)
        # Of equal errors, the first pairs are the best, and the last ones the worst.
        best = sorted([*best, *rows], key=lambda row: row[0])[:pairs]
        worst = sorted([*worst, *rows], key=lambda row: row[0])[-pairs:]
    # Of few pairs, none is among the best and among the worst.
    best, worst = best[: (count + 1) // 2], worst[::-1][: count // 2]
    spread = [
        row
        for pair in spread_pairs(data, pairs)
        for row in _rows(model, *(side[None] for side in pair))
    ]
    return Results(*([_result(model, *row) for row in rows] for rows in (spread, best, worst)))


def _rows(
    model: keras.Model, conditions: np.ndarray, targets: np.ndarray, *weights: np.ndarray
) -> list[tuple[Any, ...]]:
    """Return the error, condition, target and picture of each pair of a batch."""
    generated = model.predict_on_batch(conditions)
    target_format = model.formats[1]
    # What no one knows does not count.
    errors = [error(target_format, *row) for row in zip(targets, generated, *weights)]
    return list(zip(errors, conditions, targets, generated))


def _result(model: keras.Model, error: float, *images: np.ndarray) -> Result:
    condition, target, generated = (image[None] for image in images)
    (colors,) = in_colors(model.formats, condition, [generated, target])
    count = len(model.formats[0])
    conditions = ["condition"] if count == 1 else [f"condition {i + 1}" for i in range(count)]
    return Result(error, list(zip([*conditions, "generated", "target"], colors)))
