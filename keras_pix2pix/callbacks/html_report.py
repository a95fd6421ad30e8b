"""A page about a training."""

import time
from pathlib import Path
from typing import Any

from PIL import Image

from keras_pix2pix.callbacks import report_page
from keras_pix2pix.callbacks.recorder import Batches, Recorder, pictures_until, trained_steps
from keras_pix2pix.callbacks.report_contents import best_and_worst
from keras_pix2pix.types import PathLike


class HTMLReport(Recorder):
    """Writes a page about a training: settings, curves, metrics, pictures, best and worst results.

    The page is one file, and needs no network to be opened. It is written after every epoch; when
    training ends, it gets the best and the worst held-out results. The page of a training that was
    interrupted and resumed has all of its epochs.

    Args:
        data: a `PairDataset` of the held-out pairs, or a sequence of batches
            `(conditions, targets)`.
        path: path of the page.
        folder: path of the folder that a `SampleGrid` writes to, to show its pictures. The
            `SampleGrid` must come first in the list of callbacks. Defaults to `None`.
        pairs: int, how many of the best and how many of the worst results are shown. Defaults to
            `4`.

    Raises:
        ImportError: if matplotlib is not installed. It comes with the extra `report`.

    Example:

    ```python
    callbacks = [SampleGrid(val, "samples/"), HTMLReport(val, "report.html", "samples/")]
    ```
    """

    def __init__(
        self, data: Batches, path: PathLike, folder: PathLike | None = None, pairs: int = 4
    ) -> None:
        super().__init__()
        report_page.require_matplotlib()
        self.data = data
        self.path = Path(path).expanduser()
        self.folder = folder and Path(folder).expanduser()
        self.pairs = pairs
        self.history: list[dict[str, float]] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget an earlier training."""
        self.history = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Read the epochs before this one from the page, if this is a resumed training."""
        if self.history is None:
            earlier = self._read_history() if epoch else []
            self.history = [row for row in earlier if row["epoch"] <= epoch]
            self._minutes_before = self.history[-1]["minutes"] if self.history else 0.0
            self._start = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the page with the numbers of this epoch."""
        assert self.history is not None
        self.history.append(
            {
                "epoch": epoch + 1,
                "step": trained_steps(self.model),
                "minutes": self._minutes_before + (time.monotonic() - self._start) / 60,
                **{name: float(value) for name, value in (logs or {}).items()},
            }
        )
        self._write(self.history)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Write the page with the best and the worst results."""
        # A resumed training may have no epoch left.
        history = self._read_history() if self.history is None else self.history
        if history:
            self._write(history, best_and_worst(self.model, self.data, self.pairs))

    def _read_history(self) -> list[dict[str, float]]:
        return report_page.read_history(self.path) if self.path.exists() else []

    def _write(
        self, history: list[dict[str, float]], results: list[tuple[str, Image.Image]] | None = None
    ) -> None:
        with self.tolerate_write_errors():
            step = trained_steps(self.model)
            pictures = pictures_until(step, self.folder) if self.folder else []
            report_page.write(self.path, self.model, self.data, history, pictures, results or [])
