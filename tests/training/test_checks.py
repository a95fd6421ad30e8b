"""What fit and evaluate refuse, before anything is trained or written."""

import types

import keras
import numpy as np
import pytest
from keras import ops

import keras_pix2pix as kp
from keras_pix2pix.data.files.conversion import TOLERANCE
from keras_pix2pix.training.data_checks import check_first_batch


@pytest.fixture(scope="module")
def model(tiny):
    model = tiny()
    model.compile()
    return model


def bad(pairs, side, change):
    parts = list(pairs)
    parts[side] = change(parts[side])
    return parts


CASES = {
    "rank": (0, lambda a: a[0], "must have shape|one target"),
    "channels": (0, lambda a: a[..., :1], r"condition must have shape .*3\).*16, 1\)"),
    "target channels": (1, lambda a: a[..., :2], "target must have shape"),
    "height": (1, lambda a: a[:, :8], "agree in count, height and width"),
    "width": (0, lambda a: a[:, :, :12], "agree in count, height and width"),
    "count": (1, lambda a: a[:5], "8 conditions and 5 targets"),
    "uint8": (0, lambda a: ((a + 1) * 127).astype("uint8"), "uint8.*127.5"),
    "bool": (0, lambda a: a > 0, "bool"),
    "8-bit floats": (1, lambda a: (a + 1) * 127, r"\[-1, 1\].*127.5"),
    "too large": (1, lambda a: a * 1.5, r"target must lie in \[-1, 1\]"),
    "NaN": (0, lambda a: np.where(a > 0.5, np.nan, a), "condition must be finite.*NaN"),
    "infinite": (1, lambda a: np.where(a > 0.5, np.inf, a), "target must be finite.*infinite"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_bad_arrays(model, pairs, tmp_path, case, method):
    side, change, message = CASES[case]
    before = [ops.convert_to_numpy(v).copy() for v in model.variables]
    arguments = {"verbose": 0}
    if method == "fit":
        arguments["callbacks"] = [keras.callbacks.CSVLogger(tmp_path / "log.csv")]
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(*bad(pairs, side, change), **arguments)
    # A logger that had been started would have made its file.
    assert method == "evaluate" or not list(tmp_path.iterdir())
    assert int(model.optimizer.iterations) == 0
    for old, new in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, ops.convert_to_numpy(new))


def test_validation_data_is_checked_before_training(model, pairs):
    with pytest.raises(ValueError, match="uint8"):
        model.fit(*pairs, validation_data=bad(pairs, 0, lambda a: a.astype("uint8")))
    assert int(model.optimizer.iterations) == 0


def test_missing_targets(model, pairs):
    with pytest.raises(ValueError, match="targets y"):
        model.fit(pairs[0])


def test_sample_weights_are_not_ignored(model, pairs):
    with pytest.raises(ValueError, match="sample weights are not supported"):
        model.fit(*pairs, sample_weight=np.ones(8))
    with pytest.raises(ValueError, match="sample weights are not supported"):
        model.fit(*pairs, validation_data=(*pairs, np.ones(8)))
    with pytest.raises(ValueError, match="sample weights are not supported"):
        model.fit(iter_batches((*pairs, np.ones(8))), steps_per_epoch=1)
    with pytest.raises(ValueError, match="does not use class_weight"):
        model.fit(*pairs, class_weight={0: 1.0})


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_a_model_is_compiled_first(tiny, pairs, method):
    with pytest.raises(ValueError, match=rf"not compiled: call `compile\(\)` before `{method}"):
        getattr(tiny(), method)(*pairs)


@pytest.mark.parametrize("batch", [np.zeros((2, 16, 16, 3), "float32"), ()])
def test_a_batch_that_is_no_pair(model, batch):
    with pytest.raises(ValueError, match="must be a pair"):
        model.fit(iter_batches(batch), steps_per_epoch=1, verbose=0)


class Batches(keras.utils.PyDataset):
    def __init__(self, *batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def test_the_first_batch_of_a_dataset_is_checked_and_returned(tiny, pairs):
    """The second one is none."""
    generator = tiny().generator
    for data in (Batches(list(pairs), None), [pairs, None]):
        again, first = check_first_batch(data, None, generator)
        assert again is data
        np.testing.assert_array_equal(first, pairs)
    condition, target = (np.tile(side, (2, 1, 1, 1)) for side in pairs)
    again, first = check_first_batch(condition, target, generator)
    assert again is condition
    np.testing.assert_array_equal(first, pairs)


def test_values_may_leave_the_range_by_rounding(tiny, pairs):
    """Bicubic resizing of floats gives 1 and a little more."""
    generator = tiny().generator
    condition, target = (np.sign(side) * (1 + TOLERANCE / 2) for side in pairs)
    check_first_batch(condition, target, generator)
    for side in (0, 1):
        for value in (-1, 1):
            outside = [np.where(condition > 0, value * (1 + 2 * TOLERANCE), 0.0), target]
            with pytest.raises(ValueError, match=r"must lie in \[-1, 1\]"):
                check_first_batch(outside[side], outside[1 - side], generator)


def iter_batches(batch):
    while True:
        yield batch


def test_a_generator_loses_no_batch(tiny, pairs):
    batches = [tuple(side[i : i + 1] for side in pairs) for i in range(8)]
    again, first = check_first_batch((b for b in batches), None, tiny().generator)
    again = list(again)
    np.testing.assert_array_equal(first, batches[0])
    assert len(again) == 8
    assert all(one is other for one, other in zip(batches, again, strict=True))


def test_fixed_size_is_named(tiny, pairs):
    model = tiny(image_shape=(32, 32, 3))
    model.compile()
    with pytest.raises(ValueError, match=r"height 32.*height 16"):
        model.fit(*pairs)


@pytest.mark.parametrize(("axis", "name"), [(0, "height"), (1, "width")])
@pytest.mark.parametrize("side", [0, 1])
def test_each_fixed_side_of_each_image_is_named(pairs, axis, name, side):
    shape = [None, None, 3]
    shape[axis] = 32
    shapes = [(None, None, None, 3)] * 2
    shapes[side] = (None, *shape)
    fixed = types.SimpleNamespace(input_shape=shapes[0], output_shape=shapes[1])
    with pytest.raises(ValueError, match=f"built for .* of {name} 32. Received: {name} 16"):
        check_first_batch(*pairs, fixed)


@pytest.mark.parametrize("held_out", [False, True])
def test_images_smaller_than_the_window_are_refused_before_training(tiny, pairs, held_out):
    small = tuple(side[:, :8, :] for side in pairs)
    model = tiny()
    model.compile(metrics=[kp.metrics.SSIM()])
    before = model.get_weights()
    with pytest.raises(ValueError, match="ssim needs images of at least 11 pixels a side"):
        model.fit(*(pairs if held_out else small), validation_data=small, verbose=0)
    model.compile(metrics=[kp.metrics.MultiScaleSSIM(3)])
    with pytest.raises(ValueError, match=r"of at least 44 pixels.*16 x 16 pixels.*fewer scales"):
        model.evaluate(*pairs, verbose=0)
    for one, other in zip(before, model.get_weights()):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("shape", [(11, 16), (16, 11)])
def test_images_as_large_as_the_window_are_taken(tiny, pairs, shape):
    fits = [side[:, : shape[0], : shape[1]] for side in pairs]
    check_first_batch(*fits, tiny().generator, [kp.metrics.SSIM()])
    small = [side[:, : shape[0] - 1, : shape[1] - 1] for side in pairs]
    with pytest.raises(ValueError, match="ssim needs images"):
        check_first_batch(*small, tiny().generator, [kp.metrics.SSIM()])
    pixels = [side[:, :1, :1] for side in pairs]
    check_first_batch(*pixels, tiny().generator, [keras.metrics.MeanAbsoluteError()])


def test_empty_data_is_refused(tiny):
    model = tiny()
    model.compile(metrics=[kp.metrics.PSNR()])
    nothing = np.zeros((0, 16, 16, 3), "float32")
    with pytest.raises(ValueError, match="at least one condition"):
        model.evaluate(nothing, nothing)


def convolution(strides=1):
    return keras.layers.Conv2D(3, 4, strides=strides, padding="same")


def generator_of(make):
    """A functional generator whose output is made of its condition."""
    condition = keras.Input((None, None, 3))
    return keras.Model(condition, make(condition))


def discriminator_of(make):
    pair = [keras.Input((None, None, 3)) for _ in range(2)]
    return keras.Model(pair, make(keras.layers.Concatenate()(pair)))


class Unbuilt(keras.Model):
    def call(self, inputs):
        return inputs


def two_inputs():
    images = [keras.Input((None, None, 3)) for _ in range(2)]
    return keras.Model(images, keras.layers.Add()(images))


GENERATORS = {
    "a name": (lambda: "unet", r"generator must be a Keras model, such as UNetGenerator\(\)"),
    "a class": (lambda: kp.UNetGenerator, "generator must be a Keras model"),
    "no Input": (Unbuilt, "must be built from keras.Input"),
    "a dict": (lambda: generator_of(lambda x: {"a": convolution()(x)}), "a dict as its output"),
    "a list": (lambda: generator_of(lambda x: [convolution()(x)] * 2), "a list as its output"),
    "a list of one": (lambda: generator_of(lambda x: [convolution()(x)]), "a list as its output"),
    "two inputs": (two_inputs, "a list as its input"),
    "unknown channels": (
        lambda: keras.Sequential([keras.Input((None,) * 3), keras.layers.Rescaling(2.0)]),
        r"input of the generator must be an image .*of known channels",
    ),
    "a vector": (
        lambda: generator_of(keras.layers.GlobalAveragePooling2D()),
        r"output of the generator must be an image.*shape \(None, 3\)",
    ),
    "half the size": (
        lambda: generator_of(convolution(strides=2)),
        "pictures of the size of its conditions.*height 128 and width 128 from height 256",
    ),
}
DISCRIMINATORS = {
    "a name": (lambda: "patch", r"discriminator must be a Keras model, such as PatchDiscr"),
    "no Input": (Unbuilt, "must be built from keras.Input"),
    "a dict": (lambda: discriminator_of(lambda x: {"a": convolution()(x)}), "dict as its output"),
    "other channels": (
        lambda: kp.PatchDiscriminator((None, None, 1), receptive_field=16, filters=2),
        r"images of \[3, 3\] channels.*discriminator for \[1, 3\]",
    ),
}


@pytest.mark.parametrize("case", GENERATORS)
def test_a_generator_that_makes_no_picture_is_named(case):
    make, message = GENERATORS[case]
    with pytest.raises(ValueError, match=message):
        kp.Pix2Pix(make())


def test_a_generator_is_asked_for_a_size_that_it_takes():
    """One takes multiples of 96 only, the other one nothing below 512."""
    for divisor in (96, 512):
        generator = generator_of(
            lambda x, n=divisor: keras.layers.UpSampling2D(n)(keras.layers.AveragePooling2D(n)(x))
        )
        with pytest.raises(ValueError, match="size"):
            kp.Pix2Pix(generator)
        generator.size_divisor = divisor
        kp.Pix2Pix(generator)
    fixed = keras.Input((96, 192, 3))
    pooled = keras.layers.AveragePooling2D(96)(fixed)
    kp.Pix2Pix(keras.Model(fixed, keras.layers.UpSampling2D(96)(pooled)))


@pytest.mark.parametrize("case", DISCRIMINATORS)
def test_a_discriminator_that_judges_no_pair_is_named(case):
    make, message = DISCRIMINATORS[case]
    with pytest.raises(ValueError, match=message):
        kp.Pix2Pix(kp.UNetGenerator(depth=2, filters=2), make())


def test_networks_of_ones_own_train(pairs):
    """A generator with a list of one input, and logits that are a vector, for each objective."""
    condition = keras.Input((None, None, 3))
    generator = keras.Model([condition], convolution()(condition))
    vector = discriminator_of(
        lambda x: keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(convolution()(x)))
    )
    for loss in ("vanilla", "wgan_gp"):
        model = kp.Pix2Pix(generator, vector)
        model.compile(adversarial_loss=loss, run_eagerly=True)
        logs = model.train_on_batch(*pairs, return_dict=True)
        assert all(np.isfinite(value) for value in logs.values())


@pytest.mark.parametrize("name", ["optimizer", "loss"])
def test_what_trains_one_network_is_refused(tiny, name):
    with pytest.raises(ValueError, match=f"two networks: give generator_opt.*Received: {name}"):
        tiny().compile(**{name: "adam"})


@pytest.mark.parametrize("unknown", ["loss_weights", "weighted_metrics", "reconstruction_wieght"])
def test_what_compile_would_ignore_is_refused(tiny, unknown):
    model = tiny()
    with pytest.raises(ValueError, match=f"compile does not use {unknown}.*generator_terms"):
        model.compile(**{unknown: [1.0, 2.0]})
    assert not model.compiled
