"""The parts of several processes: together they read what one process reads."""

import numpy as np
import pytest

from keras_pix2pix.data import PairDataset


def pairs(count, **options):
    images = np.random.default_rng(0).integers(0, 256, (count, 10, 10, 3), dtype="uint8")
    options = {"image_size": 8, "batch_size": 4, "augment": True} | options
    return PairDataset(images, 255 - images, **options)


def merged(parts, index):
    """The batch that all parts see together, in the order of one process."""
    batches = [part[index][0] for part in parts]
    return np.stack(batches, axis=1).reshape(-1, *batches[0].shape[1:])


@pytest.mark.parametrize("steps", [None, 3])
@pytest.mark.parametrize("options", [{}, {"augment": False, "shuffle": False}])
@pytest.mark.parametrize("count", [2, 4])
def test_parts_are_the_batches_of_one_process_with_their_augmentation(steps, options, count):
    whole = pairs(12, **options)
    if steps:
        whole = whole.in_steps(steps)
    parts = [whole.part(index, count) for index in range(count)]
    for epoch in range(3):
        for dataset in (whole, *parts):
            dataset.set_epoch(epoch)
        assert len({len(dataset) for dataset in (whole, *parts)}) == 1
        for index in range(len(whole)):
            np.testing.assert_array_equal(merged(parts, index), whole[index][0])


@pytest.mark.parametrize(("count", "devices"), [(2, 2), (2, 4), (1, 3)])
def test_what_cannot_be_divided_is_left_out_and_changes(count, devices):
    whole = pairs(11, batch_size=12, augment=False, shuffle=True)
    parts = [whole.part(index, count, devices) for index in range(count)]
    seen = []
    for epoch in range(8):
        for part in parts:
            part.set_epoch(epoch)
        (batches,) = [[part[index][0] for part in parts] for index in range(len(parts[0]))]
        images = {image.tobytes() for batch in batches for image in batch}
        assert len(images) == sum(map(len, batches)) == 11 - 11 % devices
        assert len({len(batch) for batch in batches}) == 1
        seen.append(images)
    assert len(set.union(*seen)) == 11


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 3}, "batch_size=3. Use 2 or a multiple"),
        ({"augment": False, "shuffle": False}, "Received: 7 pairs, shuffle=False"),
        ({"shard": (1, 2)}, r"leave out shard.*shard=\(1, 2\)"),
    ],
)
def test_what_cannot_be_shared(options, message):
    with pytest.raises(ValueError, match=message):
        pairs(7, **options).part(0, 2)


def test_names_of_the_pairs():
    assert pairs(3).pair_names() == ["0", "1", "2"]
    assert pairs(3, names=["a", "b", "c"]).subset([2, 0]).pair_names() == ["c", "a"]
