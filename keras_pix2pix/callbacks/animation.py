"""The pictures of a training as an animation."""

from pathlib import Path

from PIL import Image

from keras_pix2pix.callbacks.recorder import Recorder, pictures_until
from keras_pix2pix.data.files.writing import write_image


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
