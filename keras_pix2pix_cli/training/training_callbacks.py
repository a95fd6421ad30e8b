"""What a training in a folder needs beside the callbacks of the library."""

import csv
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import keras

from keras_pix2pix.callbacks.report.history import best_epoch
from keras_pix2pix.data.files.writing import atomic_path
from keras_pix2pix.training import backend
from keras_pix2pix.training.devices.processes import Processes
from keras_pix2pix.types import PathLike
from keras_pix2pix_cli.inputs import model_file
from keras_pix2pix_cli.training.kept import read_rows


class TrainingStopped(KeyboardInterrupt):
    """Raised when a signal has stopped the training.

    Args:
        number: int, the number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class StopOnSignal(keras.callbacks.Callback):
    """Raises `TrainingStopped` after the step in which SIGINT or SIGTERM arrived.

    Several processes stop after the same step. If a validation is running, it is finished first.
    A second signal has its usual effect. The callback is a context manager, and handles signals
    inside the context only.
    """

    every_process = True

    def __init__(self) -> None:
        super().__init__()
        self.number: int | None = None
        self._processes = Processes()

    def __enter__(self) -> "StopOnSignal":
        """Handle both signals."""
        self._handlers = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *raised: object) -> None:
        """Give both signals their earlier handlers back."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        self.__exit__()
        print("\nstopping after this step", file=sys.stderr)

    def on_train_begin(self, logs: Any = None) -> None:
        """Find out who stops together."""
        self._processes = backend.processes(self.model)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop after a step."""
        self._stop()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Stop after a validation."""
        self._stop()

    def _stop(self) -> None:
        number = int(self._processes.largest(self.number or 0))
        if number:
            # On JAX, asking for the model gives it its trained weights back.
            _ = self.model
            raise TrainingStopped(number)


class LossTable(keras.callbacks.Callback):
    """Writes the losses and metrics of every epoch to a CSV file.

    A resumed training keeps the rows of the epochs before, and replaces those that it trains again.
    The file is always complete, and is never left open.

    Args:
        path: path of the CSV file.

    Attributes:
        rows: list of a dict for each epoch, of `epoch` (counted from 0) and all losses and metrics.
    """

    def __init__(self, path: PathLike) -> None:
        super().__init__()
        self.path = Path(path)
        self.rows = read_rows(self.path)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Drop the rows of this epoch and of later ones, which an earlier training wrote."""
        self.rows = [row for row in self.rows if row["epoch"] < epoch]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the file with the row of this epoch."""
        self.rows.append({"epoch": epoch, **{name: float(logs[name]) for name in sorted(logs)}})
        with atomic_path(self.path) as temporary, temporary.open("w", newline="") as file:
            writer = csv.DictWriter(file, self.rows[-1])
            writer.writeheader()
            writer.writerows(self.rows)


class BestModel(keras.callbacks.Callback):
    """Saves the model after every epoch that is better than all epochs before.

    Args:
        path: path of the `.keras` file.
        table: `LossTable` with the epochs before. It comes later in the list of callbacks.
        measure: str, one of `MEASURES`. It is compared on the validation data.
    """

    def __init__(self, path: PathLike, table: LossTable, measure: str) -> None:
        super().__init__()
        self.path = path
        self.table = table
        self.measure = measure

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save the model if it is the best so far."""
        name = f"val_{self.measure}"
        row = {"epoch": epoch, name: float(logs[name])}
        best = best_epoch([*self.table.rows, row], self.measure)
        if best is not None and best[0] == epoch:
            model_file.save(self.model, self.path)

    def kept(self) -> dict[str, float]:
        """Return which epoch was the best, counted from 1, and its measure."""
        best = best_epoch(self.table.rows, self.measure)
        if best is None:
            return {}
        epoch, value = best
        return {"best_epoch": epoch + 1, f"best_val_{self.measure}": value}
