"""Pictures and pages while training."""

import contextlib
import time
import warnings
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from keras_pix2pix import report
from keras_pix2pix.data.files import natural_order
from keras_pix2pix.data.images import write_image
from keras_pix2pix.health import GANHealth
from keras_pix2pix.pictures import sheet

__all__ = ["GANHealth", "GIFRecorder", "HTMLReport", "SampleGrid"]


class Recorder(keras.callbacks.Callback):
    """A callback that writes files. Where it cannot, training goes on, and it says so once."""

    def __init__(self):
        super().__init__()
        self._complained = False

    @contextlib.contextmanager
    def sparing_the_training(self):
        try:
            yield
        except OSError as error:
            if not self._complained:
                self._complained = True
                warnings.warn(
                    f"{type(self).__name__} cannot write: {error}. Training goes on without it.",
                    stacklevel=4,
                )

    def step(self):
        """How many steps the model has been trained, whatever training was broken off."""
        return int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))


class SampleGrid(Recorder):
    """A PNG of condition | target | generated for the same few pairs, again and again.

    Args:
        data: a `PairDataset`, or any sequence of batches `(conditions, targets)`, whose first pairs
            are shown.
        folder: path of the folder for `step_00000320.png` and so on; made if it is missing.
        pairs: int, how many pairs are shown. Defaults to `8`.
        epochs: int, epochs from one picture to the next. Defaults to `1`.
        steps: int, training steps from one picture to the next, in the place of `epochs`. Defaults
            to `None`.
        log_dir: path of TensorBoard's folder, to have the pictures there, too. Defaults to `None`.

    Raises:
        ImportError: saying what to install, if there is a `log_dir`, but no TensorBoard.

    Example:

    ```python
    model.fit(train, epochs=20, callbacks=[SampleGrid(val, "samples/")])
    ```
    """

    def __init__(self, data, folder, pairs=8, epochs=1, steps=None, log_dir=None):
        super().__init__()
        self.folder = Path(folder)
        self.epochs = epochs
        self.steps = steps
        self._events = log_dir and _event_writer(log_dir)
        batches = []
        for index in range(len(data)):
            batches.append(data[index])
            if sum(len(conditions) for conditions, _ in batches) >= pairs:
                break
        self.conditions, self.targets = (np.concatenate(side)[:pairs] for side in zip(*batches))

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        self._before = self._drawn = self.step()

    def on_train_batch_end(self, batch, logs=None):
        if not self.steps:
            return
        # Asking the model for its step would make JAX wait for it.
        step = self._before + batch + 1
        if step // self.steps > self._drawn // self.steps:
            self._drawn = step
            self._draw()

    def on_epoch_end(self, epoch, logs=None):
        if not self.steps and (epoch + 1) % self.epochs == 0:
            self._draw()

    def _draw(self):
        step = self.step()
        generated = self.model.predict_on_batch(self.conditions)
        title = f"epoch {self._epoch + 1}, step {step}"
        images = self.conditions, self.targets, generated
        page = sheet(self.model.formats, *images, title=title)
        with self.sparing_the_training():
            path = self.folder / f"step_{step:08d}.png"
            write_image(path, page)
            if self._events:
                self._events.add_event(_image_event(path, page.size, step))
                self._events.flush()


def _event_writer(log_dir):
    try:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError as error:
        raise ImportError("log_dir needs TensorBoard: pip install tensorboard") from error
    return EventFileWriter(str(log_dir))


def _image_event(path, size, step):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    width, height = size
    image = Summary.Image(
        height=height, width=width, colorspace=3, encoded_image_string=path.read_bytes()
    )
    summary = Summary(value=[Summary.Value(tag="samples", image=image)])
    return Event(wall_time=time.time(), step=step, summary=summary)


class GIFRecorder(Recorder):
    """The pictures of a `SampleGrid` as an animation, written when training ends.

    A training that was interrupted and resumed shows all of its pictures.

    Args:
        folder: path of the folder that the `SampleGrid` writes to.
        path: path of the GIF.
        seconds: float, how long each picture is shown; the last one stays four times as long.
            Defaults to `0.5`.

    Example:

    ```python
    callbacks = [SampleGrid(val, "samples/"), GIFRecorder("samples/", "training.gif")]
    ```
    """

    def __init__(self, folder, path, seconds=0.5):
        super().__init__()
        self.folder = Path(folder)
        self.path = Path(path)
        self.seconds = seconds

    def on_train_end(self, logs=None):
        pages = []
        with self.sparing_the_training():
            for path in pictures_until(self.step(), self.folder):
                with Image.open(path) as page:
                    pages.append(page.convert("P", palette=Image.Palette.ADAPTIVE))
            if not pages:
                return
            durations = [1000 * self.seconds] * (len(pages) - 1) + [4000 * self.seconds]
            options = {"append_images": pages[1:], "duration": durations, "loop": 0}
            write_image(self.path, pages[0], save_all=True, **options)


def pictures_until(step, folder):
    """The pictures of a `SampleGrid`, but for those of an earlier, longer training."""
    paths = sorted(Path(folder).glob("step_*.png"), key=natural_order)
    return [path for path in paths if int(path.stem.removeprefix("step_")) <= step]


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
        report.require_matplotlib()
        self.data = data
        self.path = Path(path)
        self.folder = folder
        self.pairs = pairs
        self.history = None

    def on_train_begin(self, logs=None):
        self.history = None

    def on_epoch_begin(self, epoch, logs=None):
        if self.history is None:
            known = report.read_history(self.path) if epoch and self.path.exists() else []
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
            self._write(report.best_and_worst(self.model, self.data, self.pairs))

    def _write(self, results=()):
        with self.sparing_the_training():
            pictures = pictures_until(self.step(), self.folder) if self.folder else []
            report.write(self.path, self.model, self.data, self.history, pictures, results)
