"""Any options of networks and of `compile`: one step is finite, is saved, and goes on as before.

What cannot be trained is refused before a step, by a message that names the option.
"""

import tempfile
import traceback
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from checks import noise, numpy
from fuzzing import check_refusal, few, on_torch_or_long
from hypothesis import event, given, note
from hypothesis import strategies as st

import keras_pix2pix as kp
from keras_pix2pix import losses

pytestmark = on_torch_or_long()

BATCH_NORM = keras.layers.BatchNormalization(momentum=0.5)
CHANNEL_NORM = keras.layers.LayerNormalization()


@keras.saving.register_keras_serializable(package="fuzz")
def squares_of_half(target, generated):
    return keras.ops.square(target - generated) / 2.0


@keras.saving.register_keras_serializable(package="fuzz")
class Ball(keras.layers.Layer):
    """A layer with a loss of its own."""

    def call(self, inputs):
        self.add_loss(0.01 * keras.ops.mean(keras.ops.square(inputs)))
        return inputs


def some(**options):
    """Any part of these options, each drawn from a list or a strategy."""
    strategies = {
        name: values if isinstance(values, st.SearchStrategy) else st.sampled_from(values)
        for name, values in options.items()
    }
    return st.fixed_dictionaries({}, optional=strategies)


def named(name, options):
    return st.tuples(st.just(name), options)


normalizations = ["instance", "batch", "group", None, CHANNEL_NORM, BATCH_NORM]
upsamplings = ["deconv", "nearest", "bilinear", "shuffle"]
activations = ["tanh", "linear", "sigmoid", "hard_tanh", losses.label_probabilities]
filters = st.integers(1, 5)
unet = some(
    depth=[2, 3, 4],
    normalization=normalizations,
    dropout=[0.0, 0.5],
    output_activation=activations,
    skips=[False],
    upsampling=upsamplings,
    max_filters=[1, 3, 8],
    plain_levels=[1, 2],
)
resnet = some(normalization=normalizations, dropout=[0.3], output_activation=activations)
efficientnet = some(
    normalization=normalizations,
    dropout=[0.3],
    upsampling=upsamplings,
    weights=[None],
    train_encoder=[False],
)
GENERATORS = {
    "UNetGenerator": kp.UNetGenerator,
    "ResNetGenerator": lambda *shape, **options: kp.ResNetGenerator(*shape, blocks=1, **options),
    "EfficientNetGenerator": kp.EfficientNetGenerator,
    "own": lambda shape, channels, filters: keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Conv2D(filters, 3, padding="same", kernel_regularizer="l2"),
            keras.layers.BatchNormalization(),
            Ball(),
            keras.layers.Conv2D(channels, 1, activation="tanh", name="last"),
        ]
    ),
}
# The large network costs as much as twenty others.
generators = st.integers(0, 19).flatmap(
    lambda number: (
        named("EfficientNetGenerator", efficientnet)
        if number == 19
        else named("own", st.just({}))
        if number > 16
        else named("ResNetGenerator", resnet)
        if number > 12
        else named("UNetGenerator", unet)
    )
)
patches = {
    "receptive_field": [1, 16, 16, 34, 70],
    "normalization": normalizations,
    "spectral": [True],
}
alone = {"condition_shape": [None]}
DISCRIMINATORS = {
    "PatchDiscriminator": kp.PatchDiscriminator,
    "MultiScaleDiscriminator": kp.MultiScaleDiscriminator,
    "ProjectedDiscriminator": kp.ProjectedDiscriminator,
    "own": lambda condition_shape, target_shape, filters: keras.Sequential(
        [
            keras.Input(target_shape),
            keras.layers.Conv2D(filters, 3, padding="same", activity_regularizer="l2"),
            keras.layers.Conv2D(1, 1),
        ]
    ),
}
discriminators = st.integers(0, 9).flatmap(
    lambda number: (
        named("ProjectedDiscriminator", some(**alone))
        if number == 9
        else named("own", st.just({}))
        if number == 8
        else named("MultiScaleDiscriminator", some(scales=[1, 2, 3], **patches, **alone))
        if number > 5
        else named("PatchDiscriminator", some(**patches, **alone))
    )
)

