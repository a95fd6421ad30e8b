"""What a report says about a model and its pairs, in words."""

import re

import keras
import pytest

import keras_pix2pix as kp
from keras_pix2pix.callbacks.report.settings import settings


@keras.saving.register_keras_serializable(package="tests")
def mean_squared(target, generated):
    """A term of a user's own."""
    return keras.ops.mean(keras.ops.square(target - generated))


@pytest.fixture(scope="module")
def groups(tiny, pairs):
    model = tiny()
    schedule = keras.optimizers.schedules.PolynomialDecay(2e-4, 100, 0.0)
    model.compile(
        keras.optimizers.Adam(schedule, beta_1=0.5),
        "sgd",
        adversarial_loss="lsgan",
        reconstruction_weight=7.0,
        update="simultaneous",
        ema=0.5,
        generator_terms=[kp.losses.FeatureMatching(5.0), mean_squared],
    )
    return model, settings(model, kp.data.PairDataset(*pairs, batch_size=3))


def test_settings_say_what_was_trained_and_how(groups):
    model, rows = groups
    generator, discriminator = rows["Generator"], rows["Discriminator"]
    assert (generator["kind"], generator["depth"]) == ("UNetGenerator", "2")
    assert generator["weights"] == f"{model.generator.count_params():,}"
    assert generator["image shape"] == "any x any x 3"
    assert "name" not in generator
    assert (discriminator["kind"], discriminator["receptive field"]) == ("PatchDiscriminator", "16")
    losses = rows["Losses"]
    assert losses["adversarial loss"] == "lsgan"
    assert losses["reconstruction loss"] == "mae"
    assert losses["reconstruction weight"] == "7"
    assert (losses["update"], losses["ema"]) == ("simultaneous", "0.5")
    adam = rows["Optimizer of the generator"]
    assert (adam["kind"], adam["beta 1"]) == ("Adam", "0.5")
    assert rows["Optimizer of the discriminator"]["kind"] == "SGD"
    assert rows["Held-out pairs"]["pairs"] == "8"
    assert rows["Held-out pairs"]["target"] == "RGB picture"
    software = rows["Software"]
    assert software["keras"] == keras.__version__
    assert {"keras-pix2pix", keras.backend.backend()} <= set(software)


def test_terms_and_schedules_are_named_with_what_they_are_given(groups):
    _, rows = groups
    assert rows["Losses"]["generator terms"].startswith("FeatureMatching (weight 5")
    assert "; mean_squared (weight 1" in rows["Losses"]["generator terms"]
    assert rows["Losses"]["discriminator terms"] == "none"
    rate = rows["Optimizer of the generator"]["learning rate"]
    assert rate.startswith("PolynomialDecay (initial learning rate 0.0002, decay steps 100")


def test_nothing_is_written_as_python_writes_it(groups):
    for rows in groups[1].values():
        for name, value in rows.items():
            assert "_" not in name
            for sign in ("{", "[", "None", "True", "False", "=", "'", "<"):
                assert sign not in value, (name, value)


def test_pairs_that_are_no_dataset_are_counted(tiny, pairs):
    model = tiny()
    model.compile(adversarial_loss=None)
    rows = settings(model, [pairs])
    assert rows["Held-out pairs"] == {"batches": "1"}
    assert rows["Losses"]["adversarial loss"] == "none"


def test_label_maps_are_counted_in_classes(tiny, pairs):
    model = tiny()
    model.compile()
    condition = (pairs[0][..., :1] > 0).astype("uint8")
    formats = kp.data.Labels(2), kp.data.Picture(3)
    data = kp.data.PairDataset(condition, pairs[1], image_size=(16, 16), formats=formats)
    rows = settings(model, data)["Held-out pairs"]
    assert rows["condition"] == "labels of 2 classes"
    assert rows["size"] == "16 pixels wide, 16 high"


def test_frozen_layers_are_counted(tiny, pairs):
    model = tiny()
    # A block, with the layers inside of it.
    model.generator.layers[1].trainable = False
    model.compile()
    rows = settings(model, kp.data.PairDataset(*pairs))["Generator"]
    assert re.fullmatch(r"\d of \d\d", rows["frozen layers"])


@keras.saving.register_keras_serializable(package="tests")
def darkened(picture, rng):
    """A condition of a user's own."""
    return picture // 2


def test_conditions_that_are_computed_are_named(tiny, pairs):
    model = tiny()
    model.compile()

    def condition(of):
        data = kp.data.PairDataset(of, [(pairs[1][0] * 127.5 + 127.5).astype("uint8")])
        return settings(model, data)["Held-out pairs"]["condition"]

    noise = kp.data.Noise(amount=(0.1, 0.25))
    assert condition(noise) == (
        "RGB picture, computed by Noise (kind gaussian, amount 0.1 to 0.25)"
    )
    assert condition(kp.data.Gray()) == "grey picture, computed by Gray"
    assert condition(kp.data.OwnCondition(darkened)) == "RGB picture, computed by darkened"
