"""What all conditions share: stored values of every dtype and range, and their settings."""

import dataclasses
import json
import pickle

import keras
import numpy as np
import pytest

from keras_pix2pix.data import (
    BlankRectangle,
    Blur,
    EdgeDrawing,
    Gray,
    Holes,
    JPEGArtifacts,
    Labels,
    Lightness,
    Noise,
    OwnCondition,
    PairDataset,
    Picture,
    Smaller,
)
from keras_pix2pix.data.conditions.condition import check_amount, drawn


@keras.saving.register_keras_serializable(package="tests")
def mirrored(picture, rng):
    return picture[:, ::-1]


ALL = [
    EdgeDrawing(thresholds=(0.05, 0.1)),
    EdgeDrawing("contours"),
    Lightness(),
    Gray(),
    Holes("center"),
    Holes("boxes", size=12),
    Holes("strokes"),
    BlankRectangle(),
    Smaller(4),
    Noise("gaussian", (0.1, 0.2)),
    Noise("poisson"),
    Noise("salt"),
    Blur((1.0, 3.0)),
    JPEGArtifacts(),
    OwnCondition(mirrored),
]
RANDOM = {"Holes(shape='boxes'", "Holes(shape='strokes'", "Noise", "Blur", "JPEGArtifacts"}


@pytest.mark.parametrize("condition", ALL, ids=str)
def test_settings_survive_json_and_pickling(condition):
    stored = json.loads(json.dumps(keras.saving.serialize_keras_object(condition)))
    assert keras.saving.deserialize_keras_object(stored) == condition
    assert pickle.loads(pickle.dumps(condition)) == condition


@pytest.mark.parametrize("condition", ALL, ids=str)
def test_formats_survive_json(condition, photos):
    formats = PairDataset.from_pictures(photos, condition).formats
    stored = json.loads(json.dumps(keras.saving.serialize_keras_object(formats)))
    conditions, target = keras.saving.deserialize_keras_object(stored)
    assert (tuple(conditions), target) == formats


@pytest.mark.parametrize("condition", ALL, ids=str)
def test_pairs_follow_from_seed_epoch_and_number_alone(condition, photos):
    options = {"image_size": 32, "augment": True, "batch_size": 4, "shuffle": False}
    one, two = (
        PairDataset.from_pictures(photos, condition, workers=workers, **options)
        for workers in (0, 2)
    )
    for dataset in (one, two):
        dataset.set_epoch(3)
    first = one[0]
    for a, b in zip(first, two[0], strict=True):
        np.testing.assert_array_equal(a, b)
    plain = PairDataset.from_pictures(photos, condition, image_size=32)
    before = plain[0]
    assert all(np.abs(part).max() <= 1 and part.dtype == "float32" for part in before)
    plain.set_epoch(1)
    differ = not np.array_equal(before[0], plain[0][0])
    assert differ == any(str(condition).startswith(name) for name in RANDOM)
    # The picture is the same, whatever is drawn.
    np.testing.assert_array_equal(before[1], plain[0][1])


# Integers that are a multiple of others mean the same picture.
SAME = {
    "uint16": (Picture(3, dtype="uint16"), lambda image: image.astype("uint16") * 257),
    "12 bits": (
        Picture(3, value_range=(0, 4080), dtype="uint16"),
        lambda image: image.astype("uint16") * 16,
    ),
    "floats": (
        Picture(3, value_range=(0, 1), dtype="float32"),
        lambda image: (image / 255).astype("float32"),
    ),
    "-1 to 1": (
        Picture(3, dtype="float32"),
        lambda image: (image / 127.5 - 1).astype("float32"),
    ),
}


@pytest.mark.parametrize("kind", SAME)
@pytest.mark.parametrize("condition", ALL[:-1], ids=str)
def test_the_condition_is_the_same_whatever_the_dtype(condition, kind, photo, computed):
    picture, convert = SAME[kind]
    if condition == EdgeDrawing("contours") and picture.dtype == "float32":
        pytest.skip("a mask has integers")
    if condition == Noise("poisson"):
        pytest.skip("a last bit more changes all draws")
    eight_bits = Picture(3, dtype="uint8")
    found = []
    for format, image in ((eight_bits, photo), (picture, convert(photo))):
        rng = np.random.default_rng(0)
        formats = condition.formats(format, image)
        assert condition.written(image, rng, format).dtype in ("uint8", image.dtype)
        rng = np.random.default_rng(0)
        found.append(condition.encoded(image, rng, format, formats))
    for a, b in zip(*found, strict=True):
        # 8 bits are rounded twice where a condition is made smaller and larger.
        assert np.abs(a - b).max() < 0.05
        assert np.abs(a - b).mean() < 0.005


