"""Which pair comes when: epochs, shards and shuffling."""

import functools

import numpy as np


def length(pairs, shuffle, shard):
    """How many of so many pairs come in an epoch; arguments as for `positions`."""
    index, count = shard
    return pairs // count if shuffle else len(range(index, pairs, count))


def positions(pairs, epoch, shuffle, seed, shard):
    """The positions of the pairs of an epoch, in their order.

    Args:
        pairs: int, how many pairs there are.
        epoch: int.
        shuffle: bool, whether each epoch has an order of its own.
        seed: int, for another order.
        shard: tuple `(index, count)`: the part that one of several processes has. When pairs are
            shuffled, all parts are of one length.

    Returns:
        An array of ints.
    """
    index, count = shard
    if not shuffle:
        return np.arange(index, pairs, count)
    # All processes take as many steps; who is left over changes with the epoch.
    return _permutation(pairs, seed, epoch)[: pairs - pairs % count][index::count]


# Kept, as every batch asks for it.
@functools.lru_cache(maxsize=8)
def _permutation(count, seed, epoch):
    return np.random.default_rng((seed, epoch)).permutation(count)
