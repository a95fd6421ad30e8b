"""A training in a folder: begun, stopped, gone on with, finished."""

import csv
import json
import shutil
import signal
import sys
from pathlib import Path

import keras

from keras_pix2pix import callbacks
from keras_pix2pix.data.files.writing import atomic_path
from keras_pix2pix.pix2pix import Pix2Pix

# What a training writes, beside settings.json.
FILES = (
    "backup",
    "samples",
    "training.gif",
    "report.html",
    "losses.csv",
    "best.keras",
    "model.keras",
)


class Stopped(KeyboardInterrupt):
    """A signal has ended the training.

    Args:
        number: int, the signal.
    """

    def __init__(self, number):
        super().__init__(number)
        self.number = number


class StopOnSignal(keras.callbacks.Callback):
    """Raises `Stopped` after the step during which SIGINT or SIGTERM came.

    Validation that is under way is finished first. The second signal does what it always does.
    """

    def __init__(self):
        super().__init__()
        self.number = None

    def __enter__(self):
        self._before = {n: signal.signal(n, self._note) for n in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *raised):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number, frame):
        self.number = number
        self.__exit__()
        print("\nstopping after this step", file=sys.stderr)

    def on_train_batch_end(self, batch, logs=None):
        self._stop()

    def on_epoch_begin(self, epoch, logs=None):
        self._stop()

    def _stop(self):
        if self.number is not None:
            # On JAX the model has its weights back when a callback asks for it.
            _ = self.model
            raise Stopped(self.number)


class BestModel(keras.callbacks.Callback):
    """Keeps the model whose `val_loss` was the lowest, whole or not at all.

    Args:
        path: path of the `.keras` file.
        best: float, the lowest `val_loss` so far.
    """

    def __init__(self, path, best):
        super().__init__()
        self.path = path
        self.best = best

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_loss"] < self.best:
            self.best = logs["val_loss"]
            save(self.model, self.path)


def save(model, path):
    """Write a model, whole or not at all."""
    with atomic_path(path) as temporary:
        model.save(temporary)


def load(path):
    """Load a model that `save` has written.

    Args:
        path: path of the `.keras` file.

    Returns:
        A `Pix2Pix`.

    Raises:
        ValueError: if it is not there, or no such model.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path}")
    try:
        model = keras.saving.load_model(path)
    except Exception as error:
        # Keras raises TypeError, KeyError, zipfile.BadZipFile and more.
        first = str(error).strip().splitlines()
        raise ValueError(
            f"{path} cannot be loaded as a Keras model: {first[0] if first else type(error)}"
        ) from error
    if not isinstance(model, Pix2Pix):
        raise ValueError(
            f"{path} must hold a Pix2Pix, as keras-pix2pix train and Pix2Pix.save write it. "
            f"Received: a {type(model).__name__}"
        )
    return model


def settings_beside(path):
    """The settings of the training that has written a model; empty if it was none of `begin`'s."""
    file = Path(path).parent / "settings.json"
    return json.loads(file.read_text()) if file.exists() else {}


def begin(folder, settings, overwrite=False):
    """Make the folder of a training, or see whether one that was stopped can go on in it.

    Args:
        folder: `Path`.
        settings: dict, what the training depends on, as JSON has it.
        overwrite: bool, whether the files of an earlier training are removed. Defaults to `False`.

    Raises:
        ValueError: if the folder holds a finished training, one with other settings, or other
            files.
    """
    file = folder / "settings.json"
    if file.exists() and overwrite:
        for path in (folder / name for name in FILES):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    elif file.exists():
        begun = json.loads(file.read_text())
        if begun.pop("finished", False):
            raise ValueError(
                f"{folder} holds a finished training. Take another --output, or --overwrite it."
            )
        changed = [
            f"--{name.replace('_', '-')} {begun.get(name)}"
            for name in settings
            if begun.get(name) != settings[name]
        ]
        if changed:
            raise ValueError(
                f"{folder} holds a training that was begun with {', '.join(changed)}. Say the same "
                "to go on with it, or --overwrite it."
            )
    elif folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} holds other files. Take an --output that is new or empty.")
    _write(file, settings)


def run(folder, model, train, val, settings, verbose):
    """Train in the folder, from where it was stopped if it was.

    Args:
        folder: `Path`, as `begin` has left it.
        model: a compiled `Pix2Pix`.
        train: `PairDataset`.
        val: `PairDataset`, held-out pairs.
        settings: dict, among them `epochs` and `steps_per_epoch`.
        verbose: int, as for `keras.Model.fit`.

    Returns:
        The numbers of the last epoch: dict of floats.

    Raises:
        Stopped: after the model was saved, if a signal came.
    """
    going_on = (folder / "backup").exists()
    samples = folder / "samples"
    losses = keras.callbacks.CSVLogger(folder / "losses.csv", append=going_on)
    with StopOnSignal() as stop:
        steps = [
            callbacks.SampleGrid(val, samples),
            callbacks.GIFRecorder(samples, folder / "training.gif"),
            callbacks.GANHealth(),
            BestModel(folder / "best.keras", _lowest(folder / "losses.csv") if going_on else 1e300),
            losses,
        ]
        try:
            steps.append(callbacks.HTMLReport(val, folder / "report.html", samples))
        except ImportError as error:
            print(f"No report.html is written. {error}", file=sys.stderr)
        # Last, so that what an epoch is to leave is there when it counts as done.
        backup = keras.callbacks.BackupAndRestore(
            folder / "backup", double_checkpoint=True, delete_checkpoint=False
        )
        steps += [backup, stop]
        try:
            history = model.fit(
                train,
                validation_data=val,
                epochs=settings["epochs"],
                steps_per_epoch=settings["steps_per_epoch"],
                verbose=verbose,
                callbacks=steps,
            )
        except Stopped:
            # Nobody else closes its file.
            losses.on_train_end()
            save(model, folder / "model.keras")
            raise
    save(model, folder / "model.keras")
    _write(folder / "settings.json", {**settings, "finished": True})
    # Only now: without the model, the same command would begin anew.
    shutil.rmtree(folder / "backup", ignore_errors=True)
    return {name: float(values[-1]) for name, values in history.history.items()}


def _lowest(path):
    """The lowest `val_loss` of the epochs so far."""
    with open(path, newline="") as file:
        return min((float(row["val_loss"]) for row in csv.DictReader(file)), default=1e300)


def _write(path, settings):
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(settings, indent=2) + "\n")