SCHEDULES = {
    "to zero": lambda: kp.ConstantThenLinear(1e-3, total_steps=5),
    "cosine": lambda: keras.optimizers.schedules.CosineDecay(1e-3, 10, warmup_steps=2),
    "decay": lambda: keras.optimizers.schedules.ExponentialDecay(1e-3, 2, 0.5, staircase=True),
    "rate": lambda: 1e-3,
}
optimizers = st.tuples(
    st.sampled_from(["Adam", "SGD", "RMSprop", "AdamW", "Lion", "Adagrad", "Nadam", "Adafactor"]),
    st.sampled_from(list(SCHEDULES)),
    some(
        weight_decay=[1e-3],
        use_ema=[True],
        gradient_accumulation_steps=[2],
        loss_scale_factor=[8.0],
    ),
    st.sampled_from([{}, {"clipnorm": 1.0}, {"clipvalue": 0.5}, {"global_clipnorm": 1.0}]),
)
TERMS = {
    "FeatureMatching": lambda: losses.FeatureMatching(2.0),
    "Perceptual": lambda: losses.Perceptual(1.0),
    "CoarseL1": lambda: losses.CoarseL1(factor=3),
    "LabelCrossEntropy": lambda: losses.LabelCrossEntropy(weight=0.1),
    "PairTerm": lambda: losses.PairTerm("huber", 2.0, "huber"),
    "function": lambda: squares_of_half,
    "R1": lambda: losses.R1(1.0),
    "lazy R1": lambda: losses.R1(1.0, every=2, name="lazy"),
    "R2": lambda: losses.R2(1.0),
    "GradientPenalty": lambda: losses.GradientPenalty(),
}
METRICS = {
    "PSNR": kp.metrics.PSNR,
    "SSIM": kp.metrics.SSIM,
    "mae": lambda: "mae",
    "Keras": keras.metrics.RootMeanSquaredError,
}
compilations = some(
    generator_optimizer=optimizers,
    discriminator_optimizer=optimizers,
    adversarial_loss=["vanilla", "lsgan", "hinge", "wgan_gp", "relativistic", None],
    reconstruction_loss=["mse", "huber", squares_of_half, "log_cosh"],
    reconstruction_weight=[0, 0.5, 10.0],
    update=["simultaneous"],
    generator_terms=st.lists(st.sampled_from(list(TERMS)[:6]), max_size=2, unique=True),
    discriminator_terms=st.lists(st.sampled_from(list(TERMS)[6:]), max_size=2, unique=True),
    ema=[0.9, 0.999],
    diff_augment=st.lists(st.sampled_from(["color", "translation", "cutout"]), unique=True),
    pretraining_steps=[1, 2],
    frozen_encoder_steps=[1],
    metrics=st.lists(st.sampled_from(list(METRICS)), max_size=2, unique=True),
)
# Wrong values, by the option that the message must name.
WRONG = {
    "generator": {
        "depth": [1, -1],
        "filters": [0, -2],
        "output_channels": [0],
        "normalization": ["layer"],
        "dropout": [1.0, 1.5, -0.1],
        "output_activation": ["tanhh"],
        "upsampling": ["cubic"],
        "max_filters": [0],
        "plain_levels": [-1, 9],
    },
    "discriminator": {
        "receptive_field": [0, 71],
        "filters": [0],
        "normalization": ["layer"],
    },
    "compile": {
        "generator_optimizer": ["adamm", 3],
        "discriminator_optimizer": ["sgdd"],
        "adversarial_loss": ["gan", ["hinge"]],
        "reconstruction_loss": ["l1x", 3],
        "reconstruction_weight": [-1.0, float("nan"), float("inf"), "10", None],
        "update": ["both", None],
        "generator_terms": ["mae", [3], None],
        "discriminator_terms": ["r1", ["mae"], None],
        "ema": [0.0, 1.0, 1, "0.9", float("nan")],
        "diff_augment": [["colour"], "color", 3],
        "pretraining_steps": [-1, 1.5, "2", None],
        "frozen_encoder_steps": [-1, 1.5, None],
        "metrics": [["psnrr"]],
        "run_eagerly_": [True],
        "optimizer": ["adam"],
        "loss": ["mae"],
    },
}
wrong = st.sampled_from(
    [(where, n, v) for where, some in WRONG.items() for n, values in some.items() for v in values]
)


@st.composite
def cases(draw, flawed=False):
    """The description of a model, and of the batch that it is trained on."""
    case = {
        "generator": draw(named("UNetGenerator", unet) if flawed else generators),
        "discriminator": draw(named("PatchDiscriminator", some()) if flawed else discriminators),
        "filters": draw(filters),
        "compile": draw(some() if flawed else compilations),
        "channels": draw(st.tuples(st.sampled_from([3, 1, 2, 5]), st.sampled_from([3, 1, 2, 4]))),
        "size": draw(st.tuples(st.integers(1, 40), st.integers(1, 40))),
        "batch": draw(st.integers(1, 3)),
        "weights": draw(st.sampled_from([None, "pictures", "map", "map with channel"])),
        # Which layers are frozen: the remainders of their numbers.
        "frozen": draw(st.sampled_from([(), (), (1,), (0, 2)])),
    }
    if flawed:
        case["wrong"] = draw(wrong)
    return case


