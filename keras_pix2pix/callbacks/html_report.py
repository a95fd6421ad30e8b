"""A page about a training."""

import time
from pathlib import Path
from typing import Any

from keras_pix2pix.callbacks.recorder import Batches, Recorder, pictures_until, trained_steps
from keras_pix2pix.callbacks.report import page
from keras_pix2pix.callbacks.report.baselines import baselines
from keras_pix2pix.callbacks.report.curves import require_matplotlib
from keras_pix2pix.callbacks.report.history import (
    MEASURES,
    history_of_page,
    history_of_table,
)
from keras_pix2pix.callbacks.report.results import held_out_results
from keras_pix2pix.types import PathLike


class HTMLReport(Recorder):
    """Writes a page about a training: a verdict, pictures, curves, numbers and settings.

    The page is one file, and needs no network to be opened. It begins with what is to be said about
    the training: whether it still improved at the end, whether the discriminator won, whether the
    model is better than simple answers. It is written after every epoch; when training ends, it
    gets results for held-out pairs. The page of a training that was interrupted and resumed has all
    of its epochs.

    Args:
        data: a `PairDataset` of the held-out pairs, or a sequence of batches
            `(conditions, targets)`.
        path: path of the page.
        folder: path of the folder that a `SampleGrid` writes to, to show its pictures. The
            `SampleGrid` must come first in the list of callbacks. Defaults to `None`: the folder
            `samples` beside the page, if there is one.
        pairs: int, how many held-out pairs are shown, how many of the best and how many of the
            worst results. Defaults to `4`.
        train: the training pairs, as `data`. The page then compares the model with the mean
            training picture, and with the nearest training pair. Defaults to `None`.
        measure: str, which number of the held-out pairs judges the pictures: `"mean_iou"`,
            `"perceptual"`, `"ssim"`, `"psnr"`, `"reconstruction_loss"` or `"loss"`. If it is given,
            and there is a file `best.keras` beside the page, the page says which epoch that is.
            Defaults to `None`: the first of these that the training has.

    Raises:
        ImportError: if matplotlib is not installed. It comes with the extra `report`.
        ValueError: for another `measure`.

    Example:

    ```python
    callbacks = [SampleGrid(val, "samples/"), HTMLReport(val, "report.html", train=train)]
    ```
    """

    def __init__(
        self,
        data: Batches,
        path: PathLike,
        folder: PathLike | None = None,
        pairs: int = 4,
        train: Batches | None = None,
        measure: str | None = None,
    ) -> None:
        super().__init__()
        require_matplotlib()
        if measure is not None and measure not in MEASURES:
            raise ValueError(
                f"measure must be one of {', '.join(map(repr, MEASURES))}. Received: {measure!r}"
            )
        self.data = data
        self.path = Path(path).expanduser()
        self.folder = self.path.parent / "samples" if folder is None else Path(folder).expanduser()
        self.pairs = pairs
        self.train = train
        self.measure = measure
        self.history: list[dict[str, float]] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget an earlier training."""
        self.history = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Read the epochs before this one, if this is a resumed training."""
        if self.history is None:
            earlier = self._read_history() if epoch else []
            self.history = [row for row in earlier if row["epoch"] <= epoch]
            last = self.history[-1] if self.history else {}
            self._minutes_before = last.get("minutes", 0.0)
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
        """Write the page with results for held-out pairs."""
        # A resumed training may have no epoch left.
        history = self._read_history() if self.history is None else self.history
        if history:
            compared = None if self.train is None else baselines(self.model, self.train, self.data)
            results = held_out_results(self.model, self.data, self.pairs)
            self._write(history, results=results, baselines=compared)

    def _read_history(self) -> list[dict[str, float]]:
        """Return the epochs in the page, else those in the table of losses beside it."""
        earlier = history_of_page(self.path) if self.path.exists() else []
        return earlier or history_of_table(self.path.parent / "losses.csv")

    def _write(self, history: list[dict[str, float]], **more: Any) -> None:
        with self.tolerate_write_errors():
            pictures = pictures_until(trained_steps(self.model), self.folder)
            # Which epoch is there is known only if it is said what was compared.
            is_kept = self.measure is not None and (self.path.parent / "best.keras").exists()
            page.write(
                self.path,
                self.model,
                self.data,
                history,
                pictures,
                measure=self.measure,
                kept="best.keras" if is_kept else None,
                **more,
            )
