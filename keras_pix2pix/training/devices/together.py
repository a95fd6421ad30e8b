"""What `fit` does differently where several processes train together."""

import warnings
from typing import Any

import keras
import numpy as np

from keras_pix2pix.data import PairDataset
from keras_pix2pix.training.devices.agreement import (
    check_batch_statistics,
    check_equal,
    names_of,
)
from keras_pix2pix.training.devices.processes import Processes


def shared(
    processes: Processes,
    model: keras.Model,
    data: PairDataset,
    first_batch: tuple[np.ndarray, np.ndarray],
    validation_data: Any,
    settings: dict[str, Any],
) -> PairDataset:
    """Return what this process reads of every batch for its devices, once all processes agree.

    Args:
        processes: those that train together.
        model: a compiled `Pix2Pix`.
        data: the pairs that all of them train on.
        first_batch: tuple of arrays of the first batch.
        validation_data: what is evaluated after each epoch, or `None`.
        settings: dict of the other arguments of `fit` that must be equal.

    Raises:
        ValueError: in every process, for batches that cannot be shared, and processes that differ.
    """
    if processes.count > 1:
        if not processes.one_computation:
            check_batch_statistics(model)
        settings = settings | {"number of validation pairs": _length(validation_data)}
        if isinstance(validation_data, PairDataset):
            settings["names of the validation pairs"] = names_of(validation_data)
        check_equal(processes, model, data, first_batch, settings)
    part = data.part(processes.index, processes.count, processes.parts)
    left_out = len(data.numbers) % processes.parts
    if left_out and not processes.index:
        warnings.warn(
            f"{processes.parts} processes or devices share {len(data.numbers)} pairs: each epoch "
            f"leaves out {left_out} of them, other ones each time.",
            stacklevel=4,
        )
    return part


def _length(data: Any) -> Any:
    """Return how many pairs there are, as far as that is known."""
    if data is None:
        return "none"
    pairs = getattr(data, "numbers", data)
    return len(pairs) if hasattr(pairs, "__len__") else type(pairs).__name__
