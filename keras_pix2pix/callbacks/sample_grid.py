"""Pictures of a few pairs while training."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from keras_pix2pix.callbacks.recorder import Batches, Recorder, trained_steps
from keras_pix2pix.data.files.writing import write_image
from keras_pix2pix.data.loading.drawing import draw_pairs, spread_pairs
from keras_pix2pix.types import PathLike


class SampleGrid(Recorder):
    """Writes a PNG of condition, target and generated picture of the same few pairs.

    Args:
        data: a `PairDataset`, or a sequence of batches `(conditions, targets)`. The pairs that are
            shown come from all its parts.
        folder: path of the folder for the files `step_00000320.png` and so on. It is created if it
            does not exist.
        pairs: int, how many pairs are shown. Defaults to `8`.
        epochs: int, the number of epochs between two files. Defaults to `1`.
        steps: int, the number of training steps between two files. If it is given, `epochs` is
            ignored. Defaults to `None`.
        log_dir: path of a TensorBoard folder, which gets the same pictures. Defaults to `None`.

    Raises:
        ImportError: if there is a `log_dir`, and TensorBoard is not installed.

    Example:

    ```python
    model.fit(train, epochs=20, callbacks=[SampleGrid(val, "samples/")])
    ```
    """

    def __init__(
        self,
        data: Batches,
        folder: PathLike,
        pairs: int = 8,
        epochs: int = 1,
        steps: int | None = None,
        log_dir: PathLike | None = None,
    ) -> None:
        super().__init__()
        self.folder = Path(folder).expanduser()
        self.epochs = epochs
        self.steps = steps
        self.log_dir = log_dir
        self._event_writer: Any = None
        if log_dir is not None:
            _require_tensorboard()
        conditions, targets, *_ = zip(*spread_pairs(data, pairs))
        self.conditions, self.targets = np.stack(conditions), np.stack(targets)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Open the TensorBoard file."""
        if self.log_dir is not None:
            from tensorboard.summary.writer.event_file_writer import EventFileWriter

            self._event_writer = EventFileWriter(str(self.log_dir))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the TensorBoard file."""
        if self._event_writer is not None:
            self._event_writer.close()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remember the steps before this epoch."""
        self._epoch = epoch
        self._steps_before = self._last_drawn = trained_steps(self.model)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Write a file if the number of steps is reached."""
        if not self.steps:
            return
        # Reading the steps from the model would make JAX wait for the running step.
        step = self._steps_before + batch + 1
        if step // self.steps > self._last_drawn // self.steps:
            self._last_drawn = step
            self._draw()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write a file if the number of epochs is reached."""
        if not self.steps and (epoch + 1) % self.epochs == 0:
            self._draw()

    def _draw(self) -> None:
        step = trained_steps(self.model)
        generated = self.model.predict_on_batch(self.conditions)
        picture = draw_pairs(
            self.model.formats,
            self.conditions,
            self.targets,
            generated,
            title=f"epoch {self._epoch + 1}, step {step}",
        )
        with self.tolerate_write_errors():
            path = self.folder / f"step_{step:08d}.png"
            write_image(path, picture)
            if self._event_writer is not None:
                self._event_writer.add_event(_image_event(path, picture.size, step))
                self._event_writer.flush()


def _require_tensorboard() -> None:
    try:
        import tensorboard.summary.writer.event_file_writer  # noqa: F401
    except ImportError as error:
        raise ImportError("log_dir needs TensorBoard: pip install tensorboard") from error


def _image_event(path: Path, size: tuple[int, int], step: int) -> Any:
    """Return a PNG file as an event of TensorBoard."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    width, height = size
    image = Summary.Image(
        height=height, width=width, colorspace=3, encoded_image_string=path.read_bytes()
    )
    summary = Summary(value=[Summary.Value(tag="samples", image=image)])
    return Event(wall_time=time.time(), step=step, summary=summary)
