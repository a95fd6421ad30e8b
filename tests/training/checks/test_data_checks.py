"""What fit, evaluate, predict and their siblings refuse, before anything is trained or written."""

import types
import warnings

import keras
import numpy as np
import pytest
from checks import Batches, numpy
from keras import ops

import keras_pix2pix as kp
from keras_pix2pix.data.files.conversion import TOLERANCE
from keras_pix2pix.training.checks.data import check_first_batch


@pytest.fixture(scope="module")
def model(tiny):
    model = tiny()
    model.compile()
    return model


def bad(pairs, side, change):
    parts = list(pairs)
    parts[side] = change(parts[side])
    return parts


def late_nan(images):
    images = images.copy()
    images[-1, 3, 3, 0] = np.nan
    return images


METHODS = ["fit", "evaluate", "train_on_batch", "test_on_batch"]
CASES = {
    "rank": (0, lambda a: a[0], r"condition must have shape .*Received: shape \(16, 16, 3\)$"),
    "7 channels": (0, lambda a: a[..., [0] * 7], r"build UNetGenerator\(\(None, None, 7\)\)"),
    "4 targets": (1, lambda a: a[..., [0] * 4], r"build UNetGenerator\(output_channels=4\)"),
    "a list": (0, list, "Give an array .*Received: a list of 8.*np.stack"),
    "a list of targets": (1, list, "targets y must be an array.*a list of 8"),
    "objects": (0, lambda a: a.astype(object), "must be floats.*object"),
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
    "late NaN": (1, late_nan, "target must be finite.*Received: 1 NaN.*in target 7$"),
    "infinite": (1, lambda a: np.where(a > 0.5, np.inf, a), "target must be finite.*infinite"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("method", METHODS)
def test_bad_arrays(model, pairs, tmp_path, case, method):
    side, change, message = CASES[case]
    before = [ops.convert_to_numpy(v).copy() for v in model.variables]
    arguments = {"verbose": 0} if method in ("fit", "evaluate") else {}
    if method == "fit":
        arguments["callbacks"] = [keras.callbacks.CSVLogger(tmp_path / "log.csv")]
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(*bad(pairs, side, change), **arguments)
    # A logger that had been started would have made its file.
    assert not list(tmp_path.iterdir())
    assert int(model.optimizer.iterations) == 0
    for old, new in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, ops.convert_to_numpy(new))


def test_validation_data_is_checked_before_training(model, pairs):
    with pytest.raises(ValueError, match="uint8"):
        model.fit(*pairs, validation_data=bad(pairs, 0, lambda a: a.astype("uint8")))
    assert int(model.optimizer.iterations) == 0


def test_a_batch_takes_the_arguments_of_keras_by_their_places(model, pairs):
    small = [side[:1] for side in pairs]
    assert isinstance(model.test_on_batch(*small, None, True), dict)
    assert len(model.test_on_batch(*small)) == 4


def test_missing_targets(model, pairs):
    with pytest.raises(ValueError, match="targets y"):
        model.fit(pairs[0])


def test_class_weights_are_not_ignored(model, pairs):
    with pytest.raises(ValueError, match="does not use class_weight"):
        model.fit(*pairs, class_weight={0: 1.0})
    with pytest.raises(ValueError, match="does not use class_weight"):
        model.train_on_batch(*pairs, None, {0: 1.0})


BAD_WEIGHTS = {
    "of fewer pictures": (np.ones(7), r"one for each picture, of shape \(8,\). Received: .*\(7,\)"),
    "of other pixels": (np.ones((8, 15, 16)), r"shape \(8, 15, 16\)"),
    "for each channel": (np.ones((8, 16, 16, 3)), r"shape \(8, 16, 16, 3\)"),
    "as a column": (np.ones((8, 1)), r"shape \(8, 1\)"),
    "below 0": (np.linspace(-1, 1, 8), "at least 0.*from -1.0 to 1.0"),
    "NaN": (np.array([np.nan] + [1.0] * 7), "must be finite.*nan"),
    "infinite": (np.array([np.inf] + [1.0] * 7), "must be finite.*inf"),
    "text": (np.array(list("abcdefgh")), "must be finite numbers.*<U1"),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_weights_that_cannot_weigh(model, pairs, case):
    weights, message = BAD_WEIGHTS[case]
    ways = [
        lambda: model.fit(*pairs, sample_weight=weights),
        lambda: model.fit(*pairs, validation_data=(*pairs, weights)),
        lambda: model.fit(iter_batches((*pairs, weights)), steps_per_epoch=1),
        lambda: model.evaluate(*pairs, sample_weight=weights),
        lambda: model.train_on_batch(*pairs, weights),
        lambda: model.test_on_batch(*pairs, weights),
    ]
    for way in ways:
        with pytest.raises(ValueError, match=message):
            way()
    assert int(model.optimizer.iterations) == 0


@pytest.mark.parametrize("method", METHODS)
def test_a_model_is_compiled_first(tiny, pairs, method):
    with pytest.raises(ValueError, match=rf"not compiled: call `compile\(\)` before `{method}"):
        getattr(tiny(), method)(*pairs)


@pytest.mark.parametrize("batch", [np.zeros((2, 16, 16, 3), "float32"), ()])
def test_a_batch_that_is_no_pair(model, batch):
    with pytest.raises(ValueError, match="must be a pair"):
        model.fit(iter_batches(batch), steps_per_epoch=1, verbose=0)


class Loader:
    """What iterates as a DataLoader or a tf.data.Dataset does."""

    def __init__(self, *batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


def test_the_first_batch_of_a_dataset_is_checked_and_returned(tiny, pairs):
    """The second one is none."""
    generator = tiny().generator
    for data in (Batches(list(pairs), None), Loader(pairs, None)):
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


WRONG = {
    "uint8": (lambda a: (a * 127 + 128).astype("uint8"), "must be floats.*uint8.*127.5"),
    "8-bit floats": (lambda a: a * 127 + 128, r"must lie in \[-1, 1\]"),
    "late NaN": (late_nan, "must be finite.*in condition 7"),
    "a list": (list, "Give an array.*a list of 8"),
    "a batch of a dataset": (lambda a: Loader((a * 127 + 128, a)), r"must lie in \[-1, 1\]"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("method", ["predict", "predict_on_batch"])
def test_predict_takes_floats_between_minus_1_and_1(tiny, pairs, case, method):
    change, message = WRONG[case]
    with pytest.raises(ValueError, match=message):
        getattr(tiny(), method)(change(pairs[0]))


def test_predict_loses_no_batch_of_a_generator(tiny, pairs):
    model = tiny()
    model.compile(run_eagerly=True)
    with warnings.catch_warnings(action="ignore"):
        pictures = model.predict(((pairs[0][i : i + 2],) for i in (0, 2)), verbose=0)
    np.testing.assert_allclose(pictures, numpy(model(pairs[0][:4])), atol=1e-5)


NO_DATA = {
    "nothing": (lambda pairs: None, "Received: nothing"),
    "batches in a list": (lambda pairs: [pairs, pairs], "Received: a list of 2"),
    "a path": (lambda pairs: "photos/", "PairDataset.*Received: a str"),
    "a dict": (lambda pairs: {"x": pairs[0]}, "Received: a dict of 1"),
    "a function": (lambda pairs: lambda: iter(pairs), "Received: a function. Call the function"),
    "an empty generator": (lambda pairs: (p for p in ()), "no batch in the data.*a generator"),
    "an empty loader": (lambda pairs: Loader(), "no batch in the data.*a Loader"),
    "an empty PyDataset": (lambda pairs: Batches(), "no batch in the data.*a Batches"),
}


@pytest.mark.parametrize("case", NO_DATA)
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_what_is_no_data_is_named(model, pairs, case, method):
    make, message = NO_DATA[case]
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(make(pairs))


def test_rows_of_a_table_are_told_how_to_become_pairs(model):
    class Rows:
        shape = (2, 2)
        column_names = ("input", "edited")

    with pytest.raises(ValueError, match=r"columns input, edited. Make pairs of two columns"):
        model.fit(Rows())


def test_values_from_0_to_1_are_noticed(model, pairs):
    """Also in a dataset; but not a picture of one color, and not in `predict` of a white mask."""
    condition, target = ((side + 1) / 2 for side in pairs)
    with pytest.warns(UserWarning, match="images \\* 2 - 1") as said:
        model._checked(Loader((condition, target)), None)
    names = ["first conditions", "first targets"]
    assert all(name in str(w.message) for name, w in zip(names, said, strict=True))
    model._checked(pairs[0], np.ones_like(target))
    model.predict_on_batch(np.ones_like(condition))


@pytest.mark.parametrize("method", METHODS)
def test_pictures_that_are_too_small_for_the_discriminator(model, pairs, method):
    """On TensorFlow, the mean of no logits is NaN."""
    small = [side[:, :3, :4] for side in pairs]
    with pytest.raises(ValueError, match=r"at least 5 x 5 pixels.*a target of 3 x 4. Use"):
        getattr(model, method)(*small)
