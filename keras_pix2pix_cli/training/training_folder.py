"""A training in a folder: started, stopped, resumed, finished."""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import keras

from keras_pix2pix.callbacks import GANHealth, GIFRecorder, HTMLReport, SampleGrid
from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.files.writing import atomic_path
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix_cli.inputs import model_file
from keras_pix2pix_cli.training.progress import TrainingProgress
from keras_pix2pix_cli.training.settings import GOES_ON, SETTINGS, check_folder
from keras_pix2pix_cli.training.training_callbacks import (
    BestModel,
    LossTable,
    StopOnSignal,
    TrainingStopped,
)

# What a training writes beside its settings.
FILES = (
    "backup",
    "samples",
    "training.gif",
    "report.html",
    "losses.csv",
    "best.keras",
    "model.keras",
)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from training in a folder, which is made if it is missing.

    The system removes the lock when the process ends, however it ends. Windows and some
    network file systems have no such lock.

    Args:
        folder: `Path`.

    Raises:
        ValueError: if another process trains there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f"Another process trains in {folder}. Wait for its end, or use another --output."
            ) from error
        except OSError:
            # Not every file system has locks, and some have none for folders.
            pass
        yield
    finally:
        os.close(descriptor)


def prepare(folder: Path, settings: dict[str, Any], overwrite: bool = False) -> int:
    """Create the folder of a training, or check that the training in it can be resumed.

    A finished training goes on if it is asked for more epochs.

    Args:
        folder: `Path`.
        settings: dict of all that the result of the training depends on, as JSON returns it.
        overwrite: bool, whether to remove the files of an earlier training. Defaults to `False`.

    Returns:
        The number of epochs of the finished training that goes on, else 0.

    Raises:
        ValueError: if the folder holds a finished training, a training with other settings, or
            other files.
    """
    if overwrite and (folder / SETTINGS).exists():
        _remove_results(folder)
        done = 0
    else:
        done = check_folder(folder, settings)
    _write_settings(folder, {**settings, **({GOES_ON: done} if done else {})})
    return done


def _remove_results(folder: Path) -> None:
    for path in (folder / name for name in FILES):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def run(
    folder: Path,
    model: Pix2Pix,
    train: PairDataset,
    val: PairDataset,
    settings: dict[str, Any],
    done: int,
    messages: TextIO | None = None,
) -> dict[str, float]:
    """Train in a folder. A training that was stopped there is resumed.

    Args:
        folder: `Path`, as `prepare` left it.
        model: a compiled `Pix2Pix`.
        train: `PairDataset` of the training pairs.
        val: `PairDataset` of the held-out pairs.
        settings: dict, with `epochs`, `steps_per_epoch` and `monitor`.
        done: int, what `prepare` has returned.
        messages: where the progress is printed. Defaults to `None`: `sys.stdout`.

    Returns:
        dict of the losses and metrics of the last epoch, and of which epoch was the best.

    Raises:
        TrainingStopped: if a signal stopped the training. The model was saved before.
    """
    if done:
        model = going_on(model_file.load(folder / "model.keras"), model)
    table = LossTable(folder / "losses.csv")
    backup = keras.callbacks.BackupAndRestore(
        folder / "backup", double_checkpoint=True, delete_checkpoint=False
    )
    best = BestModel(folder / "best.keras", table, settings["monitor"])
    progress = TrainingProgress(settings["epochs"], best, messages)
    with StopOnSignal() as stop:
        # The backup follows whatever writes files, because it marks the epoch as done.
        recorders = _recorders(folder, train, val, settings["monitor"])
        callbacks = [*recorders, best, table, progress]
        try:
            fit(model, train, val, settings, done, [*callbacks, backup, stop])
        except TrainingStopped:
            # Without a complete epoch, the finished model is what the training goes on from.
            if not done or (folder / "backup").exists():
                model_file.save(model, folder / "model.keras")
            raise
    model_file.save(model, folder / "model.keras")
    _write_settings(folder, {**settings, "finished": True})
    # Last: if the model could not be saved, the same command resumes from the backup.
    shutil.rmtree(folder / "backup", ignore_errors=True)
    last = {name: value for name, value in table.rows[-1].items() if name != "epoch"}
    return {**last, **best.kept()}


def fit(
    model: Pix2Pix,
    train: PairDataset,
    val: PairDataset,
    settings: dict[str, Any],
    done: int,
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """Train as the settings say, in each of the processes that train together."""
    model.fit(
        train,
        validation_data=val,
        epochs=settings["epochs"],
        initial_epoch=done,
        steps_per_epoch=settings["steps_per_epoch"],
        verbose=0,
        callbacks=callbacks,
    )


def going_on(finished: Pix2Pix, new: Pix2Pix) -> Pix2Pix:
    """Return the finished model, with the schedules of another one, which are for all epochs.

    A recipe may choose larger networks for more steps, so its own networks are kept.
    """
    state = [keras.ops.convert_to_numpy(variable) for variable in finished.optimizer.variables]
    finished.compile_from_config(new.get_compile_config())
    for variable, value in zip(finished.optimizer.variables, state, strict=True):
        variable.assign(value)
    return finished


def _recorders(
    folder: Path, train: PairDataset, val: PairDataset, measure: str
) -> list[keras.callbacks.Callback]:
    """Return the callbacks that write pictures and a report, and the one that warns."""
    samples = folder / "samples"
    recorders = [
        SampleGrid(val, samples),
        GIFRecorder(samples, folder / "training.gif"),
        GANHealth(),
    ]
    try:
        page = folder / "report.html"
        recorders.append(HTMLReport(val, page, samples, train=train, measure=measure))
    except ImportError as error:
        print(f"No report.html is written. {error}", file=sys.stderr)
    return recorders


def _write_settings(folder: Path, settings: dict[str, Any]) -> None:
    with atomic_path(folder / SETTINGS) as temporary:
        temporary.write_text(json.dumps(settings, indent=2) + "\n")