def build(case):
    """The model that is described, compiled."""
    shapes = [(None, None, channels) for channels in case["channels"]]
    (generator, options), (discriminator, other) = case["generator"], case["discriminator"]
    options = {"filters": case["filters"], **options}
    other = {"condition_shape": shapes[0], "target_shape": shapes[1], **other}
    arguments = {**case["compile"]}
    where, name, value = case.get("wrong", (None, None, None))
    for kind, chosen in (("generator", options), ("discriminator", other), ("compile", arguments)):
        if kind == where:
            chosen[name] = value
    if generator == "UNetGenerator":
        options.setdefault("depth", 2)
    channels = options.pop("output_channels", shapes[1][-1])
    networks = [
        GENERATORS[generator](shapes[0], channels, **options),
        DISCRIMINATORS[discriminator](**{"filters": case["filters"], **other}),
    ]
    for network in networks:
        for number, layer in enumerate(network.layers):
            if number % 3 in case["frozen"]:
                layer.trainable = False
    model = kp.Pix2Pix(*networks)
    model.compile(**{"run_eagerly": True, **made(arguments)})
    return model


def made(arguments):
    """The arguments of `compile` that are described."""
    tables = {"generator_terms": TERMS, "discriminator_terms": TERMS, "metrics": METRICS}
    result = dict(arguments)
    for name, value in arguments.items():
        if name.endswith("_optimizer") and isinstance(value, tuple):
            cls, rate, *options = value
            cls = getattr(keras.optimizers, cls)
            result[name] = cls(SCHEDULES[rate](), **options[0], **options[1])
        elif name in tables and isinstance(value, list):
            result[name] = [tables[name].get(v, lambda v=v: v)() for v in value]
    return result


def batch(case, seed=0):
    height, width = case["size"]
    shape = case["batch"], height, width
    arrays = [noise(*shape, channels, seed=seed + c) for c, channels in enumerate(case["channels"])]
    weights = {
        None: None,
        "pictures": np.linspace(1, 2, case["batch"]),
        "map": (noise(*shape, seed=9) > 0).astype("float32"),
        "map with channel": np.abs(noise(*shape, 1, seed=9)),
    }
    return [*arrays, weights[case["weights"]]]


def step(model, data):
    """The logs of one step."""
    x, y, weights = data
    # In another order, dropout would fall on other pictures.
    options = {"batch_size": len(x), "sample_weight": weights, "shuffle": False, "verbose": 0}
    fitted = model.fit(x, y, **options)
    return {name: values[0] for name, values in fitted.history.items()}


@given(case=cases())
@few(8)
def test_what_is_taken_trains_and_is_saved(case):
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    data = batch(case)
    with warnings.catch_warnings():
        # Pictures of a pixel have no value below 0, now and then.
        warnings.filterwarnings("ignore", "No value of the first")
        try:
            model = build(case)
            before = [numpy(v) for v in model.weights]
            logs = step(model, data)
        except (ValueError, ImportError) as error:
            event("refused")
            note(str(error))
            frames = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
            assert not any("training/step.py" in name for name in frames), "refused in a step"
            check_refusal(error, NAMES)
            return
        event(f"trained: {case['generator'][0]}, {case['discriminator'][0]}")
        assert all(np.isfinite(value) for value in logs.values()), logs
        assert all(np.isfinite(numpy(v)).all() for v in model.variables)
        for variable, value in zip(model.weights, before, strict=True):
            if not variable.trainable and variable.name not in STATISTICS:
                np.testing.assert_array_equal(numpy(variable), value, variable.path)

        pictures = model.predict(data[0], verbose=0)
        assert pictures.shape == data[1].shape
        assert np.isfinite(pictures).all()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            model.save(path)
            loaded = keras.saving.load_model(path)
        np.testing.assert_array_equal(loaded.predict(data[0], verbose=0), pictures)
        flags = [[v.trainable for v in m.generator.weights] for m in (model, loaded)]
        assert flags[0] == flags[1]
        data = batch(case, seed=5)
        again = step(loaded, data)
        for name, value in step(model, data).items():
            np.testing.assert_allclose(again[name], value, rtol=1e-4, atol=1e-6, err_msg=name)
        np.testing.assert_allclose(
            loaded.predict(data[0], verbose=0), model.predict(data[0], verbose=0), atol=1e-4
        )


# Variables that a step changes without a gradient: of batch norm, and of spectral normalization.
STATISTICS = {"moving_mean", "moving_variance", "u"}
# What a refusal of options that are each allowed may name.
NAMES = {
    "receptive_field",
    "ProjectedDiscriminator",
    "EfficientNetGenerator",
    "perceptual",
    "feature_matching",
    "r1",
    "lazy",
    "r2",
    "gradient_penalty",
    "discriminator_terms",
    "generator_terms",
    "adversarial_loss",
    "reconstruction_weight",
    "pretraining_steps",
    "frozen_encoder_steps",
    "use_ema",
    "SSIM",
    "ssim",
}


@given(case=cases(flawed=True))
@few(10)
def test_a_wrong_option_is_named_before_training(case):
    keras.backend.clear_session()
    _, name, value = case["wrong"]
    with pytest.raises((ValueError, TypeError)) as caught:
        build(case)
    # A function that is no loss is named by what it should be, and a weight by the loss it has.
    check_refusal(caught.value, [name, f"Received: {value!r}", "A term must be"])