def test_colors_vary_before_the_condition_is_computed(photos):
    from keras_pix2pix.data import Augment

    augment = Augment(enlargement=1, mirror=False, color=0.5)
    dataset = PairDataset.from_pictures(photos, OwnCondition(mirrored), image_size=64)
    plain = dataset[0]
    varied = dataset.subset([0], augment=augment, shuffle=False)[0]
    assert np.abs(plain[1] - varied[1]).max() > 0.1
    np.testing.assert_array_equal(varied[0][:, :, ::-1], varied[1])


def test_drawings_go_with_the_window_that_is_cut(photos):
    augment = PairDataset.from_pictures(
        photos, OwnCondition(mirrored), image_size=48, augment=True, batch_size=4
    )
    for epoch in range(3):
        augment.set_epoch(epoch)
        condition, target = augment[0]
        np.testing.assert_array_equal(condition[:, :, ::-1], target)


def test_a_cache_keeps_pictures_and_not_conditions(photos):
    options = {"image_size": 32, "batch_size": 4}
    noise = Noise()
    plain, cached = (
        PairDataset.from_pictures(photos, noise, cache=cache, **options) for cache in (False, True)
    )
    for epoch in range(2):
        for dataset in (plain, cached):
            dataset.set_epoch(epoch)
        np.testing.assert_array_equal(plain[0][0], cached[0][0])


def test_computed_conditions_have_weights_of_pixels(photos, photo):
    rows = np.arange(64, dtype="float32")[:, None, None] / 64
    weights = [np.broadcast_to(rows, (64, 64, 1))] * 2
    pictures = [photo[:, :64], photo[:, 32:]]
    for condition in (EdgeDrawing(), Holes("center")):
        plain = PairDataset(condition, pictures, batch_size=2)[0]
        condition, target, found = PairDataset(condition, pictures, batch_size=2, weights=weights)[
            0
        ]
        np.testing.assert_array_equal(condition, plain[0])
        np.testing.assert_array_equal(target, plain[1])
        # Outside of holes nothing is trained, whatever the weights.
        of_holes = plain[2] if len(plain) > 2 else 1
        np.testing.assert_array_equal(found, np.stack(weights) * of_holes)


def test_pictures_with_a_range_of_their_own(photo):
    deep = photo.astype("uint16") * 7 + 100
    formats = (Picture(3, value_range=("0%", "100%")),) * 2
    dataset = PairDataset(BlankRectangle(0.5), [deep], formats=formats)
    condition, target = dataset[0]
    assert (target.min(), target.max()) == (-1, 1)
    assert (condition[0, 16:48, 24:72] == 1).all()
    np.testing.assert_array_equal(condition[0, :16], target[0, :16])


def test_label_maps_are_targets_of_contours_and_own_functions_only():
    maps = [np.repeat([[0, 0, 1, 1, 2, 2]], 6, axis=0)[..., None].astype("uint8")] * 2
    formats = Labels(3), Labels(3)
    dataset = PairDataset(EdgeDrawing("contours"), maps, formats=formats)
    condition, target = dataset[0]
    assert condition[0, 0, :, 0].tolist() == [1, 1, -1, 1, -1, 1]
    assert target.shape == (1, 6, 6, 3)
    with pytest.raises(ValueError, match="format must be a Picture"):
        PairDataset(EdgeDrawing(), maps, formats=formats)


def test_pictures_with_unknown_pixels_are_refused(photo):
    formats = (Picture(3, value_range=(0, 255), nodata=0),) * 2
    with pytest.raises(ValueError, match="every pixel is known"):
        PairDataset(Gray(), [photo], formats=formats)


def test_numbers_out_of_range_are_refused():
    check_amount("x", (1, 2.5), 0, 3)
    for value in (4, (2, 1), "1", None, True, (1, 2, 3), float("nan")):
        with pytest.raises(ValueError, match="x must be a number from 0 to 3"):
            check_amount("x", value, 0, 3)
    with pytest.raises(ValueError, match="x must be an int from 0 to 3"):
        check_amount("x", 1.5, 0, 3, whole=True, several=False)


def test_an_amount_is_drawn_between_two(rng):
    assert drawn(2, rng) == 2
    values = [drawn((1, 3), rng) for _ in range(100)]
    assert 1 <= min(values) < 1.2 and 2.8 < max(values) <= 3


def test_settings_are_immutable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Smaller(4).factor = 2
