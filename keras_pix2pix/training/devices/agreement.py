"""What several processes compare before they train: versions, data, networks, and settings."""

import contextlib
import importlib.metadata
import math
import re
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_pix2pix.data import PairDataset
from keras_pix2pix.keras_private import layers_inside, schedule_of
from keras_pix2pix.training.devices.processes import Processes

PACKAGES = ("keras", "keras-pix2pix", "torch", "jax", "numpy", "pillow")
# Settings that may differ: Keras numbers the names of optimizers, all get the rates from the first
# process, and the code of a lambda has the path of its file.
MAY_DIFFER = re.compile(r".*_optimizer\.config\.(name|learning_rate)|.*function\.config\.value\.")
# Processors differ in the last digits.
TOLERANCE = 1e-4


@contextlib.contextmanager
def refused_by_all(processes: Processes) -> Iterator[None]:
    """Raise an error of one process in all of them, so that none waits for it.

    Args:
        processes: those that train together.

    Raises:
        ValueError: in the processes that have no error of their own.
    """
    try:
        yield
    except Exception as error:
        processes.gather(f"{type(error).__name__}: {error}")
        raise
    for index, reason in enumerate(processes.gather(None)):
        if reason is not None:
            raise ValueError(f"Process {index} of {processes.count} cannot train. {reason}")


def check_data(processes: Processes, x: Any) -> None:
    """Refuse data whose batches several processes cannot share.

    Args:
        processes: those that train together.
        x: what `fit` trains on.

    Raises:
        ValueError: saying what to give.
    """
    if processes.count > 1 and not isinstance(x, PairDataset):
        raise ValueError(
            f"{processes.count} processes share the batches of a PairDataset, which gives each its "
            f"part. Received: {type(x).__name__}. Make a PairDataset of it; it takes arrays, too."
        )


def check_batch_statistics(model: keras.Model) -> None:
    """Refuse layers that would see a part of each batch only.

    Args:
        model: a `Pix2Pix`.

    Raises:
        ValueError: naming a layer, and what to use.
    """
    for layer in layers_inside(model):
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            raise ValueError(
                f"Several processes or devices cannot train batch normalization ({layer.name}), "
                "since each sees a part of a batch: use normalization='instance' or 'group', which "
                "do not look at other pictures."
            )


def check_equal(
    processes: Processes,
    model: keras.Model,
    data: PairDataset,
    first_batch: tuple[np.ndarray, np.ndarray],
    settings: dict[str, Any],
) -> None:
    """Refuse processes that would not train the same model on the same data.

    Args:
        processes: those that train together.
        model: a compiled `Pix2Pix`.
        data: the pairs of the training, before each process takes its part.
        first_batch: tuple of arrays, of the first batch that all of them together see.
        settings: dict of other things that must be equal.

    Raises:
        ValueError: in every process, saying which differs from the first in what.
    """
    every = processes.gather(_facts(model, data, first_batch) | settings)
    for index, facts in enumerate(every):
        for name in every[0] | facts:
            value, expected = facts.get(name), every[0].get(name)
            if not _equal(value, expected):
                raise ValueError(
                    f"Process {index} of {processes.count} differs from process 0 in the {name}: "
                    f"{value} instead of {expected}. All must run the same program with the same "
                    "packages and the same files."
                )
    gpus = [gpu for gpu in processes.gather(processes.device(model)) if gpu is not None]
    if len(set(gpus)) < len(gpus):
        raise ValueError(
            f"{len(gpus)} processes train on {len(set(gpus))} GPUs. Give each its own, before the "
            'model is made: torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))'
        )


def _facts(model: keras.Model, data: PairDataset, first_batch: tuple[np.ndarray, ...]) -> dict:
    """Return what must be equal in all processes."""
    facts: dict[str, Any] = {f"version of {name}": _version(name) for name in PACKAGES}
    for name in ("generator", "discriminator"):
        network = getattr(model, name)
        facts[f"parameters of the {name}"] = network.count_params()
        facts[f"trained variables of the {name}"] = len(network.trainable_variables)
        facts[f"precision of the {name}"] = network.dtype_policy.name
    with warnings.catch_warnings():
        # Nothing is saved here, so a lambda is no danger.
        warnings.simplefilter("ignore")
        arguments = model.get_compile_config()
    for name, value in _leaves(arguments):
        if not MAY_DIFFER.match(name):
            facts[f"argument {name} of compile"] = value
    schedules = [schedule_of(optimizer) for optimizer in model.optimizer.optimizers]
    facts["schedules"] = [schedule and repr(schedule.get_config()) for schedule in schedules]
    facts["number of pairs"] = len(data.numbers)
    facts["names of the pairs"] = names_of(data)
    facts["number of steps of an epoch"] = len(data)
    for name in ("batch_size", "seed", "shuffle", "image_size", "resize", "augment"):
        facts[f"{name} of the pairs"] = getattr(data, name)
    facts["formats of the pairs"] = repr(data.formats)
    for name, images in zip(("conditions", "targets"), first_batch):
        facts[f"mean of the first {name}"] = float(images.mean())
        facts[f"contrast of the first {name}"] = float(images.std())
    return facts


def names_of(data: PairDataset) -> int:
    """Return a number that stands for the names of all pairs."""
    return zlib.crc32("\n".join(data.pair_names()).encode())


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what is inside of dicts and lists, with the keys that lead there."""
    if isinstance(value, dict | list | tuple):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(part, f"{name}.{key}" if name else str(key))
    else:
        yield name, value


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return one == other
