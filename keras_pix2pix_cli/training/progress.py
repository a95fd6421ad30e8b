"""What a training prints: one line an epoch, and how long the whole of it takes."""

import sys
import time
from typing import Any, TextIO

import keras

from keras_pix2pix_cli.training.training_callbacks import BestModel
from keras_pix2pix_cli.waiting import as_time

# The steps from which the time of the training is measured: at least so many, and so long.
MEASURED_STEPS, MEASURED_SECONDS = 3, 5.0
# A training that takes longer than this, in seconds, gets advice.
LONG = 6 * 3600
# Seconds between two changes of the line on a terminal.
BETWEEN = 0.5


class TrainingProgress(keras.callbacks.Callback):
    """Prints one line an epoch with its losses, its best measure and the time that is left.

    After the first steps it prints how long the training takes. On a terminal, a line also shows
    the running step. It comes after the `BestModel` and its table in the list of callbacks.

    Args:
        epochs: int, the epochs of the whole training.
        best: `BestModel`, which compares the epochs.
        stream: where the lines go.
    """

    def __init__(self, epochs: int, best: BestModel, stream: TextIO | None = None) -> None:
        super().__init__()
        self.epochs = epochs
        self.best = best
        self.stream = sys.stdout if stream is None else stream
        self.live = self.stream.isatty()
        # Seconds and number of the steps of this run, without the first, which compiles.
        self._seconds = 0.0
        self._steps = -1
        # Seconds of the epochs of this run.
        self._epochs: list[float] = []
        self._told = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self._epoch = epoch
        self._begin = self._last = time.monotonic()
        self._shown = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Measure a step, and tell how long all of them take once it is known."""
        now = time.monotonic()
        self._steps += 1
        if self._steps:
            self._seconds += now - self._last
        else:
            # The epoch is as long as if its first step had been as quick as the others.
            self._begin = now
        self._last = now
        steps = self.params["steps"]
        if steps is None or self._steps < MEASURED_STEPS:
            return
        if not self._told and self._seconds >= MEASURED_SECONDS:
            self._told = True
            self._tell(steps)
        if self.live and now - self._shown >= BETWEEN:
            self._shown = now
            text = f"epoch {self._epoch + 1}/{self.epochs}, step {batch + 1}/{steps}"
            left = self._left(steps - batch - 1, steps)
            print(f"\r{text}, {as_time(left)} left   ", end="", file=self.stream, flush=True)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Print the line of the epoch."""
        self._epochs.append(time.monotonic() - self._begin)
        numbers = dict(logs or {})
        text = f"epoch {epoch + 1}/{self.epochs}: {_losses(numbers)}"
        judged = f"; held out: {_held_out(numbers, self.best.measure)}"
        mark = " (best)" if self.best.kept().get("best_epoch") == epoch + 1 else ""
        times = as_time(self._epochs[-1])
        ahead = self.epochs - epoch - 1
        if ahead:
            mean = sum(self._epochs) / len(self._epochs)
            times += f", {as_time(ahead * mean)} left"
        start = "\r" if self.live else ""
        print(f"{start}{text}{judged}{mark}; {times}", file=self.stream, flush=True)

    def _left(self, steps: int, steps_per_epoch: int) -> float:
        """Return the seconds that are left, after which the epoch has so many steps."""
        ahead = self.epochs - self._epoch - 1
        step = self._seconds / self._steps
        # Epochs that are complete were validated, too.
        epoch = sum(self._epochs) / len(self._epochs) if self._epochs else step * steps_per_epoch
        return steps * step + ahead * epoch

    def _tell(self, steps: int) -> None:
        left = self._left(steps * (self.epochs - self._epoch), 0)
        if left < 60:
            return
        ahead = self.epochs - self._epoch
        text = f"about {as_time(left)} for {ahead} epoch{'s' * (ahead > 1)}"
        how = f"measured over {self._steps} steps, without the validation"
        print(f"{text} ({how})", file=self.stream, flush=True)
        if left > LONG:
            print(
                "To train for a shorter time: fewer --epochs, --steps-per-epoch, a smaller "
                "--image-size, or --recipe small. Ctrl-C keeps what has been learned.",
                file=self.stream,
                flush=True,
            )


def _losses(logs: dict[str, Any]) -> str:
    """Return the losses of the training that tell most."""
    names = ("generator_loss", "discriminator_loss", "reconstruction_loss")
    chosen = names if names[1] in logs else ("loss",)
    return ", ".join(f"{name.removesuffix('_loss')} {float(logs[name]):.3g}" for name in chosen)


def _held_out(logs: dict[str, Any], measure: str) -> str:
    # A model of label maps has no distance between pixels.
    names = ["reconstruction_loss" if "discriminator_loss" in logs else "loss", measure]
    values = {name: logs[f"val_{name}"] for name in names if f"val_{name}" in logs}
    return ", ".join(f"{n.removesuffix('_loss')} {float(v):.3g}" for n, v in values.items())
