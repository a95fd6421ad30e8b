"""Batches that are read before they are asked for."""

import copy
import pickle
import threading
import time

import pytest

from keras_pix2pix.data.loading.prefetch import BATCHES_PER_WORKER, Prefetcher


class Reads:
    """A function of an epoch and a number that notes who read what; all wait until `go` is set."""

    def __init__(self, wait=False):
        self.by = []
        self.go = threading.Event()
        if not wait:
            self.go.set()

    def __call__(self, epoch, index):
        self.by.append((epoch, index, threading.current_thread() is threading.main_thread()))
        if not self.by[-1][2]:
            assert self.go.wait(10)
        return epoch, index

    def indices(self, main):
        return [index for _, index, by_main in self.by if by_main == main]


def until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_every_batch_is_read_once_whoever_reads_it(workers):
    ahead, reads = Prefetcher(workers), Reads()
    for epoch in range(3):
        got = [ahead.get(reads, epoch, index, 20) for index in range(20)]
        assert got == [(epoch, index) for index in range(20)]
    assert sorted(entry[:2] for entry in reads.by) == [(e, i) for e in range(3) for i in range(20)]
    if not workers:
        assert not reads.indices(main=False)


@pytest.mark.parametrize("workers", [1, 2])
def test_threads_read_what_comes_next_and_not_more(workers):
    ahead, reads = Prefetcher(workers), Reads()
    ahead.get(reads, 0, 4, 100)
    assert reads.indices(main=False) == []
    ahead.get(reads, 0, 5, 100)
    until(lambda: len(reads.by) == 2 + BATCHES_PER_WORKER * workers)
    time.sleep(0.05)
    assert sorted(reads.indices(main=False)) == list(range(6, 6 + BATCHES_PER_WORKER * workers))
    assert ahead.get(reads, 0, 6, 100) == (0, 6)
    assert reads.indices(main=True) == [4, 5]


def test_who_waits_reads_one_of_the_next():
    ahead, reads = Prefetcher(1), Reads(wait=True)
    for index in (0, 1):
        ahead.get(reads, 0, index, 100)
    until(lambda: reads.indices(main=False) == [2])
    # The thread has begun 2 and waits; 3 and 4 are read here meanwhile.
    threading.Timer(0.1, reads.go.set).start()
    assert ahead.get(reads, 0, 2, 100) == (0, 2)
    assert reads.indices(main=True) == [0, 1, 3, 4]
    assert [ahead.get(reads, 0, index, 100) for index in (3, 4)] == [(0, 3), (0, 4)]
    assert [entry[1] for entry in reads.by].count(3) == 1


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_an_error_comes_with_the_batch_that_it_belongs_to(workers):
    def read(epoch, index):
        if index in (5, 6):
            raise ValueError(f"batch {index} is broken")
        return index

    ahead = Prefetcher(workers)
    for index in range(12):
        if index in (5, 6):
            with pytest.raises(ValueError, match=f"batch {index} is broken"):
                ahead.get(read, 0, index, 12)
        else:
            assert ahead.get(read, 0, index, 12) == index


def test_what_is_not_asked_for_is_dropped():
    ahead, reads = Prefetcher(2), Reads()
    for epoch, index in ((0, 0), (0, 1), (0, 50), (0, 51), (1, 0), (1, 1), (1, 2)):
        assert ahead.get(reads, epoch, index, 100) == (epoch, index)
    assert all(key[1] == 1 for key in ahead._pending)
    assert len(ahead._pending) <= BATCHES_PER_WORKER * 2


def test_a_copy_has_threads_of_its_own():
    ahead, reads = Prefetcher(3), Reads()
    for index in range(5):
        ahead.get(reads, 0, index, 10)
    for other in (pickle.loads(pickle.dumps(ahead)), copy.deepcopy(ahead)):
        assert other.workers == 3 and not other._pending
        assert other.get(reads, 0, 0, 10) == (0, 0)
