"""Callbacks that write files while training."""

import contextlib
import warnings
from pathlib import Path

import keras

from keras_pix2pix.data.pairing.folders import natural_sort_key


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


def pictures_until(step, folder):
    """The pictures of a `SampleGrid`, but for those of an earlier, longer training."""
    paths = sorted(Path(folder).glob("step_*.png"), key=natural_sort_key)
    return [path for path in paths if int(path.stem.removeprefix("step_")) <= step]
