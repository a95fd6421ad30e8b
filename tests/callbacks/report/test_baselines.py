"""Answers that need no learning, computed by hand."""

import keras
import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix.callbacks.report.baselines import baselines, error, thumbnail
from keras_pix2pix.data import Labels, Picture


class Constant:
    """A model that always generates the same."""

    def __init__(self, value, format):
        self.value, self.formats = value, ((Picture(3),), format)

    def predict_on_batch(self, conditions):
        return np.broadcast_to(self.value, (len(conditions), 4, 4, np.shape(self.value)[-1]))


def images(*levels):
    return np.stack([np.full((4, 4, 3), level, "float32") for level in levels])


def test_the_mean_picture_and_the_nearest_pair():
    # Conditions -1 and 1 have the targets -0.5 and 1. The mean target is 0.25.
    train = [(images(-1, 1), images(-0.5, 1))]
    # The nearest of the first is the second pair, of the second the first pair.
    held = [(images(0.8, -0.6), images(0.5, -0.5))]
    found = baselines(Constant([0.0] * 3, Picture(3)), train, held)
    assert found.model == pytest.approx((0.5 + 0.5) / 2 / 2)
    assert found.nearest == pytest.approx((0.5 + 0.0) / 2 / 2)
    assert found.mean == pytest.approx((0.25 + 0.75) / 2 / 2)
    assert found.unit == "Mean difference from the target"


def test_label_maps_are_right_or_wrong():
    def one_hot(number):
        return np.broadcast_to(np.eye(3, dtype="float32")[number] * 2 - 1, (4, 4, 3))

    train = [(images(-1, 0, 1), np.stack([one_hot(0), one_hot(0), one_hot(2)]))]
    held = [(images(0.9, -0.9), np.stack([one_hot(2), one_hot(1)]))]
    found = baselines(Constant(one_hot(1)[0, 0], Labels(3)), train, held)
    # The most common class of the training is 0, which is never right here.
    assert tuple(found)[:3] == (0.5, 0.5, 1.0)
    assert found.unit == "Wrong pixels"


def test_what_no_one_knows_does_not_count():
    weights = np.zeros((4, 4, 1), "float32")
    weights[0] = 1
    target, picture = images(0, 0.5)
    target = target.copy()
    target[1:] = 1
    assert error(Picture(3), target, picture, weights) == pytest.approx(0.25)
    assert error(Picture(3), target, picture, 0 * weights) == 0


def test_a_thumbnail_has_the_means_of_what_it_covers():
    image = np.arange(32 * 48, dtype="float32").reshape(32, 48, 1)
    small = thumbnail(image)
    assert small.shape == (16, 16, 1)
    assert small[0, 0, 0] == image[:2, :3].mean()
    # What does not divide is left out at the edges, and small images stay.
    assert thumbnail(image[:, :47]).shape == (16, 23, 1)
    np.testing.assert_array_equal(thumbnail(image[:3, :4]), image[:3, :4])


def test_images_of_several_sizes_are_not_compared():
    small = np.zeros((1, 8, 8, 3), "float32")
    model = Constant([0.0] * 3, Picture(3))
    assert baselines(model, [(small, small)], [(images(0), images(0))]) is None


def test_training_pairs_are_taken_without_augmentation(tiny, pairs):
    model = tiny()
    train = kp.data.PairDataset(*pairs, batch_size=3, augment=True, image_size=16)
    keras.utils.set_random_seed(1)
    found = baselines(model, train, kp.data.PairDataset(*pairs, batch_size=8))
    # Every held-out pair is a training pair.
    assert found.nearest == 0
    assert found.mean > 0.1
