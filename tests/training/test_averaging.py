"""The moving average of the generator's weights: what it is, who uses it, and that it lasts."""

import threading

import keras
import numpy as np
import pytest
from checks import numpy

import keras_pix2pix as kp
from keras_pix2pix.training.averaging import averaged


def weights(model):
    return [numpy(v).copy() for v in model.generator.trainable_variables]


def averages(model):
    return [numpy(v).copy() for v in model.optimizer.generator_averages.averages]


def check_equal(some, others, **tolerance):
    for one, other in zip(some, others, strict=True):
        np.testing.assert_allclose(one, other, **(tolerance or {"rtol": 0, "atol": 0}))


def check_alike(picture, other):
    """Two stored pictures are equal but for the rounding of their values."""
    assert np.abs(picture.astype("float32") - other).max() <= 1


def new(tiny, ema=0.5, **options):
    model = tiny(dropout=0.0)
    fast = [keras.optimizers.Adam(0.02) for _ in range(2)]
    model.compile(*fast, ema=ema, metrics=["mae"], **options)
    return model


@pytest.fixture
def trained(tiny, pairs):
    model = new(tiny, run_eagerly=True)
    for _ in range(3):
        model.train_on_batch(*pairs)
    return model


@pytest.fixture
def by_averages(trained):
    """A model that is not compiled, whose weights are the averages of the trained one."""
    twin = kp.UNetGenerator.from_config(trained.generator.get_config())
    twin.set_weights(trained.generator.get_weights())
    for variable, average in zip(twin.trainable_variables, averages(trained), strict=True):
        variable.assign(average)
    return kp.Pix2Pix(twin, trained.discriminator)


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_averages_are_those_of_numpy(tiny, pairs, run_eagerly):
    model = new(tiny, ema=0.3, run_eagerly=run_eagerly)
    expected, before = weights(model), weights(model)
    for step in range(6):
        model.train_on_batch(*pairs)
        momentum = min(0.3, (1 + step) / (10 + step))
        expected = [
            momentum * old + (1 - momentum) * new
            for old, new in zip(expected, weights(model), strict=True)
        ]
        check_equal(averages(model), expected, rtol=1e-5, atol=1e-6)
    # The momentum has left its warm-up within these steps.
    assert 1 / 10 < 0.3 < 6 / 15
    assert max(np.abs(a - b).max() for a, b in zip(before, weights(model))) > 0.01


def test_training_goes_on_from_the_trained_weights_and_validation_judges_averages(tiny, pairs):
    keras.utils.set_random_seed(1)
    plain = new(tiny, ema=None)
    start = plain.get_weights()
    model = new(tiny, ema=0.9)
    for one in (plain, model):
        one.set_weights(start)
        one.history_of = one.fit(
            *pairs, batch_size=4, epochs=3, shuffle=False, verbose=0, validation_data=pairs
        ).history
    check_equal(weights(model), weights(plain), rtol=1e-5, atol=1e-6)
    for name in ("loss", "mae", "discriminator_loss"):
        assert model.history_of[name] == pytest.approx(plain.history_of[name], rel=1e-4)
    generated = model.predict(pairs[0], verbose=0)
    expected = np.abs(generated - pairs[1]).mean()
    assert model.history_of["val_mae"][-1] == pytest.approx(expected, rel=1e-4)
    assert plain.history_of["val_mae"][-1] != pytest.approx(expected, rel=1e-3)


def test_everything_but_training_uses_the_averages(trained, by_averages, pairs, tmp_path):
    condition, target = pairs
    before = weights(trained)
    picture = by_averages.predict(condition, verbose=0)
    assert np.abs(picture - numpy(trained(condition))).max() > 1e-3
    stored = np.uint8((condition + 1) * 127.5)
    np.testing.assert_allclose(trained.predict(condition, verbose=0), picture, atol=1e-6)
    np.testing.assert_allclose(trained.predict_on_batch(condition), picture, atol=1e-6)
    expected = by_averages.translate(stored)
    check_alike(trained.translate(stored), expected)
    tiles = {"tile": 8, "overlap": 0}
    check_alike(trained.translate(stored[0], **tiles), by_averages.translate(stored[0], **tiles))
    (streamed,) = trained.translate(iter([stored]))
    check_alike(streamed, expected)
    mae = np.abs(picture - target).mean()
    for judge in (trained.evaluate, trained.test_on_batch):
        options = {"verbose": 0} if judge == trained.evaluate else {}
        logs = judge(condition, target, return_dict=True, **options)
        assert logs["mae"] == pytest.approx(mae, rel=1e-4)
    np.save(tmp_path / "condition.npy", stored[0])
    done = trained.translate_files(tmp_path / "condition.npy", tmp_path / "out")
    assert len(done.written) == 1
    written = keras.utils.img_to_array(keras.utils.load_img(done.written[0]))
    check_alike(written, expected[0])
    check_equal(weights(trained), before)


