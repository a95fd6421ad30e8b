"""The pictures of a training as an animation."""

from pathlib import Path
from typing import Any

from PIL import Image

from keras_pix2pix.callbacks.recorder import Recorder, pictures_until, trained_steps
from keras_pix2pix.data.files.writing import write_image
from keras_pix2pix.types import PathLike


class GIFRecorder(Recorder):
    """Writes the pictures of a `SampleGrid` as an animation when training ends.

    The animation of a training that was interrupted and resumed has all of its pictures.

    Args:
        folder: path of the folder that the `SampleGrid` writes to.
        path: path of the GIF file.
        seconds: float, the time that each picture is shown. The last picture is shown four times
            as long. Defaults to `0.5`.

    Example:

    ```python
    callbacks = [SampleGrid(val, "samples/"), GIFRecorder("samples/", "training.gif")]
    ```
    """

    def __init__(self, folder: PathLike, path: PathLike, seconds: float = 0.5) -> None:
        super().__init__()
        self.folder = Path(folder).expanduser()
        self.path = Path(path).expanduser()
        self.seconds = seconds

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Write the animation."""
        pictures = []
        with self.tolerate_write_errors():
            for path in pictures_until(trained_steps(self.model), self.folder):
                with Image.open(path) as picture:
                    pictures.append(picture.convert("P", palette=Image.Palette.ADAPTIVE))
            if not pictures:
                return
            write_image(
                self.path,
                pictures[0],
                save_all=True,
                append_images=pictures[1:],
                # In milliseconds.
                duration=[1000 * self.seconds] * (len(pictures) - 1) + [4000 * self.seconds],
                loop=0,
            )
