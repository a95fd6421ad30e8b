"""What `Pix2Pix.evaluate` does: judge the deterministic output, samples, or averaged weights."""

import contextlib
import types
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras_pix2pix.training import backend
from keras_pix2pix.training.averaging import averaged
from keras_pix2pix.training.random_state import drawing_noise


def evaluate(
    model: keras.Model,
    judge: Callable[[], dict[str, Any]],
    data: Any,
    samples: int,
    seed: int,
    ema: bool,
) -> dict[str, float]:
    """Return losses and metrics of held-out pairs, the means over the samples.

    Args:
        model: a compiled `Pix2Pix`.
        judge: function that evaluates the model once on the pairs, and returns the logs.
        data: the pairs, as `keras.Model.evaluate` takes them.
        samples: int, how many stochastic outputs are judged; 0 for the deterministic one.
        seed: int, of the noise of the samples.
        ema: bool, whether the moving averages of the weights are judged.

    Raises:
        ValueError: for samples below 0, several samples of a Python generator, or an optimizer
            without moving averages.
    """
    if samples < 0:
        raise ValueError(f"samples must be 0 or more. Received: samples={samples}")
    if samples > 1 and isinstance(data, types.GeneratorType):
        raise ValueError("A Python generator is read once. Give samples a dataset or arrays.")
    # What the optimizers average, where asked for; what `compile(ema=...)` averages, always.
    averages = model.optimizer.averages() if ema else contextlib.nullcontext()
    noise = _stochastic(model, seed) if samples else contextlib.nullcontext()
    with backend.alone(model), averages, averaged(model), noise, _unwatched(model):
        passes = [judge() | _set_results(model) for _ in range(samples or 1)]
    return {name: np.mean([logs[name] for logs in passes]).item() for name in passes[0]}


def _set_results(model: keras.Model) -> dict[str, Any]:
    """Return the values of metrics that were waiting for the whole set."""
    logs: dict[str, Any] = {}
    for metric in model.set_metrics:
        logs |= metric.result()
    return logs


@contextlib.contextmanager
def _unwatched(model: keras.Model) -> Iterator[None]:
    """Report no health until the end. It is measured in training only, and would be 0 here."""
    watched, model.watched = model.watched, False
    try:
        yield
    finally:
        model.watched = watched


@contextlib.contextmanager
def _stochastic(model: keras.Model, seed: int) -> Iterator[None]:
    """Judge with dropout on until the end."""
    # The compiled step knows one kind of output.
    model.test_function = None
    model.stochastic = True
    try:
        with drawing_noise(model, (seed,)):
            yield
    finally:
        model.stochastic = False
        model.test_function = None
