"""The processes of `torch.distributed`, as torchrun, Slurm or Ray start them."""

import contextlib
import functools
import os
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import torch
from torch import distributed

from keras_pix2pix.training.devices.processes import (
    Processes,
    refuse_distribution,
    started_by_torchrun,
)
from keras_pix2pix.types import Tensor


class TorchProcesses(Processes):
    """The processes of the default group of `torch.distributed`."""

    def __init__(self) -> None:
        self.index = distributed.get_rank()
        self.count = self.parts = distributed.get_world_size()
        with _explained():
            self._group = _group_of_hosts(distributed.group.WORLD)

    def gather(self, value: Any) -> list[Any]:
        """Return what every process has given, in their order."""
        values = [None] * self.count
        with _explained():
            distributed.all_gather_object(values, value, group=self._group)
        return values

    def largest(self, number: float) -> float:
        """Return the largest number of all processes."""
        value = torch.tensor(number, dtype=torch.float64)
        with _explained():
            distributed.all_reduce(value, distributed.ReduceOp.MAX, group=self._group)
        return float(value)

    def broadcast(self, variables: Sequence[keras.Variable]) -> None:
        """Give variables the values that they have in the first process."""
        with _explained(), torch.no_grad():
            for variable in variables:
                value = variable.value.detach().clone(memory_format=torch.contiguous_format)
                # As bytes, since not every network library knows every dtype.
                distributed.broadcast(value.reshape(-1).view(torch.uint8), 0)
                variable.assign(value)

    def device(self, model: keras.Model) -> str | None:
        """Return what tells the GPU of the model from all others, or `None` for a CPU."""
        device = model.trainable_variables[0].value.device
        return str(torch.cuda.get_device_properties(device).uuid) if device.type == "cuda" else None


def processes(model: keras.Model) -> Processes:
    """Return the processes that train a model together.

    Raises:
        ValueError: if each process would train a model of its own.
    """
    refuse_distribution()
    if distributed.is_available() and distributed.is_initialized():
        return TorchProcesses() if distributed.get_world_size() > 1 else Processes()
    if started_by_torchrun() > 1:
        raise ValueError(
            f"torchrun has started {started_by_torchrun()} processes, which do not know one "
            "another: each would train a model of its own. Call "
            "torch.distributed.init_process_group() before the model is made."
        )
    return Processes()


@contextlib.contextmanager
def joined() -> Iterator[Processes]:
    """Join the processes that torchrun has started, if it has, each with a GPU of its own."""
    if started_by_torchrun() < 2:
        yield Processes()
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group()
    try:
        yield TorchProcesses()
    finally:
        distributed.destroy_process_group()


def mean_of_processes(gradients: list[Tensor | None]) -> list[Tensor | None]:
    """Return the mean of the gradients of all processes: those of the whole batch."""
    if not distributed.is_available() or not distributed.is_initialized():
        return gradients
    there = [gradient for gradient in gradients if gradient is not None]
    if not there or distributed.get_world_size() == 1:
        return gradients
    # One exchange, since each takes the time of a round trip.
    flat = torch.cat([gradient.reshape(-1) for gradient in there])
    with _explained():
        distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    parts = iter(flat.split([gradient.numel() for gradient in there]))
    return [None if g is None else next(parts).view_as(g) for g in gradients]


@functools.lru_cache(maxsize=1)
def _group_of_hosts(group: Any) -> Any:
    """Return a group for numbers in the memory of the hosts, which do not wait for a GPU."""
    if "gloo" in str(distributed.get_backend_config(group)):
        return group
    return distributed.new_group(backend="gloo")


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Say what it means that an exchange fails."""
    try:
        yield
    except RuntimeError as error:
        raise RuntimeError(
            f"Process {distributed.get_rank()} waited for the others, and they did not come: one "
            "of them has ended, or does something else. Look for its own error. A callback that "
            "talks to the other processes must run in all of them: give it `every_process = True`. "
            f"The limit of waiting is the timeout of init_process_group. {error}"
        ) from error
