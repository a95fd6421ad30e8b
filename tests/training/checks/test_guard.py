"""What is watched while a model is trained: values out of range, rates of 0, and NaN."""

import keras
import numpy as np
import pytest
from checks import Batches, numpy

import keras_pix2pix as kp
from keras_pix2pix.keras_private import slots_of_variables
from keras_pix2pix.training.checks import guard


def still():
    """Optimizers that change nothing."""
    return keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0)


@pytest.fixture(scope="module")
def model(tiny):
    model = tiny()
    model.compile(*still(), run_eagerly=True)
    return model


@pytest.mark.parametrize("method", ["fit", "evaluate", "validation"])
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("factor", [-200.0, float("nan")])
def test_later_batches_are_watched(model, pairs, method, side, factor):
    good = tuple(images[:2] for images in pairs)
    wrong = list(good)
    wrong[side] = good[side] * np.float32(factor)
    data = Batches(good, tuple(wrong))
    with pytest.raises(
        ValueError, match=r"in every batch. Received: values up to (nan|1[0-9]+|[12])"
    ):
        if method == "validation":
            model.fit(*good, validation_data=data, verbose=0, shuffle=False)
        else:
            getattr(model, method)(data, verbose=0, **{"shuffle": False} if method == "fit" else {})


def test_a_compiled_step_watches_too_and_logs_nothing_of_it(tiny, pairs):
    model = tiny()
    model.compile(*still())
    good = tuple(images[:2] for images in pairs)
    history = model.fit(Batches(good, good), verbose=0, shuffle=False).history
    assert set(history) == set(model.evaluate(*good, verbose=0, return_dict=True))
    assert not any("largest" in name for name in history)
    with pytest.raises(ValueError, match="in every batch"):
        model.fit(Batches(good, (good[0], good[1] * 2)), verbose=0, shuffle=False)


