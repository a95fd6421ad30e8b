"""Conditions of a user's own function: what it must return, and how a model stores it."""

import keras
import numpy as np
import pytest

from keras_pix2pix.data import Augment, Gray, OwnCondition, PairDataset, Picture
from keras_pix2pix.data.conditions.own import as_condition


@keras.saving.register_keras_serializable(package="tests")
def two_channels(picture, rng):
    return np.concatenate(
        [picture[..., :1], rng.integers(0, 256, (*picture.shape[:2], 1), "uint8")], -1
    )


def test_the_function_gets_the_augmented_picture_and_a_generator(photos):
    seen = []

    def own(picture, rng):
        seen.append((picture, rng.random()))
        return picture

    dataset = PairDataset.from_pictures(photos, own, image_size=32, augment=Augment(enlargement=1))
    seen.clear()
    _, target = dataset[0]
    picture, number = seen[0]
    assert picture.shape == (32, 32, 3) and picture.dtype == "uint8"
    np.testing.assert_array_equal(Picture(3).encode(picture)[None], target)
    seen.clear()
    dataset[0]
    assert seen[0][1] == number


def test_channels_are_those_that_it_returns(photos):
    dataset = PairDataset.from_pictures(photos, two_channels, image_size=32)
    assert dataset.formats[0][0].channels == 2
    assert dataset[0][0].shape == (1, 32, 32, 2)


def test_it_cannot_change_the_target(photos):
    def spoil(picture, rng):
        picture[:] = 0
        return picture

    condition, target = PairDataset.from_pictures(photos, spoil, image_size=32)[0]
    assert condition.max() == -1 and target.max() > 0


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda picture, rng: picture[1:], r"must return an array of shape \(64, 64, channels\)"),
        (lambda picture, rng: picture[..., 0], r"Received: \(64, 64\)"),
        (lambda picture, rng: None, "Received: <class 'NoneType'>"),
        (lambda picture, rng: picture / 255, "dtype of the picture, uint8. Received: float64"),
    ],
)
def test_wrong_results_are_named_with_the_picture(function, message, photos):
    with pytest.raises(ValueError, match=rf"0\.png: .*{message}"):
        PairDataset.from_pictures(photos, function)


def test_what_the_function_raises_is_the_cause_of_an_error_that_names_the_picture(photo):
    def dividing(picture, rng):
        return picture // (10 // (int(picture.max()) - 1) + 1)

    pictures = [photo, np.ones_like(photo)]
    dataset = PairDataset(OwnCondition(dividing), pictures)
    message = r"picture 1: .*dividing raised ZeroDivisionError: integer"
    with pytest.raises(ValueError, match=message) as raised:
        dataset[1]
    assert isinstance(raised.value.__cause__.__cause__, ZeroDivisionError)
    with pytest.raises(ValueError, match=message):
        dataset.check()
    # The first picture tells the format of all conditions.
    with pytest.raises(ValueError, match=r"picture 0: .*dividing raised ZeroDivisionError"):
        PairDataset(OwnCondition(dividing), pictures[::-1])


def test_nan_is_found_by_the_check(photo):
    pictures = [photo / np.float32(255) * share for share in (1, 0.5)]

    def spoiled(picture, rng):
        return np.where(picture.max() < 0.6, np.nan, picture).astype("float32")

    dataset = PairDataset(spoiled_condition := OwnCondition(spoiled), pictures)
    assert spoiled_condition.function is spoiled
    with pytest.raises(ValueError, match=r"picture 1: .* finite values. Received: NaN"):
        dataset.check()
    with pytest.warns(UserWarning, match="1 pairs and 0 files are left out"):
        assert len(PairDataset(spoiled_condition, pictures[::-1], on_error="skip").numbers) == 1


def test_a_registered_function_is_found_again():
    stored = keras.saving.serialize_keras_object(OwnCondition(two_channels))
    assert keras.saving.deserialize_keras_object(stored) == OwnCondition(two_channels)


def test_a_function_that_is_not_registered_is_named_when_it_is_needed(photo, rng):
    def unknown(picture, rng):
        return picture

    stored = keras.saving.serialize_keras_object(OwnCondition(unknown))
    loaded = keras.saving.deserialize_keras_object(stored)
    with pytest.raises(ValueError, match="the function unknown is not registered here"):
        loaded.compute(photo, rng, Picture(3))


def test_other_things_are_refused(photos):
    assert as_condition(two_channels) == OwnCondition(two_channels)
    for other in (3, "edges", Gray):
        with pytest.raises(ValueError, match=r"condition must be one of keras_pix2pix.*Received: "):
            PairDataset.from_pictures(photos, condition=other)
