"""GANHealth: what it measures, and each sickness provoked."""

import warnings

import keras
import numpy as np
import pytest
from keras import ops

import keras_pix2pix as kp
from keras_pix2pix.training.step import HEALTH


def train(model, pairs, epochs=1, **watch):
    """A training under the eyes of GANHealth, and what it said."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        history = model.fit(
            *pairs,
            batch_size=4,
            epochs=epochs,
            verbose=0,
            validation_data=pairs,
            callbacks=[kp.callbacks.GANHealth(**watch)],
        )
    return history.history, [str(w.message) for w in said if "Step" in str(w.message)]


def still():
    """Optimizers that change nothing."""
    return keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0)


def test_it_reports_what_both_networks_do(tiny, pairs):
    model = tiny(dropout=0.0)
    model.compile(*still())
    history, said = train(model, pairs)
    assert not said
    assert set(HEALTH) <= set(history)
    assert not {f"val_{name}" for name in HEALTH} & set(history)
    condition, target = pairs
    generated = model.predict(condition, verbose=0)
    real, fake = (
        ops.convert_to_numpy(model.discriminator([condition, picture]))
        for picture in (target, generated)
    )
    expected = {
        "real_accuracy": (real > 0).mean(),
        "fake_accuracy": (fake < 0).mean(),
        "saturated": ((np.abs(generated) > 0.99) & (np.abs(target) <= 0.99)).mean(),
    }
    for name, value in expected.items():
        assert history[name][0] == pytest.approx(value, abs=1e-5), name
    halves = [slice(4), slice(4, 8)]
    contrasts = [
        generated[half].std((1, 2, 3)).mean() / target[half].std((1, 2, 3)).mean()
        for half in halves
    ]
    order = history["contrast"][0]
    assert min(contrasts) * 0.5 < order < max(contrasts) * 2


def test_gradient_norms_are_those_of_the_step(tiny, pairs):
    """Plain SGD moves the weights by exactly its rate times the gradients."""
    model = tiny(dropout=0.0)
    model.compile(keras.optimizers.SGD(1e-4), keras.optimizers.SGD(1e-4))
    networks = {name: getattr(model, name) for name in ("generator", "discriminator")}
    before = {name: network.get_weights() for name, network in networks.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = model.fit(
            *pairs, batch_size=8, verbose=0, callbacks=[kp.callbacks.GANHealth()]
        ).history
    for name, network in networks.items():
        moved = zip(network.get_weights(), before[name])
        norm = np.sqrt(sum(np.square(new - old, dtype="float64").sum() for new, old in moved))
        assert history[f"{name}_gradient_norm"][0] == pytest.approx(norm / 1e-4, rel=2e-2)


def test_nothing_of_it_is_left_after_training(tiny, pairs):
    model = tiny()
    model.compile(*still())
    train(model, pairs)
    history = model.fit(*pairs, verbose=0).history
    assert not set(HEALTH) & set(history)


def provoke(tiny, sickness):
    if sickness == "won":
        # It is told the difference: only real pictures are bright at the end.
        network = keras.Sequential(
            [keras.Input((None, None, 3)), keras.layers.Conv2D(1, 1, use_bias=False)]
        )
        network.layers[0].kernel.assign(np.full((1, 1, 3, 1), 50.0))
        return tiny(network)
    model = tiny(dropout=0.0)
    kernel, *bias = model.generator.get_layer("up_1").trainable_variables
    if sickness == "grey":
        kernel.assign(np.zeros(kernel.shape))
        return model
    assert sickness == "saturated"
    for weights in (kernel, *bias):
        weights.assign(np.full(weights.shape, 1e4))
    return model


@pytest.mark.parametrize("sickness", ["won", "grey", "saturated"])
def test_each_sickness_is_named_once_with_what_to_try(tiny, pairs, sickness):
    model = provoke(tiny, sickness)
    model.compile(*still())
    condition, target = pairs
    if sickness == "won":
        target = np.abs(target) * 0.5 + 0.5
        model.generator.get_layer("up_1").trainable_variables[1].assign([-1.0] * 3)
    words = {
        "won": "the discriminator has won: it knows 100.0% of real",
        "grey": "the generator has collapsed to grey: its pictures have 0.0% of the contrast",
        "saturated": "the generator gives extremes: ",
    }
    _, said = train(model, (condition, target), epochs=3, after=2, every=1)
    of_it = [message for message in said if words[sickness] in message]
    assert len(of_it) == 1
    assert of_it[0].startswith("Step 2: ")
    assert "Try " in of_it[0] or "Start anew" in of_it[0]
    assert len(said) == len(set(said))


def test_nothing_is_judged_too_early(tiny, pairs):
    model = provoke(tiny, "grey")
    model.compile(*still())
    _, said = train(model, pairs, epochs=2, after=5, every=1)
    assert not said


def test_losses_that_are_not_finite_are_named_at_once(tiny, pairs):
    model = tiny()
    model.compile(*(keras.optimizers.SGD(1e30) for _ in range(2)))
    _, said = train(model, pairs, epochs=2, after=500, every=1)
    assert len(said) == 1
    assert "the losses are not finite" in said[0]
    assert "Start from the last saved model" in said[0]


def test_a_model_without_a_discriminator_is_watched_too(tiny, pairs):
    model = provoke(tiny, "grey")
    model.compile(*still(), adversarial_loss=None)
    history, said = train(model, pairs, after=1, every=1)
    assert {"contrast", "saturated", "generator_gradient_norm"} <= set(history)
    assert "real_accuracy" not in history
    assert len(said) == 1
