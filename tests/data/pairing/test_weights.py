"""Weights of pixels: read, cut and resized with their pair, and what losses make of them."""

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import Augment, Labels, PairDataset, Picture
from keras_pix2pix.data.pairing.weights import Weights

RNG = np.random.default_rng(0)
CONDITIONS, TARGETS = RNG.integers(0, 256, (2, 3, 16, 16, 3), dtype="uint8")
LEVELS = RNG.integers(0, 3, (3, 16, 16, 1))


def pairs(weights, targets=TARGETS, **options):
    return PairDataset(CONDITIONS, targets, weights=weights, **options)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (LEVELS.astype("uint8") * 127, LEVELS * (127 / 255)),
        (LEVELS.astype("uint16") * 32767, LEVELS * (32767 / 65535)),
        (LEVELS.astype("float32") * 2.5, LEVELS * 2.5),
        (LEVELS > 1, LEVELS > 1),
    ],
)
def test_weights_are_the_third_part_of_a_batch(stored, expected):
    dataset = pairs(stored, batch_size=3)
    condition, target, weights = dataset[0]
    assert weights.dtype == "float32"
    np.testing.assert_allclose(weights, expected, atol=1e-7)
    # What is left out keeps its target, which everything sees in place of the generated picture.
    np.testing.assert_array_equal(target, Picture().encode(TARGETS))
    np.testing.assert_array_equal(condition, Picture().encode(CONDITIONS))


@pytest.mark.parametrize("cache", [False, True])
def test_weights_are_cut_and_mirrored_as_their_pair(cache):
    """The target is the weight in three channels, so both must stay alike."""
    targets = np.repeat(LEVELS.astype("uint8") * 127, 3, axis=-1)
    weights = list(LEVELS.astype("uint8") * 127)
    augment = Augment(enlargement=1.5)
    options = {"image_size": 16, "augment": augment, "cache": cache}
    dataset = pairs(
        weights, targets, formats=(Picture(3), Picture(3, interpolation="nearest")), **options
    )
    for index in range(3):
        _, target, seen = dataset[index]
        np.testing.assert_allclose(target[..., :1] / 2 + 0.5, seen, atol=1e-6)
        assert not np.array_equal(seen[0], weights[index] / 255)


def test_weights_and_pixels_without_a_class_are_multiplied():
    classes = LEVELS.astype("uint8")
    weights = np.full((3, 16, 16, 1), 0.5, "float32")
    dataset = pairs(weights, classes, formats=(Picture(3), Labels(2, ignore=2)), batch_size=3)
    np.testing.assert_array_equal(dataset[0][2], np.where(LEVELS == 2, 0, 0.5))


def test_losses_are_weighed_as_computed_by_hand(tiny):
    model = tiny()
    model.compile(adversarial_loss=None)
    weights = LEVELS.astype("float32")
    dataset = pairs(weights, batch_size=3)
    condition, target, _ = dataset[0]
    difference = np.abs(model.predict(condition, verbose=0) - target)
    loss = model.evaluate(dataset, verbose=0, return_dict=True)["reconstruction_loss"]
    np.testing.assert_allclose(loss, (weights * difference).mean(), rtol=1e-5)
    assert abs(loss - difference.mean()) > 0.01


def test_weights_from_a_folder(tmp_path):
    for folder, images in (("a", CONDITIONS), ("b", TARGETS), ("w", LEVELS[..., 0] * 127)):
        (tmp_path / folder).mkdir()
        for number, image in enumerate(images):
            name = f"{number}{'_mask' * (folder == 'w')}.png"
            Image.fromarray(image.astype("uint8")).save(tmp_path / folder / name)
    dataset = PairDataset.from_folders(
        tmp_path / "a",
        tmp_path / "b",
        weights=tmp_path / "w",
        patterns=("(.+)", "(.+)", "(.+)_mask"),
        batch_size=3,
    )
    np.testing.assert_allclose(dataset[0][2], LEVELS * (127 / 255), atol=1e-6)
    train, val = dataset.split(0.4)
    assert len(train[0]) == len(val[0]) == 3
    assert str(dataset.audit()).count("weight") == 0
    (tmp_path / "w" / "1_mask.png").unlink()
    with pytest.raises(ValueError, match="2 files have no partner"):
        PairDataset.from_folders(
            tmp_path / "a",
            tmp_path / "b",
            weights=tmp_path / "w",
            patterns=("(.+)", "(.+)", "(.+)_mask"),
        )


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (-np.ones((3, 16, 16, 1), "float32"), r"weight 0 must hold weights.*float32 from -1 to -1"),
        (np.full((3, 16, 16, 1), np.nan, "float32"), "weight 0 must hold weights"),
        (np.full((3, 16, 16, 1), np.inf, "float32"), "weight 0 must hold weights"),
        (np.ones((3, 16, 16, 1), "int16"), r"weight 0 must hold weights.*int16"),
        (CONDITIONS, "weight 0 has 3 channels"),
        (np.ones((3, 8, 8, 1), "float32"), r"must have the same height and width.*\(8, 8\)"),
    ],
)
def test_what_cannot_weigh_is_refused_before_training(weights, words):
    with pytest.raises(ValueError, match=f"3 of 3 pairs cannot be trained on(.|\n)*{words}"):
        pairs(weights).check()


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.ones((2, 16, 16, 1), "float32"), "2 weights and 3 targets"),
        (np.ones((3, 16, 16), "float32"), r"weights must have shape \(count"),
    ],
)
def test_other_numbers_are_refused_at_once(weights, words):
    with pytest.raises(ValueError, match=words):
        pairs(weights)


def test_weights_are_looked_at_in_grey():
    shown = Weights().as_rgb(np.array([[[0.0], [1.0]]]))
    assert shown.tolist() == [[[0, 0, 0], [255, 255, 255]]]
