"""Pictures while training."""

from pathlib import Path

import keras
import numpy as np
from PIL import Image

from keras_pix2pix.data.files import natural_order
from keras_pix2pix.data.images import write_image
from keras_pix2pix.pictures import sheet


class SampleGrid(keras.callbacks.Callback):
    """After every epoch, a PNG of condition | target | generated for the same few pairs.

    Args:
        data: a `PairDataset`, or any sequence of batches `(conditions, targets)`, whose first pairs
            are shown.
        folder: path of the folder for `epoch_0001.png` and so on; made if it is missing.
        pairs: int, how many pairs are shown. Defaults to `8`.

    Example:

    ```python
    model.fit(train, epochs=20, callbacks=[SampleGrid(val, "samples/")])
    ```
    """

    def __init__(self, data, folder, pairs=8):
        super().__init__()
        self.folder = Path(folder)
        batches = []
        for index in range(len(data)):
            batches.append(data[index])
            if sum(len(conditions) for conditions, _ in batches) >= pairs:
                break
        self.conditions, self.targets = (np.concatenate(side)[:pairs] for side in zip(*batches))

    def on_epoch_end(self, epoch, logs=None):
        generated = self.model.predict_on_batch(self.conditions)
        page = sheet(
            self.model.formats,
            self.conditions,
            self.targets,
            generated,
            title=f"epoch {epoch + 1}",
        )
        write_image(self.folder / f"epoch_{epoch + 1:04d}.png", page)


class GIFRecorder(keras.callbacks.Callback):
    """The pictures of a `SampleGrid` as an animation, written when training ends.

    A training that was interrupted and resumed shows all of its epochs.

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

    def on_epoch_end(self, epoch, logs=None):
        self.last = self.folder / f"epoch_{epoch + 1:04d}.png"

    def on_train_end(self, logs=None):
        # Pictures beyond the last epoch are of an earlier, longer training.
        pages = []
        for path in sorted(self.folder.glob("epoch_*.png"), key=natural_order):
            with Image.open(path) as page:
                pages.append(page.convert("P", palette=Image.Palette.ADAPTIVE))
            if path == self.last:
                break
        durations = [1000 * self.seconds] * (len(pages) - 1) + [4000 * self.seconds]
        write_image(
            self.path, pages[0], save_all=True, append_images=pages[1:], duration=durations, loop=0
        )
