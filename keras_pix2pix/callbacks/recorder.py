"""What all callbacks that write files share."""

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import keras
import numpy as np

from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.pairing.folders import natural_sort_key
from keras_pix2pix.types import PathLike

# Pairs in batches of conditions and targets.
Batches: TypeAlias = PairDataset | Sequence[tuple[np.ndarray, np.ndarray]]


class Recorder(keras.callbacks.Callback):
    """A callback that writes files. Training continues if a file cannot be written."""

    def __init__(self) -> None:
        super().__init__()
        self._has_warned = False

    @contextlib.contextmanager
    def tolerate_write_errors(self) -> Iterator[None]:
        """Turn the first error of writing into a warning, and ignore further ones."""
        try:
            yield
        except OSError as error:
            if not self._has_warned:
                self._has_warned = True
                warnings.warn(
                    f"{type(self).__name__} cannot write: {error}. Training continues without it.",
                    stacklevel=4,
                )


def trained_steps(model: keras.Model) -> int:
    """Return how many steps a model was trained, with the steps before it was saved and loaded."""
    return int(keras.ops.convert_to_numpy(model.optimizer.iterations))


def pictures_until(step: int, folder: PathLike) -> list[Path]:
    """Return the paths of the pictures that a `SampleGrid` wrote, in the order of their steps.

    Args:
        step: int, the last step. Pictures of later steps are left out: an earlier, longer training
            wrote them.
        folder: path of the folder with the pictures.
    """
    paths = sorted(Path(folder).glob("step_*.png"), key=natural_sort_key)
    return [path for path in paths if int(path.stem.removeprefix("step_")) <= step]