class Spoil(keras.callbacks.Callback):
    """Makes a weight NaN in the second epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if int(numpy(self.model.optimizer.iterations)) == 3:
            self.model.generator.trainable_variables[0].assign(
                np.full(self.model.generator.trainable_variables[0].shape, np.nan)
            )


def state_of(model):
    return [numpy(v).copy() for v in [*model.weights, *model.optimizer.variables]]


def test_weights_that_are_lost_end_the_training_and_are_not_saved(tiny, pairs, tmp_path):
    model = tiny()
    model.compile(ema=0.5, run_eagerly=True)
    epoch = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    good = []
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: good.append(state_of(model)))
    with pytest.raises(ValueError, match=r"NaN or infinite in epoch 2, and so have .*\bloss"):
        model.fit(*pairs, batch_size=4, epochs=4, verbose=0, callbacks=[epoch, keep, Spoil()])
    assert [path.name for path in tmp_path.iterdir()] == ["1.keras"]
    # The model goes on from the last good epoch, with new means of its gradients.
    means = [slot for o in model.optimizer.optimizers for _, slot in slots_of_variables(o)]
    assert means and not any(numpy(slot).any() for slot in means)
    state = [*model.weights, *model.optimizer.variables]
    for variable, kept in zip(state, good[-1], strict=True):
        if not any(variable is slot for slot in means):
            np.testing.assert_array_equal(kept, numpy(variable))
    assert np.isfinite(model.fit(*pairs, verbose=0).history["loss"]).all()


class SpoilLast(keras.callbacks.Callback):
    """Makes a weight NaN after the only step of an epoch, whose losses are finite."""

    def on_train_batch_end(self, batch, logs=None):
        weight = self.model.generator.trainable_variables[0]
        weight.assign(np.full(weight.shape, np.nan))


def test_weights_that_are_lost_in_the_last_step_end_the_training_too(tiny, pairs):
    model = tiny()
    model.compile(*still(), run_eagerly=True)
    before = state_of(model)
    with pytest.raises(ValueError, match=r"infinite in epoch 1\. Callbacks have saved nothing"):
        model.fit(*pairs, batch_size=len(pairs[0]), verbose=0, callbacks=[SpoilLast()])
    for kept, now in zip(before[: len(model.weights)], model.weights, strict=True):
        np.testing.assert_array_equal(kept, numpy(now))


def test_a_metric_may_have_several_values(tiny, pairs):
    model = tiny()
    model.compile(*still(), run_eagerly=True)
    watch = guard.TrainingGuard(logs_rate=False)
    watch.set_model(model)
    watch.on_epoch_end(0, {"loss": 1.0, "per_channel": np.array([1.0, np.nan])})
    model.generator.trainable_variables[0].assign(model.generator.trainable_variables[0] * np.nan)
    with pytest.raises(ValueError, match="so have per_channel"):
        watch.on_epoch_end(0, {"loss": 1.0, "per_channel": np.array([1.0, np.nan])})


def test_a_training_that_keras_terminates_ends_as_in_keras(tiny, pairs):
    model = tiny()
    model.compile(*still(), run_eagerly=True)
    callbacks = [Spoil(), keras.callbacks.TerminateOnNaN()]
    history = model.fit(*pairs, batch_size=4, epochs=4, verbose=0, callbacks=callbacks)
    assert len(history.history["loss"]) == 2


def test_a_loss_that_is_not_finite_for_one_step_does_not_end_a_training(tiny, pairs):
    """Loss scaling leaves out such a step."""
    model = tiny()

    def now_and_then(target, generated):
        return generated[0, 0, 0, 0] * np.inf

    terms = [kp.losses.PairTerm(now_and_then)]
    model.compile(*still(), generator_terms=terms, run_eagerly=True)
    model.trainable = False
    history = model.fit(*pairs, verbose=0).history
    assert not np.isfinite(history["loss"]).any()


def compiled(tiny, total_steps):
    model = tiny()
    rates = [kp.ConstantThenLinear(1e-2, total_steps) for _ in range(2)]
    model.compile(*map(keras.optimizers.SGD, rates))
    return model


def moved(model, pairs, **options):
    before = model.get_weights()
    model.fit(*(side[:4] for side in pairs), batch_size=2, verbose=0, **options)
    return max(np.abs(a - b).max() for a, b in zip(before, model.get_weights(), strict=True))


def test_a_finished_schedule_is_refused_and_can_be_replaced(tiny, pairs, tmp_path):
    model = compiled(tiny, 2)
    assert moved(model, pairs) > 0
    model.save(tmp_path / "model.keras")
    for again in (model, keras.saving.load_model(tmp_path / "model.keras")):
        before = again.get_weights()
        with pytest.raises(
            ValueError, match=r"generator and discriminator is 0 from step 2 on.*Co"
        ):
            again.fit(*pairs, epochs=2, initial_epoch=1)
        for one, other in zip(before, again.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    # The compiled step holds the schedule, so it must be compiled again.
    model.optimizer.learning_rate = kp.ConstantThenLinear(1e-2, 5)
    assert moved(model, pairs, epochs=2, initial_epoch=1) > 0
    again.optimizer.learning_rate = 1e-2
    assert moved(again, pairs) > 0
    again.save(tmp_path / "again.keras")
    rates = keras.saving.load_model(tmp_path / "again.keras").optimizer.optimizers
    assert [float(o.learning_rate) for o in rates] == pytest.approx([1e-2] * 2)


def test_a_schedule_that_ends_too_early_is_told_once(tiny, pairs):
    model = compiled(tiny, 2)
    with pytest.warns(UserWarning, match="from step 2 on") as said:
        moved(model, pairs, epochs=4)
    assert len([w for w in said if "its schedule ends" in str(w.message)]) == 1


def test_a_discriminator_may_end_before_the_generator(tiny, pairs):
    """With the same warning."""
    model = tiny()
    rate = kp.ConstantThenLinear(1e-2, 1)
    model.compile(keras.optimizers.SGD(1e-2), keras.optimizers.SGD(rate), run_eagerly=True)
    assert moved(model, pairs) > 0
    with pytest.warns(UserWarning, match="rate of the discriminator is 0"):
        assert moved(model, pairs) > 0


def test_a_schedule_that_begins_at_0_is_none_that_has_ended(tiny, pairs):
    model = tiny()
    rates = [
        keras.optimizers.schedules.CosineDecay(0.0, 8, warmup_target=1e-2, warmup_steps=2)
        for _ in range(2)
    ]
    model.compile(*map(keras.optimizers.SGD, rates), run_eagerly=True)
    assert moved(model, pairs) > 0


@pytest.mark.parametrize(
    "callback",
    [
        keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3),
        keras.callbacks.ReduceLROnPlateau(monitor="loss"),
    ],
)
def test_the_learning_rate_is_logged_as_keras_does(tiny, pairs, callback):
    model = tiny()
    model.compile(*map(keras.optimizers.SGD, (1e-3, 1e-3)), run_eagerly=True)
    history = model.fit(*pairs, verbose=0, callbacks=[callback]).history
    assert history["learning_rate"] == pytest.approx([1e-3])
    assert "learning_rate" not in model.fit(*pairs, verbose=0).history
