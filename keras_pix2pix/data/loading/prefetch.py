"""Reading the next batches while one is used."""

import os
from concurrent.futures import Future, ThreadPoolExecutor

# Batches that are read ahead for each thread.
REACH = 2


class ReadAhead:
    """Threads that read what will be asked for next, once batches are asked for in their order.

    Who asks for a batch that is not ready reads one of the next meanwhile, instead of waiting: if
    reading is what takes the time, there is one reader more.

    Args:
        workers: int, how many threads; 0 for none.
    """

    def __init__(self, workers):
        self.workers = workers
        self._threads = ThreadPoolExecutor(max(1, workers))
        self._coming = {}
        self._last = None

    def __reduce__(self):
        # Threads are not copied, and what they have read is not worth it.
        return ReadAhead, (self.workers,)

    def get(self, read, epoch, index, count):
        """The batch of that number.

        Args:
            read: function of an epoch and a number that reads a batch.
            epoch: int.
            index: int, from 0 to `count - 1`.
            count: int, how many batches the epoch has.
        """
        # A forked process has no threads: what its parent's were reading never comes.
        key = os.getpid(), epoch, index
        in_order, self._last = self._last == (*key[:2], index - 1), key
        if in_order:
            self._read_next(read, key, min(index + 1 + REACH * self.workers, count))
        wanted = self._coming.pop(key, None)
        if wanted is None or wanted.cancel():
            return read(epoch, index)
        for later, future in list(self._coming.items()):
            if wanted.done():
                break
            if future.cancel():
                self._coming[later] = _done(read, *later[1:])
        return wanted.result()

    def _read_next(self, read, key, end):
        process, epoch, index = key
        then = [(process, epoch, later) for later in range(index + 1, end)]
        for stale in self._coming.keys() - {key, *then}:
            self._coming.pop(stale).cancel()
        for later in then:
            if later not in self._coming:
                self._coming[later] = self._threads.submit(read, *later[1:])


def _done(read, *arguments):
    """A future that holds already what was read, or why it could not be."""
    future = Future()
    try:
        future.set_result(read(*arguments))
    except Exception as error:
        future.set_exception(error)
    return future
