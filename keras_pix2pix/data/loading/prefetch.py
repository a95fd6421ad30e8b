"""Read the next batches in threads while a batch is used."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

Batch = TypeVar("Batch")

# Number of batches that are read ahead for each thread.
BATCHES_PER_WORKER = 2


class Prefetcher(Generic[Batch]):
    """Threads that read the next batches, as soon as batches are requested in their order.

    If a requested batch is still being read, the calling thread reads one of the next batches
    instead of waiting. So one more thread reads when reading is the bottleneck.

    Args:
        workers: int, number of threads. With 0, the calling thread reads each batch.

    Raises:
        ValueError: for a negative number.
    """

    def __init__(self, workers: int) -> None:
        if workers < 0:
            raise ValueError(f"workers must be at least 0. Received: {workers}")
        self.workers = workers
        self._threads = ThreadPoolExecutor(max(1, workers))
        # Batches that were submitted to the threads, by process, epoch and index.
        self._pending: dict[tuple[int, int, int], Future[Batch]] = {}
        self._last_key: tuple[int, int, int] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy starts its own threads, and reads again.
        return Prefetcher, (self.workers,)

    def get(self, read: Callable[[int, int], Batch], epoch: int, index: int, count: int) -> Batch:
        """Return a batch.

        Args:
            read: function of an epoch and an index that reads a batch.
            epoch: int.
            index: int, from 0 to `count - 1`.
            count: int, number of batches of the epoch.
        """
        # The process is part of the key: a forked process has no threads that read the rest.
        key = os.getpid(), epoch, index
        in_order, self._last_key = self._last_key == (*key[:2], index - 1), key
        if in_order:
            end = min(index + 1 + BATCHES_PER_WORKER * self.workers, count)
            self._submit(read, key, end)
        wanted = self._pending.pop(key, None)
        if wanted is None or wanted.cancel():
            return read(epoch, index)
        for later_key, future in list(self._pending.items()):
            if wanted.done():
                break
            if future.cancel():
                self._pending[later_key] = _read_now(read, *later_key[1:])
        return wanted.result()

    def _submit(
        self, read: Callable[[int, int], Batch], key: tuple[int, int, int], end: int
    ) -> None:
        """Submit the batches from the one after `key` to `end`, and drop all others."""
        process, epoch, index = key
        next_keys = [(process, epoch, later) for later in range(index + 1, end)]
        for stale_key in self._pending.keys() - {key, *next_keys}:
            self._pending.pop(stale_key).cancel()
        for next_key in next_keys:
            if next_key not in self._pending:
                self._pending[next_key] = self._threads.submit(read, *next_key[1:])


def _read_now(read: Callable[[int, int], Batch], epoch: int, index: int) -> Future[Batch]:
    """Return a future that already holds the batch, or the error of reading it."""
    future: Future[Batch] = Future()
    try:
        future.set_result(read(epoch, index))
    except Exception as error:
        future.set_exception(error)
    return future
