"""What a backend does that has nothing of its own to do there."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras

from keras_pix2pix.training.devices.processes import Processes, refuse_torchrun
from keras_pix2pix.types import Tensor


def finish_loop(model: keras.Model) -> None:
    """Do nothing: the variables always have their values."""


def lay_out(network: keras.Model) -> None:
    """Do nothing: kernels lie in memory as convolutions read them."""


def safe(model: keras.Model, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of Keras' trainer as it is: the variables always have their values."""
    return function


def kept_weights(model: keras.Model) -> contextlib.AbstractContextManager[None]:
    """Return a context that does nothing: the variables always have their values."""
    return contextlib.nullcontext()


def whole_batches(x: Any, batch_size: int | None) -> contextlib.AbstractContextManager[None]:
    """Return a context that does nothing: no batch has to be divided evenly."""
    return contextlib.nullcontext()


def alone(model: keras.Model) -> contextlib.AbstractContextManager[None]:
    """Return a context that does nothing: a process can always use its model without the others."""
    return contextlib.nullcontext()


def refuse_to_wait() -> None:
    """Do nothing: saving a model waits for no other process."""


def largest_of_replicas(value: Tensor) -> Tensor:
    """Return the value: a step sees the whole batch, or its process shares what it has seen."""
    return value


def never_empty(images: Tensor) -> Tensor:
    """Return the images: every step has some."""
    return images


def of_this_replica(*images: Tensor) -> tuple[Tensor, ...]:
    """Return the images: all are of the batch."""
    return images


def of_pictures(value: Tensor, count: Tensor) -> Tensor:
    """Return a number of a batch: every step has pictures."""
    return value


@contextlib.contextmanager
def joined() -> Iterator[Processes]:
    """Refuse the processes of torchrun, which know nothing of one another."""
    refuse_torchrun()
    yield Processes()
