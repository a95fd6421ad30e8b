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
    explained,
    refuse_distribution,
    started_by_torchrun,
)
from keras_pix2pix.types import Tensor

# Bytes that are sent at once: each exchange takes the time of a round trip.
BUCKET = 25_000_000


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
    if _joined():
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


def mean_gradients(loss: Tensor, variables: list[Tensor]) -> list[Tensor | None]:
    """Return the gradients of the whole batch: the means of those of all processes.

    Only these variables are asked for: nothing flows into the `grad` of others.
    """
    exchange, hooks = _Exchange(), []
    if _joined() and distributed.get_world_size() > 1:
        for index, variable in enumerate(variables):
            hooks.append(variable.register_hook(functools.partial(exchange.add, index)))
    try:
        found: list[Tensor | None] = list(torch.autograd.grad(loss, variables, allow_unused=True))
    finally:
        for hook in hooks:
            hook.remove()
    for index, mean in exchange.finish():
        found[index] = mean
    return found


class _Exchange:
    """Gradients that are sent in buckets, while the next ones are computed.

    All processes send the same buckets: they have the same graph, as was compared before, and
    autograd goes through it in the reverse order of its making.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Tensor]] = []
        self._sent: list[tuple[Any, Tensor, list[tuple[int, Tensor]]]] = []

    def add(self, index: int, gradient: Tensor | None) -> None:
        """Take a gradient that is complete, and send the bucket that it fills."""
        # A function of the user's may give none.
        if gradient is None:
            return
        self._waiting.append((index, gradient))
        if sum(gradient.nbytes for _, gradient in self._waiting) >= BUCKET:
            self._send()

    def finish(self) -> Iterator[tuple[int, Tensor]]:
        """Send the rest, and yield the mean of each gradient with its index."""
        if self._waiting:
            self._send()
        for work, flat, bucket in self._sent:
            with _explained():
                work.wait()
            flat /= distributed.get_world_size()
            parts = flat.split([gradient.numel() for _, gradient in bucket])
            for (index, gradient), part in zip(bucket, parts):
                yield index, part.view_as(gradient)

    def _send(self) -> None:
        bucket, self._waiting = self._waiting, []
        flat = torch.cat([gradient.reshape(-1) for _, gradient in bucket])
        with _explained():
            self._sent.append((distributed.all_reduce(flat, async_op=True), flat, bucket))


def _joined() -> bool:
    return distributed.is_available() and distributed.is_initialized()


@functools.lru_cache(maxsize=1)
def _group_of_hosts(group: Any) -> Any:
    """Return a group for numbers in the memory of the hosts, which do not wait for a GPU."""
    if "gloo" in str(distributed.get_backend_config(group)):
        return group
    return distributed.new_group(backend="gloo")


def _explained() -> contextlib.AbstractContextManager[None]:
    """Say what it means that an exchange fails."""
    return explained(
        distributed.get_rank(), "The limit of waiting is the timeout of init_process_group."
    )
