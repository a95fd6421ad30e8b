"""The pairs of each batch: every pair once, in an order that depends on seed and pass alone."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_pix2pix.data.loading.order import BatchOrder


def positions(order, epoch=0):
    """The positions of the pairs of an epoch, batch after batch."""
    return [int(p) for index in range(len(order)) for p in order.batch(epoch, index)[1]]


def test_the_order_is_a_permutation_of_numpy_drawn_with_seed_and_pass():
    order = BatchOrder(pairs=12, batch_size=5, shuffle=True, seed=7)
    for epoch in (0, 3):
        expected = np.random.default_rng((7, epoch)).permutation(12)
        np.testing.assert_array_equal(order.one_pass(epoch), expected)
        assert positions(order, epoch) == expected.tolist()
        assert [order.batch(epoch, index)[0] for index in range(3)] == [epoch] * 3


def test_without_shuffling_pairs_keep_their_order():
    order = BatchOrder(pairs=7, batch_size=3, shuffle=False, seed=0)
    for epoch in (0, 1):
        batches = [order.batch(epoch, index)[1].tolist() for index in range(len(order))]
        assert batches == [[0, 1, 2], [3, 4, 5], [6]]


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 2**32), st.integers(0, 500))
def test_a_shuffled_epoch_has_every_pair_once(pairs, batch_size, seed, epoch):
    order = BatchOrder(pairs, batch_size, True, seed)
    assert len(order) == int(np.ceil(pairs / batch_size))
    sizes = [len(order.batch(epoch, index)[1]) for index in range(len(order))]
    assert sizes[:-1] == [batch_size] * (len(order) - 1) and 1 <= sizes[-1] <= batch_size
    assert sorted(positions(order, epoch)) == list(range(pairs))


def test_seed_and_epoch_change_the_order_in_different_ways():
    def drawn(seed, epoch):
        return positions(BatchOrder(20, 4, True, seed), epoch)

    orders = {(seed, epoch): drawn(seed, epoch) for seed in range(4) for epoch in range(4)}
    assert len(set(map(tuple, orders.values()))) == 16
    # It makes no difference what was asked for before.
    assert all(drawn(*key) == orders[key] for key in reversed(orders))


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(1, 6), st.integers(1, 15), st.booleans())
def test_epochs_of_steps_are_one_stream_of_passes(pairs, batch_size, steps, shuffle):
    whole = BatchOrder(pairs, batch_size, shuffle, 0)
    parts = dataclasses.replace(whole, steps=steps)
    assert len(parts) == steps

    def stream(order, epochs):
        for epoch in range(epochs):
            for index in range(len(order)):
                number, batch = order.batch(epoch, index)
                yield number, batch.tolist()

    expected = stream(whole, 10 * steps)
    assert all(batch == next(expected) for batch in stream(parts, 5))


def test_the_parts_of_a_shard_are_every_count_th_pair():
    plain = [BatchOrder(8, 2, False, 0, (index, 3)) for index in range(3)]
    assert [positions(part) for part in plain] == [[0, 3, 6], [1, 4, 7], [2, 5]]
    assert [len(part) for part in plain] == [2, 2, 1]
    permutation = np.random.default_rng((5, 1)).permutation(8).tolist()
    shuffled = [BatchOrder(8, 2, True, 5, (index, 3)) for index in range(3)]
    # Two pairs are left out: all parts have the same length.
    expected = [permutation[:6][index::3] for index in range(3)]
    assert [positions(part, 1) for part in shuffled] == expected
    assert [len(part) for part in shuffled] == [1, 1, 1]


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 4), st.integers(0, 50), st.booleans())
def test_shards_have_each_pair_at_most_once(pairs, count, batch_size, epoch, shuffle):
    count = min(count, pairs)
    orders = [BatchOrder(pairs, batch_size, shuffle, 0, (index, count)) for index in range(count)]
    parts = [positions(order, epoch) for order in orders]
    together = sorted(position for part in parts for position in part)
    if shuffle:
        assert len({len(part) for part in parts}) == 1
        assert len(set(together)) == len(together) == pairs - pairs % count
    else:
        assert together == list(range(pairs))


def test_other_pairs_are_left_out_in_another_pass():
    left_out = set()
    for epoch in range(40):
        seen = {
            p for index in range(3) for p in positions(BatchOrder(8, 1, True, 0, (index, 3)), epoch)
        }
        assert len(seen) == 6
        left_out |= set(range(8)) - seen
    assert left_out == set(range(8))


def test_a_shard_has_epochs_of_steps_too():
    order = BatchOrder(10, 2, True, 3, shard=(1, 2), steps=2)
    mine = [np.random.default_rng((3, number)).permutation(10)[1::2].tolist() for number in (0, 1)]
    batches = [
        (number, mine[number][start : start + 2]) for number in (0, 1) for start in (0, 2, 4)
    ]
    found = [order.batch(epoch, index) for epoch in range(3) for index in range(2)]
    assert [(number, batch.tolist()) for number, batch in found] == batches


def test_an_order_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        BatchOrder(2, 1, True, 0).seed = 1
