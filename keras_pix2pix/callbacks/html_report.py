"""A page about a training."""

import time
from pathlib import Path

from keras_pix2pix.callbacks import report_page
from keras_pix2pix.callbacks.recorder import Recorder, pictures_until


class HTMLReport(Recorder):
    """One page about a training: settings, curves, metrics, pictures, best and worst results.

    The file holds all that it shows and opens without a network. It is written after every epoch,
    and with the best and worst held-out results when training ends. A training that was
    interrupted and resumed has all of its epochs in it.

    Args:
        data: a `PairDataset`, or any sequence of batches `(conditions, targets)`: the held-out
            pairs.
        path: path of the page.
        folder: path of the folder that a `SampleGrid` writes to, whose pictures are shown; list
            the `SampleGrid` first. Defaults to `None`.
        pairs: int, how many of the best and how many of the worst results are shown. Defaults to
            `4`.

    Raises:
        ImportError: saying what to install, where the extra `report` is missing.

    Example:

    ```python
    callbacks = [SampleGrid(val, "samples/"), HTMLReport(val, "report.html", "samples/")]
    ```
    """

    def __init__(self, data, path, folder=None, pairs=4):
        super().__init__()
        report_page.require_matplotlib()
        self.data = data
        self.path = Path(path)
        self.folder = folder
        self.pairs = pairs
        self.history = None

    def on_train_begin(self, logs=None):
        self.history = None

    def on_epoch_begin(self, epoch, logs=None):
        if self.history is None:
            known = report_page.read_history(self.path) if epoch and self.path.exists() else []
            self.history = [row for row in known if row["epoch"] <= epoch]
            self._minutes = self.history[-1]["minutes"] if self.history else 0
            self._begun = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        minutes = self._minutes + (time.monotonic() - self._begun) / 60
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        row = {"epoch": epoch + 1, "step": self.step(), "minutes": minutes, **numbers}
        self.history.append(row)
        self._write()

    def on_train_end(self, logs=None):
        if self.history:
            self._write(report_page.best_and_worst(self.model, self.data, self.pairs))

    def _write(self, results=()):
        with self.sparing_the_training():
            pictures = pictures_until(self.step(), self.folder) if self.folder else []
            report_page.write(self.path, self.model, self.data, self.history, pictures, results)
