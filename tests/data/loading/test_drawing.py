"""Pairs that are drawn into one picture: its size, and the place of each image."""

import numpy as np
import pytest

from keras_pix2pix.data import PairDataset, Picture
from keras_pix2pix.data.loading.drawing import GAP, HEADER, draw_pairs, spread_pairs


def drawn(conditions, *pictures, **options):
    """Pairs drawn from images of any number of channels."""
    formats = (Picture(conditions.shape[-1]),), Picture(pictures[0].shape[-1])
    return draw_pairs(formats, conditions, *pictures, **options)


def flat(*values, size=(32, 40), channels=3):
    """One image of each value, in [-1, 1]."""
    images = [np.full((*size, channels), value, "float32") for value in values]
    return np.stack(images)


def place(page, row, column, size=(32, 40)):
    """The pixels where the image of this row and column belongs."""
    height, width = size
    # Three images and three gaps a pair.
    left, top = GAP + column * (width + GAP), 2 * HEADER + row * (height + GAP)
    return np.asarray(page)[top : top + height, left : left + width]


def test_size_and_places():
    conditions, targets = flat(-1, -0.6, -0.2), flat(0.2, 0.4, 0.6)
    generated = flat(0.7, 0.8, 0.9)
    page = drawn(conditions, targets, generated, per_row=2, title="epoch 1")
    assert page.mode == "RGB"
    assert page.size == (2 * 3 * (40 + GAP) + GAP, 2 * HEADER + 2 * (32 + GAP) + GAP)
    levels = np.round(
        np.stack([conditions, targets, generated], axis=1)[..., 0, 0, 0] * 127.5 + 127.5
    )
    for number, triple in enumerate(levels):
        row, column = divmod(number, 2)
        for side, level in enumerate(triple):
            assert (place(page, row, 3 * column + side) == level).all()
    # The last place is empty, and so is what is between the images.
    assert (place(page, 1, 3) == 255).all()
    assert (np.asarray(page)[:, :GAP] == 255).all()
    assert (np.asarray(page)[2 * HEADER + 32 : 2 * HEADER + 32 + GAP] == 255).all()


def test_an_image_is_neither_mirrored_nor_turned():
    image = np.linspace(-1, 1, 32 * 40 * 3, dtype="float32").reshape(1, 32, 40, 3)
    page = drawn(image, image[:, ::-1], image[:, :, ::-1])
    expected = np.round(image[0] * 127.5 + 127.5)
    np.testing.assert_array_equal(place(page, 0, 0), expected)
    np.testing.assert_array_equal(place(page, 0, 1), expected[::-1])
    np.testing.assert_array_equal(place(page, 0, 2), expected[:, ::-1])


@pytest.mark.parametrize("channels", [1, 2])
def test_one_and_two_channels_are_shown_grey(channels):
    condition = flat(0.0, channels=channels)
    condition[..., 0] = -0.5
    page = drawn(condition, flat(0), flat(0, channels=1))
    assert (place(page, 0, 0) == 64).all()
    assert (place(page, 0, 2) == 128).all()


def test_of_four_channels_the_colors_are_shown():
    condition = flat(0.0, channels=4) + np.array([1, 0, -1, 0.5], "float32")
    page = drawn(condition, flat(0), flat(0))
    assert (place(page, 0, 0) == [255, 128, 0]).all()


def test_values_beyond_the_range_are_cut():
    page = drawn(flat(-1.5), flat(1.5), flat(0))
    assert (place(page, 0, 0) == 0).all()
    assert (place(page, 0, 1) == 255).all()


def test_a_row_is_no_wider_than_its_pairs():
    page = drawn(flat(0), flat(0), flat(0), per_row=4)
    assert page.width == 3 * (40 + GAP) + GAP


@pytest.mark.parametrize("title", ["", "epoch 7"])
def test_title_and_names_are_written(title):
    header = np.asarray(drawn(flat(0), flat(0), flat(0), title=title))[: 2 * HEADER]
    assert (header[:HEADER] < 128).any() == bool(title)
    names = header[HEADER:]
    for side in range(3):
        left = GAP + side * (40 + GAP)
        assert (names[:, left : left + 40] < 200).any()


@pytest.mark.parametrize("size", [(1, 1), (4, 3), (8, 100)])
def test_images_of_any_size(size):
    image = flat(0.5, size=size)
    assert (place(drawn(image, image, image), 0, 1, size) == 191).all()


def numbered(count):
    """Pairs whose pixels are their numbers, as images in [-1, 1]."""
    images = (np.arange(count) / count)[:, None, None, None]
    return np.broadcast_to(images, (count, 4, 4, 3)).astype("float32")


@pytest.mark.parametrize(("count", "places"), [(3, [0, 4, 9]), (1, [0]), (12, list(range(10)))])
def test_pairs_are_spread_from_the_first_to_the_last(count, places):
    images = numbered(10)
    dataset = PairDataset(images, -images, batch_size=4, shuffle=True)
    # The last batch of a list is smaller.
    batches = [(images[i : i + 4], -images[i : i + 4]) for i in (0, 4, 8)]
    for data in (dataset, batches):
        conditions, targets = zip(*spread_pairs(data, count))
        np.testing.assert_allclose(np.stack(conditions), images[places], atol=1e-6)
        np.testing.assert_allclose(np.stack(targets), -images[places], atol=1e-6)


def test_spread_pairs_are_not_augmented_and_keep_their_weights():
    images = numbered(6)
    dataset = PairDataset(images, images, augment=True, image_size=4)
    np.testing.assert_allclose(
        [condition for condition, _ in spread_pairs(dataset, 2)], images[[0, 5]], atol=1e-6
    )
    weights = np.ones((6, 4, 4, 1), "float32")
    assert [len(pair) for pair in spread_pairs([(images, images, weights)], 2)] == [3, 3]
