"""Choose the pairs of each batch: passes over the set, epochs, shards and shuffling."""

import dataclasses
import functools
import math

import numpy as np


@dataclasses.dataclass(frozen=True)
class BatchOrder:
    """The pairs of each batch of each epoch.

    Args:
        pairs: int, number of pairs.
        batch_size: int. The last batch of a pass over the pairs may be smaller.
        shuffle: bool, whether each pass has its own random order.
        seed: int, of the random orders.
        shard: tuple `(index, count)`: the part that one of several processes gets. If pairs are
            shuffled, all parts have the same length, and up to `count - 1` pairs are left out; in
            another pass, others are left out. Defaults to `(0, 1)`.
        steps: int, number of batches of an epoch. An epoch may be longer or shorter than a pass;
            the next epoch continues where it ended. Defaults to `None`: an epoch is a pass.
        parts: int, into how many parts each batch is divided: that of the shards, times the devices
            of a process. If pairs are shuffled, up to `parts - 1` are left out. Defaults to `1`.
    """

    pairs: int
    batch_size: int
    shuffle: bool
    seed: int
    shard: tuple[int, int] = (0, 1)
    steps: int | None = None
    parts: int = 1

    def __len__(self) -> int:
        return self.steps or self._batches_per_pass()

    def batch(self, epoch: int, index: int) -> tuple[int, np.ndarray]:
        """Return the pass and the pairs of a batch.

        Args:
            epoch: int.
            index: int, of the batch in its epoch.

        Returns:
            A tuple of the number of the pass, and an array of positions from 0 to `pairs - 1`.
        """
        number, index = divmod(epoch * len(self) + index, self._batches_per_pass())
        start = index * self.batch_size
        return number, self.one_pass(number)[start : start + self.batch_size]

    def one_pass(self, number: int) -> np.ndarray:
        """Return the positions of all pairs of a pass, in their order.

        Args:
            number: int, of the pass, from 0.

        Returns:
            An array of ints from 0 to `pairs - 1`.
        """
        index, count = self.shard
        if not self.shuffle:
            return np.arange(index, self.pairs, count)
        # All processes must make the same number of steps, or they would wait for each other.
        pairs = _permutation(self.pairs, self.seed, number)[: self._divisible()]
        return pairs[index::count]

    def _batches_per_pass(self) -> int:
        index, count = self.shard
        last = self._divisible() if self.shuffle else self.pairs
        return -(-len(range(index, last, count)) // self.batch_size)

    def _divisible(self) -> int:
        """Return how many of the pairs are in a pass, so that all parts have the same length."""
        return self.pairs - self.pairs % math.lcm(self.shard[1], self.parts)


# Every batch of a pass needs it.
@functools.lru_cache(maxsize=8)
def _permutation(count: int, seed: int, number: int) -> np.ndarray:
    return np.random.default_rng((seed, number)).permutation(count)
