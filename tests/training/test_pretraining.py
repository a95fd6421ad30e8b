"""A first phase without a discriminator: who learns, what is reported, and when it ends."""

import keras
import numpy as np
import pytest
from checks import numpy

import keras_pix2pix as kp

TERMS = {
    "generator_terms": [kp.losses.FeatureMatching(3.0)],
    "discriminator_terms": [kp.losses.R1(5.0, every=2)],
}


def new(tiny, seed=0, **options):
    keras.utils.set_random_seed(seed)
    model = tiny(dropout=0.0, normalization="instance")
    rates = [keras.optimizers.Adam(1e-3) for _ in range(2)]
    model.compile(*rates, **options)
    return model


def discriminator_state(model):
    variables = model.discriminator.variables + model.optimizer.discriminator.variables
    return [numpy(v).copy() for v in variables]


@pytest.mark.parametrize("update", ["sequential", "simultaneous"])
@pytest.mark.parametrize("run_eagerly", [True, False])
def test_the_generator_learns_alone_and_then_both_do(tiny, pairs, run_eagerly, update):
    """In two steps like a model without adversary, from there on like one that starts there."""
    options = {**TERMS, "update": update, "run_eagerly": run_eagerly}
    model = new(tiny, pretraining_steps=2, **options)
    alone = new(tiny, adversarial_loss=None, run_eagerly=run_eagerly)
    start = discriminator_state(model)
    for _ in range(2):
        model.reset_metrics()
        logs = model.train_on_batch(*pairs, return_dict=True)
        expected = alone.train_on_batch(*pairs, return_dict=True)
        alone.reset_metrics()
        assert logs["loss"] == pytest.approx(expected["loss"], rel=1e-4)
        assert logs["loss"] == pytest.approx(100 * logs["reconstruction_loss"], rel=1e-4)
        for name in ("generator_loss", "discriminator_loss", "feature_matching", "r1"):
            assert logs[name] == 0
    for one, other in zip(model.generator.weights, alone.generator.weights, strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), rtol=1e-4, atol=1e-5)
    for old, now in zip(start, discriminator_state(model), strict=True):
        np.testing.assert_array_equal(old, now)

    later = new(tiny, **options)
    later.set_weights(model.get_weights())
    for variable, other in zip(later.optimizer.variables, model.optimizer.variables, strict=True):
        variable.assign(numpy(other))
    for _ in range(2):
        model.reset_metrics()
        later.reset_metrics()
        logs = model.train_on_batch(*pairs, return_dict=True)
        expected = later.train_on_batch(*pairs, return_dict=True)
        assert logs == pytest.approx(expected, rel=1e-4)
        assert min(logs["generator_loss"], logs["discriminator_loss"]) > 0
    for one, other in zip(model.weights, later.weights, strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), rtol=1e-3, atol=1e-4)


def test_an_epoch_reports_the_mean_of_the_steps_that_have_a_discriminator(tiny, pairs):
    model = new(tiny, pretraining_steps=3, **TERMS)
    plain = new(tiny, **TERMS)
    history = model.fit(*pairs, batch_size=2, verbose=0, validation_data=pairs).history
    other = plain.fit(*pairs, batch_size=2, verbose=0).history
    for name in ("generator_loss", "discriminator_loss"):
        # One step of four: near what an untrained discriminator gives, not a quarter of it.
        assert history[name][0] == pytest.approx(other[name][0], rel=0.3)
        assert history[f"val_{name}"][0] > 0


def test_a_watched_step(tiny, pairs):
    model = new(tiny, pretraining_steps=1, **TERMS)
    callback = kp.callbacks.GANHealth(warmup_steps=100)
    history = model.fit(*pairs, batch_size=4, verbose=0, callbacks=[callback]).history
    assert 0 <= history["real_accuracy"][0] <= 1
    assert history["discriminator_gradient_norm"][0] > 0


def test_with_averages_and_changed_pictures_after_saving(tiny, pairs, tmp_path):
    options = {"ema": 0.9, "diff_augment": ("color", "cutout"), "pretraining_steps": 2}
    model = new(tiny, **options, **TERMS)
    model.train_on_batch(*pairs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.pretraining_steps == 2
    for _ in range(2):
        for one in (model, loaded):
            one.reset_metrics()
            logs = one.train_on_batch(*pairs, return_dict=True)
    assert logs["discriminator_loss"] > 0
    for weight, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_allclose(numpy(weight), numpy(other), rtol=1e-3, atol=1e-4)


def test_batch_norm_statistics_of_the_discriminator_rest(tiny, pairs):
    model = tiny(normalization="batch")
    model.compile(pretraining_steps=1, run_eagerly=True)
    for changed in (False, True):
        before = [numpy(v).copy() for v in model.discriminator.non_trainable_variables]
        model.train_on_batch(*pairs)
        for old, now in zip(before, model.discriminator.non_trainable_variables, strict=True):
            assert (old != numpy(now)).any() == changed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pretraining_steps": -1}, "must be an int of at least 0. Received: pretraining_steps=-1"),
        ({"pretraining_steps": 0.5}, "must be an int of at least 0"),
        ({"pretraining_steps": True}, "must be an int of at least 0"),
        ({"pretraining_steps": 5, "adversarial_loss": None}, "adversarial_loss=None"),
        (
            {
                "pretraining_steps": 5,
                "reconstruction_weight": 0.0,
                "generator_terms": [kp.losses.FeatureMatching()],
            },
            "nothing for the generator to learn from in the pretraining_steps",
        ),
    ],
)
def test_what_is_no_first_phase(tiny, arguments, message):
    model = tiny()
    with pytest.raises(ValueError, match=message):
        model.compile(**arguments)
    assert not model.compiled
