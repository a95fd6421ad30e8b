"""GANHealth: what it measures, and the warning about each problem."""

import warnings

import keras
import numpy as np
import pytest
from keras import ops

import keras_pix2pix as kp
from keras_pix2pix.callbacks.health import PROBLEMS
from keras_pix2pix.training.health import HEALTH


def train(model, pairs, epochs=1, **watch):
    """Train with GANHealth, and return the history and the warnings."""
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


def provoke(tiny, problem):
    if problem == "strong":
        # It is told the difference: only real pictures are bright at the end.
        network = keras.Sequential(
            [keras.Input((None, None, 3)), keras.layers.Conv2D(1, 1, use_bias=False)]
        )
        network.layers[0].kernel.assign(np.full((1, 1, 3, 1), 50.0))
        return tiny(network)
    model = tiny(dropout=0.0)
    kernel, *bias = model.generator.get_layer("up_1").trainable_variables
    if problem == "grey":
        kernel.assign(np.zeros(kernel.shape))
        return model
    assert problem == "saturated"
    for weights in (kernel, *bias):
        weights.assign(np.full(weights.shape, 1e4))
    return model


@pytest.mark.parametrize("problem", ["strong", "grey", "saturated"])
def test_each_problem_is_named_once_with_what_to_try(tiny, pairs, problem):
    model = provoke(tiny, problem)
    model.compile(*still())
    condition, target = pairs
    if problem == "strong":
        target = np.abs(target) * 0.5 + 0.5
        model.generator.get_layer("up_1").trainable_variables[1].assign([-1.0] * 3)
    words = {
        "strong": "the discriminator is too strong: it classifies 100.0% of the real",
        "grey": "the generator generates grey: its pictures have 0.0% of the contrast",
        "saturated": "the generator generates extreme values: ",
    }
    _, said = train(model, (condition, target), epochs=3, warmup_steps=2, check_every=1)
    of_it = [message for message in said if words[problem] in message]
    assert len(of_it) == 1
    assert of_it[0].startswith("Step 2: ")
    assert "Try " in of_it[0] or "Start a new training" in of_it[0]
    assert len(said) == len(set(said))


def test_nothing_is_judged_too_early(tiny, pairs):
    model = provoke(tiny, "grey")
    model.compile(*still())
    _, said = train(model, pairs, epochs=2, warmup_steps=5, check_every=1)
    assert not said


def test_losses_that_are_not_finite_are_named_at_once(tiny, pairs):
    model = tiny()
    model.compile(*(keras.optimizers.SGD(1e30) for _ in range(2)))
    with pytest.warns(UserWarning) as said, pytest.raises(ValueError, match="Weights have become"):
        model.fit(*pairs, batch_size=4, verbose=0, callbacks=[kp.callbacks.GANHealth(500, 1)])
    said = [str(w.message) for w in said if "Step" in str(w.message)]
    assert len(said) == 1
    assert "a loss is not finite" in said[0]
    assert "Load the last saved model" in said[0]


def test_a_model_without_a_discriminator_is_watched_too(tiny, pairs):
    model = provoke(tiny, "grey")
    model.compile(*still(), adversarial_loss=None)
    history, said = train(model, pairs, warmup_steps=1, check_every=1)
    assert {"contrast", "saturated", "generator_gradient_norm"} <= set(history)
    assert "real_accuracy" not in history
    assert len(said) == 1


def test_checks_come_every_so_many_steps_and_after_every_epoch(tiny, pairs, monkeypatch):
    """An epoch has four steps; the checks are numbered through all of them."""
    model = tiny()
    model.compile(*still())
    steps = []
    monkeypatch.setattr(
        kp.callbacks.GANHealth, "_check", lambda health, logs: steps.append(health._step)
    )
    callbacks = [kp.callbacks.GANHealth(check_every=3)]
    model.fit(*pairs, batch_size=2, epochs=3, verbose=0, callbacks=callbacks)
    assert steps == [3, 4, 6, 8, 9, 12, 12]


def test_a_resumed_training_counts_on(tiny, pairs):
    """The steps of an earlier training belong to the warm-up, and to the number in the warning."""
    model = provoke(tiny, "grey")
    model.compile(*still())
    _, said = train(model, pairs, epochs=2, warmup_steps=5, check_every=1)
    assert not said
    _, said = train(model, pairs, epochs=1, warmup_steps=5, check_every=1)
    assert [message.split(":")[0] for message in said] == ["Step 5"]


def test_a_new_training_warns_again(tiny, pairs):
    model = provoke(tiny, "grey")
    model.compile(*still())
    health = kp.callbacks.GANHealth(warmup_steps=1)
    for _ in range(2):
        with pytest.warns(UserWarning, match="generates grey"):
            model.fit(*pairs, verbose=0, callbacks=[health])


def test_the_defaults_are_500_steps_and_every_100():
    health = kp.callbacks.GANHealth()
    assert (health.warmup_steps, health.check_every) == (500, 100)
    health = kp.callbacks.GANHealth(7, 3)
    assert (health.warmup_steps, health.check_every) == (7, 3)


@pytest.mark.parametrize(("old", "new"), [("after", "warmup_steps"), ("every", "check_every")])
def test_an_old_name_works_and_names_the_new_one(old, new):
    with pytest.warns(DeprecationWarning, match=rf"{old}=.* now called .*{new}=") as said:
        health = kp.callbacks.GANHealth(**{old: 7})
    assert len(said) == 1
    assert said[0].filename == __file__
    assert getattr(health, new) == 7
    other = "check_every" if new == "warmup_steps" else "warmup_steps"
    assert getattr(health, other) == getattr(kp.callbacks.GANHealth(), other)


@pytest.mark.parametrize(
    ("logs", "names"),
    [
        ({"real_accuracy": 0.995, "fake_accuracy": 0.995}, ["discriminator"]),
        ({"real_accuracy": 0.995, "fake_accuracy": 0.98}, []),
        ({"real_accuracy": 0.98, "fake_accuracy": 0.995}, []),
        ({"contrast": 0.09}, ["grey"]),
        ({"contrast": 0.11}, []),
        ({"saturated": 0.51}, ["saturated"]),
        ({"saturated": 0.49}, []),
        ({"contrast": 0.0, "saturated": 1.0}, ["grey", "saturated"]),
    ],
)
def test_where_a_problem_begins(logs, names):
    healthy = {"real_accuracy": 0.7, "fake_accuracy": 0.7, "contrast": 1.0, "saturated": 0.0}
    logs = {**healthy, **logs}
    assert [problem.name for problem in PROBLEMS if problem.is_present(logs)] == names


def test_numbers_of_held_out_pairs_are_not_judged():
    health = kp.callbacks.GANHealth(warmup_steps=0)
    health._step, health._reported = 1, set()
    health._check({"val_loss": float("nan"), "contrast": 1.0, "saturated": 0.0})
