"""DiffAugment: each operation against numpy with known numbers, and what a step does with it."""

import keras
import numpy as np
import pytest
from checks import numpy
from keras import ops

import keras_pix2pix as kp
from keras_pix2pix.training import backend, step
from keras_pix2pix.training.diff_augment import OPERATIONS, DiffAugment

# brightness, saturation, contrast, rows and columns of translation, rows and columns of cutout.
NUMBERS = np.array(
    [[0.9, 0.3, 0.6, 0.0, 0.99, 0.0, 0.99], [0.1, 0.8, 0.2, 0.7, 0.4, 0.5, 0.3]], "float32"
)


def images(height, width, channels):
    return np.random.default_rng(height).uniform(-1, 1, (2, height, width, channels)).astype("f4")


def color(x, numbers):
    x = x + numbers[0] - 0.5
    mean = x.mean(axis=-1, keepdims=True)
    x = (x - mean) * 2 * numbers[1] + mean
    return (x - x.mean()) * (numbers[2] + 0.5) + x.mean()


def translation(x, numbers):
    height, width = x.shape[:2]
    farthest = [int(side / 8 + 0.5) for side in (height, width)]
    down, right = (int(n * (2 * f + 1)) - f for n, f in zip(numbers[3:5], farthest))
    result = np.zeros_like(x)
    for row in range(height):
        for column in range(width):
            if 0 <= row - down < height and 0 <= column - right < width:
                result[row, column] = x[row - down, column - right]
    return result


def cutout(x, numbers):
    result = x.copy()
    spans = []
    for side, number in zip(x.shape[:2], numbers[5:7]):
        cut = int(side / 2 + 0.5)
        start = int(number * (side + 1 - cut % 2)) - cut // 2
        spans.append(slice(max(start, 0), start + cut))
    result[tuple(spans)] = 0
    return result


FORMULAS = {"color": color, "translation": translation, "cutout": cutout}


@pytest.mark.parametrize("size", [(16, 16, 3), (13, 30, 1), (11, 19, 2), (5, 7, 4)])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_those_of_numpy(name, size):
    x = images(*size)
    augment = DiffAugment([name], ops.convert_to_tensor(NUMBERS))
    expected = np.stack([FORMULAS[name](*pair) for pair in zip(x, NUMBERS)])
    picture, condition = (
        numpy(of(ops.convert_to_tensor(x))) for of in (augment.picture, augment.condition)
    )
    np.testing.assert_allclose(picture, expected, atol=1e-5)
    np.testing.assert_allclose(condition, x if name == "color" else expected, atol=1e-5)
    if size[-1] > 1:
        assert np.abs(picture - x).max() > 0.1


def test_all_in_order():
    x = images(16, 12, 3)
    augment = DiffAugment(OPERATIONS, ops.convert_to_tensor(NUMBERS))
    expected = []
    for image, numbers in zip(x, NUMBERS):
        for name in OPERATIONS:
            image = FORMULAS[name](image, numbers)
        expected.append(image)
    np.testing.assert_allclose(
        numpy(augment.picture(ops.convert_to_tensor(x))), np.stack(expected), atol=1e-5
    )


def test_the_gradient_reaches_what_is_still_seen():
    x = ops.convert_to_tensor(images(16, 16, 3))
    augment = DiffAugment(["translation", "cutout"], ops.convert_to_tensor(NUMBERS))
    slope = numpy(ops.stop_gradient(backend.image_gradient(augment.picture, x)))
    assert set(np.unique(slope)) == {0.0, 1.0}
    seen = numpy(augment.picture(ops.ones_like(x)))
    assert slope.sum() == seen.sum() > 0


def seen_images(model, pairs, monkeypatch, run):
    """The inputs of the discriminator while `run` runs, as pairs of condition and picture."""
    seen = []
    call = type(model.discriminator).call

    def spy(self, inputs, *args, **kwargs):
        seen.append([numpy(ops.stop_gradient(one)) for one in inputs])
        return call(self, inputs, *args, **kwargs)

    monkeypatch.setattr(type(model.discriminator), "call", spy)
    run()
    return seen


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX traces the discriminator")
def test_condition_target_and_generated_picture_move_alike(tiny, pairs, monkeypatch):
    model = tiny(dropout=0.0)
    model.compile(diff_augment=("translation", "cutout"), run_eagerly=True)
    # The condition is the target with its colors exchanged.
    images = pairs[0], pairs[1]
    seen = seen_images(model, pairs, monkeypatch, lambda: model.train_on_batch(*images))
    (condition, fake), (same, target), (other, generated) = seen
    np.testing.assert_array_equal(condition, same)
    np.testing.assert_array_equal(condition[..., ::-1], target)
    np.testing.assert_array_equal((condition == 0).all(-1), (fake == 0).all(-1))
    np.testing.assert_array_equal((other == 0).all(-1), (generated == 0).all(-1))
    hidden = (condition == 0).all(-1)
    for one in (hidden, (other == 0).all(-1)):
        assert one.any() and not one.all()
    # Each pair has its own draw, the generator's step has another, and the next step, too.
    assert (hidden[0] != hidden[1]).any()
    assert (hidden != (other == 0).all(-1)).any()
    later = seen_images(model, pairs, monkeypatch, lambda: model.train_on_batch(*images))
    for earlier in (hidden, (other == 0).all(-1)):
        assert (earlier != (later[0][0] == 0).all(-1)).any()
    held_out = seen_images(model, pairs, monkeypatch, lambda: model.test_on_batch(*images))
    assert all((one == pairs[0]).all() for one, _ in held_out)


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_the_step_trains_through_it(tiny, pairs, run_eagerly):
    model = tiny(dropout=0.0)
    terms = [kp.losses.FeatureMatching()]
    model.compile(
        reconstruction_weight=0.0,
        generator_terms=terms,
        discriminator_terms=[kp.losses.R1(every=2)],
        diff_augment=OPERATIONS,
        run_eagerly=run_eagerly,
    )
    before = model.get_weights()
    for _ in range(2):
        logs = model.train_on_batch(*pairs, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    for old, weight in zip(before, model.weights, strict=True):
        assert (old != numpy(weight)).any(), weight.path


def test_a_resumed_training_draws_what_a_whole_one_does(tiny, pairs, tmp_path):
    def new():
        model = tiny(dropout=0.0)
        model.compile(diff_augment=["cutout"], run_eagerly=True)
        return model

    model = new()
    model.train_on_batch(*pairs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert list(loaded.diff_augment) == ["cutout"]
    for one in (model, loaded):
        one.train_on_batch(*pairs)
    for weight, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-4, atol=1e-6)


def test_a_discriminator_without_the_condition(tiny, pairs):
    discriminator = kp.PatchDiscriminator(condition_shape=None, receptive_field=16, filters=4)
    model = tiny(discriminator=discriminator)
    model.compile(diff_augment=OPERATIONS, run_eagerly=True)
    model.train_on_batch(*pairs)


@pytest.mark.parametrize("wrong", ["color", ("colour",), ("color", 1), 3])
def test_other_names(tiny, wrong):
    with pytest.raises(ValueError, match="must be None or a tuple of 'color', 'translation'"):
        tiny().compile(diff_augment=wrong)


def test_none_and_no_names_are_the_same(tiny):
    model = tiny()
    for nothing in (None, ()):
        model.compile(diff_augment=nothing)
        assert step._augmentation(model, None) is None
