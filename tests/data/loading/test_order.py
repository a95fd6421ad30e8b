"""Which pair comes when."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.files.conversion import from_model_range


def numbered(count, size=(2, 2)):
    """Images whose every pixel is the number of the image."""
    return np.tile(np.arange(count, dtype="uint8")[:, None, None, None], (1, *size, 1))


def numbers(dataset, side=0):
    """The numbers of the images in the order in which they come."""
    return [int(image[0, 0, 0]) for batch in dataset for image in from_model_range(batch[side])]


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 2**32), st.integers(0, 500))
def test_a_shuffled_epoch_has_every_pair_once(count, batch_size, seed, epoch):
    dataset = PairDataset(
        numbered(count), numbered(count), batch_size=batch_size, shuffle=True, seed=seed
    )
    dataset.set_epoch(epoch)
    assert sorted(numbers(dataset)) == list(range(count))
    assert numbers(dataset) == numbers(dataset, side=1)


def test_shuffling_follows_augment_unless_told():
    images = numbered(20)
    assert numbers(PairDataset(images, images)) == list(range(20))
    assert numbers(PairDataset(images, images, augment=True, image_size=2)) != list(range(20))
    plain = PairDataset(images, images, augment=True, image_size=2, shuffle=False)
    assert numbers(plain) == list(range(20))
    assert numbers(PairDataset(images, images, shuffle=True)) != list(range(20))


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(1, 6), st.integers(1, 15), st.booleans())
def test_epochs_of_steps_are_one_stream_of_passes(count, batch_size, steps, shuffle):
    whole = PairDataset(numbered(count), numbered(count), batch_size=batch_size, shuffle=shuffle)
    parts = whole.in_steps(steps)
    assert len(parts) == steps

    def stream(dataset, epochs):
        for epoch in range(epochs):
            dataset.set_epoch(epoch)
            yield from ([int(v) for v in batch[0][:, 0, 0, 0] * 127.5 + 128] for batch in dataset)

    expected = stream(whole, 10 * steps)
    for batch in stream(parts, 5):
        assert batch == next(expected)


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 4), st.integers(0, 50), st.booleans())
def test_shards_have_each_pair_at_most_once(count, shards, batch_size, epoch, shuffle):
    images = numbered(count)
    options = {"batch_size": batch_size, "shuffle": shuffle}
    if shards > count:
        with pytest.raises(ValueError, match=r"shard must be \(index, count\)"):
            PairDataset(images, images, shard=(0, shards), **options)
        return
    parts = []
    for index in range(shards):
        dataset = PairDataset(images, images, shard=(index, shards), **options)
        dataset.set_epoch(epoch)
        parts.append(numbers(dataset))
        assert len(list(dataset)) == len(dataset)
    together = sorted(number for part in parts for number in part)
    assert len(set(together)) == len(together)
    if shuffle:
        assert len({len(part) for part in parts}) == 1
        assert len(together) == count - count % shards
    else:
        assert together == list(range(count))


def test_pairs_that_wait_are_others_in_another_epoch():
    left = set()
    for epoch in range(40):
        seen = set()
        for index in range(3):
            dataset = PairDataset(numbered(8), numbered(8), shuffle=True, shard=(index, 3))
            dataset.set_epoch(epoch)
            seen.update(numbers(dataset))
        left |= set(range(8)) - seen
    assert left == set(range(8))
