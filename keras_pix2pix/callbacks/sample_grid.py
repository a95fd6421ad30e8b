"""Pictures of a few pairs while training."""

import time
from pathlib import Path

import numpy as np

from keras_pix2pix.callbacks.recorder import Recorder
from keras_pix2pix.data.files.writing import write_image
from keras_pix2pix.data.loading.drawing import draw_pairs


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
        page = draw_pairs(self.model.formats, *images, title=title)
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
