"""Terms of one's own: as classes and as functions, reported, saved, and refused."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from checks import noise
from keras import ops

from keras_pix2pix.losses import (
    R1,
    R2,
    CoarseL1,
    FeatureMatching,
    GradientPenalty,
    PairTerm,
    Perceptual,
    Term,
)


@keras.saving.register_keras_serializable(package="tests")
class MeanColor(Term):
    def __init__(self, weight=2.0, name="mean_color"):
        super().__init__(weight, name)

    def __call__(self, batch):
        means = [ops.mean(image, axis=(1, 2)) for image in (batch.target, batch.generated)]
        return ops.mean(ops.abs(means[0] - means[1]))


@keras.saving.register_keras_serializable(package="tests")
def squares(target, generated):
    return ops.square(target - generated)


def trained(tiny, pairs, **options):
    model = tiny(dropout=0.0)
    model.compile(*(keras.optimizers.SGD(0.0) for _ in range(2)), **options)
    return model, model.predict(pairs[0], verbose=0)


def test_terms_are_added_with_their_weights_and_reported_without(tiny, pairs):
    terms = [MeanColor(), squares, PairTerm("mae", 3.0)]
    model, fake = trained(tiny, pairs, generator_terms=terms)
    history = model.fit(*pairs, batch_size=4, validation_data=pairs, verbose=0).history
    target = pairs[1]
    expected = {
        "mean_color": np.abs((fake - target).mean(axis=(1, 2))).mean(),
        "squares": np.square(fake - target).mean(),
        "mean_absolute_error": np.abs(fake - target).mean(),
    }
    for name, value in expected.items():
        assert history[name] == pytest.approx([value], rel=1e-4)
        assert history[f"val_{name}"] == pytest.approx([value], rel=1e-4)
    for part in ("", "val_"):
        total = (
            history[f"{part}generator_loss"][0]
            + 100 * history[f"{part}reconstruction_loss"][0]
            + 2 * expected["mean_color"]
            + expected["squares"]
            + 3 * expected["mean_absolute_error"]
        )
        assert history[f"{part}loss"] == pytest.approx([total], rel=1e-4)


def test_terms_are_saved_with_the_model(tiny, pairs, tmp_path):
    terms = [
        MeanColor(4.0),
        squares,
        PairTerm(squares, 3.0, name="more"),
        FeatureMatching(2.0),
        CoarseL1(2.0, factor=8),
    ]
    model, _ = trained(
        tiny,
        pairs,
        generator_terms=terms,
        discriminator_terms=[R1(5.0, every=16), R2(1.0), GradientPenalty(2.0, "slope")],
    )
    model.train_on_batch(*pairs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for side in ("generator_terms", "discriminator_terms"):
        found = [(type(term), term.get_config()) for term in getattr(loaded, side)]
        assert found == [(type(term), term.get_config()) for term in getattr(model, side)]
        assert len(found) == {"generator_terms": 7, "discriminator_terms": 3}[side]
    assert loaded.evaluate(*pairs, return_dict=True, verbose=0) == pytest.approx(
        model.evaluate(*pairs, return_dict=True, verbose=0), rel=1e-4
    )


def test_compiling_again_replaces_the_terms(tiny, pairs):
    model, _ = trained(tiny, pairs, generator_terms=[MeanColor()])
    model.compile(run_eagerly=True)
    assert "mean_color" not in model.train_on_batch(*pairs, return_dict=True)


def test_terms_alone_can_teach_the_generator(tiny, pairs):
    model = tiny(dropout=0.0)
    model.compile(
        adversarial_loss=None,
        reconstruction_weight=0.0,
        generator_terms=[PairTerm(squares)],
        run_eagerly=True,
    )
    logs = model.train_on_batch(*pairs, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["squares"])


class Returns(Term):
    def __init__(self, value):
        super().__init__(1.0, "returns")
        self.value = value

    def __call__(self, batch):
        return self.value(batch)


@pytest.mark.parametrize(
    ("value", "received"),
    [
        (lambda batch: batch.target - batch.generated, r"Received: shape \(8, 16, 16, 3\)"),
        (lambda batch: ops.mean(batch.target, axis=(1, 2, 3)), r"Received: shape \(8,\)"),
        (lambda batch: None, "Received: None"),
    ],
)
def test_a_term_that_is_no_scalar_is_named(tiny, pairs, value, received):
    model = tiny()
    model.compile(generator_terms=[Returns(value)], run_eagerly=True)
    with pytest.raises(ValueError, match=f"term returns must return a scalar tensor.*{received}"):
        model.train_on_batch(*pairs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"generator_terms": [MeanColor(), MeanColor()]}, "Received: 'mean_color' twice"),
        ({"generator_terms": [PairTerm("mae", name="loss")]}, "Received: 'loss' twice"),
        ({"generator_terms": [PairTerm("mae", name="contrast")]}, "Received: 'contrast' twice"),
        (
            {"generator_terms": [MeanColor()], "discriminator_terms": [MeanColor()]},
            "Received: 'mean_color' twice",
        ),
        (
            {"adversarial_loss": "wgan_gp", "discriminator_terms": [GradientPenalty()]},
            "Received: 'gradient_penalty' twice",
        ),
        ({"generator_terms": MeanColor()}, "generator_terms must be a list of terms"),
        ({"generator_terms": [MeanColor]}, "A term must be a keras_pix2pix.losses.Term"),
        ({"generator_terms": [3.0]}, "A term must be a keras_pix2pix.losses.Term"),
        ({"generator_terms": [lambda target, generated: target]}, "A lambda has no name"),
        ({"generator_terms": [R1()]}, "r1 can teach the discriminator only"),
        ({"discriminator_terms": [Perceptual()]}, "perceptual can teach the generator only"),
        ({"discriminator_terms": [squares]}, "squares can teach the generator only"),
        (
            {"adversarial_loss": None, "discriminator_terms": [R1()]},
            r"need a discriminator that is trained.*\['r1'\]",
        ),
        (
            {
                "adversarial_loss": None,
                "reconstruction_weight": 0,
                "generator_terms": [MeanColor(0.0)],
            },
            "nothing for the generator to learn from",
        ),
    ],
)
def test_what_cannot_be_trained_on_is_refused(tiny, arguments, message):
    model = tiny()
    with pytest.raises(ValueError, match=message):
        model.compile(**arguments)
    assert not model.compiled


@pytest.mark.parametrize("metric", ["mae", keras.metrics.MeanSquaredError(name="mae"), squares])
def test_a_term_is_not_named_like_a_metric_which_it_would_hide_in_the_logs(tiny, metric):
    name = "squares" if metric is squares else "mae"
    with pytest.raises(ValueError, match=f"no metric has. Received: {name!r} twice"):
        tiny().compile(generator_terms=[PairTerm("mae", name=name)], metrics=[metric])


def test_a_term_says_what_it_is():
    assert repr(CoarseL1(3.0)) == "<CoarseL1 'coarse_l1', weight 3.0>"


@pytest.mark.parametrize("weight", [-1, -0.001, float("nan"), float("inf"), "5", None])
def test_a_weight_that_cannot_weigh(weight):
    message = r"weight of 'r1' must be a finite number of at least 0\. Received: "
    with pytest.raises(ValueError, match=message):
        R1(weight)


@pytest.mark.parametrize("name", ["", "val_loss"])
def test_a_name_under_which_nothing_can_be_reported(name):
    with pytest.raises(ValueError, match=f"needs a name.*Received: {name!r}"):
        MeanColor(name=name)


@pytest.mark.parametrize("function", ["unheard_of", 3.0, None])
def test_what_is_no_function_of_two_pictures(function):
    with pytest.raises(ValueError, match=f"must be the name of a Keras loss.*{function!r}"):
        PairTerm(function, name="mine")


def test_a_function_that_returns_nothing_is_named(tiny, pairs):
    def forgets(target, generated):
        ops.mean(target - generated)

    model = tiny()
    model.compile(generator_terms=[forgets], run_eagerly=True)
    with pytest.raises(ValueError, match="function of the term forgets must return a tensor"):
        model.train_on_batch(*pairs)


def test_a_function_that_the_loading_program_lacks_is_named(tiny, tmp_path):
    def unregistered(target, generated):
        return target - generated

    model = tiny()
    model.compile(generator_terms=[unregistered])
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="trained with 'unregistered', which Keras does not know"):
        keras.saving.load_model(tmp_path / "model.keras")
    objects = {"unregistered": unregistered}
    loaded = keras.saving.load_model(tmp_path / "model.keras", custom_objects=objects)
    assert loaded.generator_terms[1].function is unregistered
    assert not keras.saving.load_model(tmp_path / "model.keras", compile=False).compiled


@pytest.mark.parametrize(
    ("term", "config"),
    [
        (CoarseL1, {"weight": 10.0, "factor": 4, "name": "coarse_l1"}),
        (FeatureMatching, {"weight": 10.0, "name": "feature_matching"}),
        (GradientPenalty, {"weight": 10.0, "name": "gradient_penalty"}),
        (Perceptual, {"weight": 5.0, "name": "perceptual"}),
        (R1, {"weight": 5.0, "every": 1, "name": "r1"}),
        (R2, {"weight": 5.0, "every": 1, "name": "r2"}),
    ],
)
def test_defaults_and_the_name_in_saved_models(term, config):
    assert term().get_config() == config
    assert keras.saving.get_registered_name(term) == f"keras_pix2pix>{term.__name__}"
    changed = {**config, "weight": 3.0, "name": "other"}
    assert term.from_config(changed).get_config() == changed


def test_a_function_is_stored_by_its_name():
    stored = json.loads(json.dumps(PairTerm("mae", 3.0, name="distance").get_config()))
    again = PairTerm.from_config(stored)
    assert again.function is keras.losses.mean_absolute_error
    assert (again.weight, again.name) == (3.0, "distance")
    assert keras.saving.get_registered_name(PairTerm) == "keras_pix2pix>PairTerm"
    loss = PairTerm(keras.losses.Huber(name="huber_of_mine"))
    assert loss.name == "huber_of_mine"
    assert PairTerm.from_config(loss.get_config()).get_config() == loss.get_config()


def per_picture(target, generated):
    return ops.mean(ops.square(target - generated), axis=(1, 2, 3))


REDUCTIONS = {
    "sum_over_batch_size": np.mean,
    "sum": np.sum,
    "mean_with_sample_weight": lambda values: values.mean() / WEIGHTS.mean(),
    None: np.mean,
}
WEIGHTS = np.random.default_rng(2).uniform(0, 2, (2, 4, 4, 1)).astype("float32")


def weighed(function, weights=WEIGHTS):
    target, generated = (noise(2, 4, 4, 3, seed=seed) for seed in (0, 1))
    tensors = map(ops.convert_to_tensor, (target, generated, weights))
    batch = SimpleNamespace(**dict(zip(("target", "generated", "weights"), tensors)))
    return float(PairTerm(function)(batch)), np.square(target - generated).mean(axis=-1)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_keras_loss_is_reduced_by_its_own_rule_where_there_are_weights(reduction):
    loss = keras.losses.MeanSquaredError(reduction=reduction)
    value, squared = weighed(loss)
    assert value == pytest.approx(REDUCTIONS[reduction](squared * WEIGHTS[..., 0]), rel=1e-5)
    if reduction is not None:
        own = loss(*(noise(2, 4, 4, 3, seed=seed) for seed in (0, 1)), sample_weight=WEIGHTS)
        assert value == pytest.approx(float(own), rel=1e-5)


def test_weights_of_pictures_and_functions_with_channels():
    value, squared = weighed(squares, WEIGHTS[:, :1, :1])
    assert value == pytest.approx((squared * WEIGHTS[:, :1, 0]).mean(), rel=1e-5)
    value, squared = weighed("mse", WEIGHTS[:, :1, :1])
    assert value == pytest.approx((squared * WEIGHTS[:, :1, 0]).mean(), rel=1e-5)


@pytest.mark.parametrize("function", [per_picture, keras.losses.Dice(name="dice")])
def test_weights_need_a_value_for_each_pixel(function):
    with pytest.raises(ValueError, match="must return a tensor of shape"):
        weighed(function)