def test_pictures_of_callbacks_are_those_of_the_averages(tiny, pairs, tmp_path):
    model = new(tiny, ema=0.9)
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(self.model.predict_on_batch(pairs[0]))

    grid = kp.callbacks.SampleGrid(kp.data.PairDataset(*pairs), tmp_path, pairs=2)
    model.fit(*pairs, batch_size=4, epochs=2, verbose=0, callbacks=[Look(), grid])
    np.testing.assert_allclose(seen[-1], model.predict(pairs[0], verbose=0), atol=1e-6)
    assert len(list(tmp_path.glob("*.png"))) == 2
    assert int(numpy(model.optimizer.generator_averages.steps)) == 4


def test_batch_norm_statistics_stay_those_of_the_generator(tiny, pairs):
    model = tiny(normalization="batch", depth=3)
    model.compile(ema=0.5, run_eagerly=True)
    model.train_on_batch(*pairs)
    before = [numpy(v).copy() for v in model.generator.non_trainable_variables]
    with averaged(model):
        check_equal([numpy(v) for v in model.generator.non_trainable_variables], before)
    model.evaluate(*pairs, verbose=0)
    check_equal([numpy(v) for v in model.generator.non_trainable_variables], before)


@pytest.mark.parametrize("method", ["predict", "evaluate", "translate"])
def test_the_trained_weights_come_back_after_an_exception(trained, pairs, method):
    before, kept = weights(trained), averages(trained)
    discriminator = trained.discriminator.get_weights()

    class Fails(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            raise RuntimeError("broken")

        on_test_batch_end = on_predict_batch_end

    def broken():
        yield np.uint8((pairs[0] + 1) * 127.5)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        if method == "translate":
            list(trained.translate(broken()))
        else:
            data = pairs if method == "evaluate" else pairs[:1]
            getattr(trained, method)(*data, batch_size=2, verbose=0, callbacks=[Fails()])
    check_equal(weights(trained), before)
    check_equal(averages(trained), kept)
    check_equal(trained.discriminator.get_weights(), discriminator)
    trained.train_on_batch(*pairs)


def test_several_threads_generate_the_same_pictures(trained, pairs):
    before = weights(trained)
    expected = trained.predict_on_batch(pairs[0])
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with averaged(trained):
            inside.set()
            leave.wait(60)

    thread = threading.Thread(target=stay)
    thread.start()
    assert inside.wait(60)
    np.testing.assert_array_equal(trained.predict_on_batch(pairs[0]), expected)
    leave.set()
    thread.join()
    check_equal(weights(trained), before)
    np.testing.assert_array_equal(trained.predict_on_batch(pairs[0]), expected)


def test_a_saved_model_has_the_averages(trained, pairs, tmp_path):
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.optimizer.generator_averages.momentum == 0.5
    check_equal(weights(loaded), weights(trained))
    check_equal(averages(loaded), averages(trained))
    stored = np.uint8((pairs[0] + 1) * 127.5)
    np.testing.assert_array_equal(loaded.translate(stored), trained.translate(stored))
    for model in (trained, loaded):
        model.train_on_batch(*pairs)
    check_equal(averages(loaded), averages(trained), rtol=1e-4, atol=1e-5)


def test_a_file_without_averages_is_used_as_it_is(tiny, pairs, tmp_path):
    old = new(tiny, ema=None, run_eagerly=True)
    old.train_on_batch(*pairs)
    old.save_weights(tmp_path / "old.weights.h5")
    model = new(tiny, run_eagerly=True)
    model.train_on_batch(*pairs)
    # What this context puts back is not put back a second time.
    model.predict(pairs[0], verbose=0)
    model.load_weights(tmp_path / "old.weights.h5")
    expected = old.predict(pairs[0], verbose=0)
    np.testing.assert_array_equal(model.predict(pairs[0], verbose=0), expected)
    check_equal(weights(model), weights(old))
    start = weights(model)
    model.fit(*pairs, batch_size=8, verbose=0)
    mixed = [0.1 * old + 0.9 * new for old, new in zip(start, weights(model), strict=True)]
    check_equal(averages(model), mixed, rtol=1e-5, atol=1e-6)
    # The other way round, averages that are not asked for are left out.
    model.save_weights(tmp_path / "new.weights.h5")
    old.load_weights(tmp_path / "new.weights.h5")
    check_equal(weights(old), weights(model))


def test_a_restored_backup_goes_on_to_the_bit(tiny, pairs, tmp_path):
    class StopError(Exception):
        pass

    class StopOnce(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise StopError

    def train(*callbacks):
        keras.utils.set_random_seed(3)
        model = new(tiny, ema=0.9, run_eagerly=True)
        data = kp.data.PairDataset(*pairs, batch_size=4)
        model.fit(data, epochs=4, verbose=0, callbacks=list(callbacks))
        return model

    whole = train()
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(StopError):
        train(backup, StopOnce())
    resumed = train(keras.callbacks.BackupAndRestore(tmp_path / "backup"))
    check_equal(averages(resumed), averages(whole))
    check_equal(weights(resumed), weights(whole))


def test_averages_of_the_optimizers_are_judged_beside_them(tiny, pairs):
    model = tiny(dropout=0.0)
    model.compile(
        keras.optimizers.Adam(0.02),
        keras.optimizers.Adam(0.02, use_ema=True, ema_momentum=0.5),
        ema=0.5,
        run_eagerly=True,
    )
    for _ in range(3):
        model.train_on_batch(*pairs)
    before = model.get_weights()
    plain, both = (
        model.evaluate(*pairs, verbose=0, return_dict=True, ema=ema) for ema in (False, True)
    )
    assert plain["reconstruction_loss"] == pytest.approx(both["reconstruction_loss"])
    assert plain["discriminator_loss"] != both["discriminator_loss"]
    check_equal(model.get_weights(), before)


def test_a_rewritten_model_generates_the_same_pictures(tiny, pairs):
    model = tiny(normalization="batch", depth=3)
    model.compile(keras.optimizers.Adam(0.02), ema=0.9, run_eagerly=True)
    for _ in range(2):
        model.train_on_batch(*pairs)
    generated = model.predict(pairs[0], verbose=0)
    np.testing.assert_allclose(model.fold().predict(pairs[0], verbose=0), generated, atol=1e-4)


@pytest.mark.parametrize("ema", [0.0, 1.0, -0.5, 2, True, "0.5", float("nan")])
def test_a_momentum_that_is_none(tiny, ema):
    with pytest.raises(ValueError, match="ema must be None or a float between 0 and 1"):
        tiny().compile(ema=ema)


def test_two_averages_of_the_generator_are_refused(tiny):
    with pytest.raises(ValueError, match="needs one moving average"):
        tiny().compile(keras.optimizers.Adam(use_ema=True), ema=0.9)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow exports")
def test_exports_have_the_averages(trained, by_averages, pairs, tmp_path):
    import tensorflow as tf

    kp.export(trained, tmp_path / "network", processing=False)
    signature = [keras.InputSpec(shape=(None, 16, 16, 3), dtype="float32")]
    trained.export(tmp_path / "keras", verbose=False, input_signature=signature)
    expected = by_averages.predict(pairs[0], verbose=0)
    network = tf.saved_model.load(str(tmp_path / "network"))
    picture = numpy(network.serve(pairs[0])["picture"])
    np.testing.assert_allclose(picture, expected, atol=1e-5)
    whole = tf.saved_model.load(str(tmp_path / "keras"))
    np.testing.assert_allclose(numpy(whole.serve(pairs[0])), expected, atol=1e-5)
