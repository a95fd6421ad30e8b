"""A training in the processes of torchrun: the first one writes and prints, the others follow."""

import contextlib
import os
import warnings
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_pix2pix.callbacks import GANHealth
from keras_pix2pix.data import PairDataset
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.training import backend
from keras_pix2pix.training.devices.agreement import refused_by_all
from keras_pix2pix.training.devices.processes import Processes
from keras_pix2pix_cli.inputs import model_file
from keras_pix2pix_cli.training import training_folder
from keras_pix2pix_cli.training.training_callbacks import StopOnSignal


@contextlib.contextmanager
def joined(args: Namespace) -> Iterator[Processes]:
    """Join the processes that torchrun has started. Only the first one prints."""
    with contextlib.ExitStack() as stack:
        processes = stack.enter_context(backend.joined())
        if processes.index:
            nowhere = stack.enter_context(open(os.devnull, "w"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
            stack.enter_context(warnings.catch_warnings(action="ignore"))
            args.messages = nowhere
        yield processes


@contextlib.contextmanager
def prepared(
    processes: Processes, folder: Path, settings: dict[str, Any], overwrite: bool
) -> Iterator[int]:
    """Lock and prepare the folder of a training in the first process.

    Args:
        processes: those that train together, which may be one.
        folder: `Path`.
        settings: as for `training_folder.prepare`.
        overwrite: as for `training_folder.prepare`.

    Yields:
        What `training_folder.prepare` has returned.

    Raises:
        ValueError: in all processes, if the training cannot begin in this folder.
    """
    done = 0
    with contextlib.ExitStack() as stack:
        with refused_by_all(processes):
            if not processes.index:
                stack.enter_context(training_folder.locked(folder))
                done = training_folder.prepare(folder, settings, overwrite)
        yield processes.gather(done)[0]


def follow(
    folder: Path,
    model: Pix2Pix,
    train: PairDataset,
    val: PairDataset,
    settings: dict[str, Any],
    done: int,
) -> None:
    """Train as `training_folder.run` does in the first process, and write nothing.

    Args:
        folder: `Path`.
        model: as for `training_folder.run`.
        train: as for `training_folder.run`.
        val: as for `training_folder.run`.
        settings: as for `training_folder.run`.
        done: as for `training_folder.run`.

    Raises:
        TrainingStopped: if a signal stopped the training.
    """
    if done:
        model = training_folder.going_on(model_file.load(folder / "model.keras"), model)
    with StopOnSignal() as stop:
        training_folder.fit(model, train, val, settings, done, [GANHealth(), stop])
