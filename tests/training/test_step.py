"""One training step: who is updated by what, on every backend, in both orders."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_pix2pix as kp
from keras_pix2pix.losses.objectives import OBJECTIVES
from keras_pix2pix.training import batches

BACKEND = keras.backend.backend()
# Compiled steps take JAX long; the arithmetic is the same. TensorFlow and torch trace quickly.
EAGER = {"run_eagerly": True}


def values(variables):
    return [ops.convert_to_numpy(v).copy() for v in variables]


def changed(before, variables):
    return [
        v.path
        for old, v in zip(before, variables, strict=True)
        if not np.array_equal(old, ops.convert_to_numpy(v))
    ]


def sgd(rate):
    return keras.optimizers.SGD(rate)


@pytest.mark.parametrize("update", ["sequential", "simultaneous"])
@pytest.mark.parametrize("normalization", ["instance", "batch"])
def test_each_step_changes_its_own_network_alone(tiny, pairs, update, normalization):
    model = tiny(normalization=normalization)
    networks = {"generator": model.generator, "discriminator": model.discriminator}
    for name in networks:
        rates = [sgd(0.1 if name == other else 0.0) for other in networks]
        model.compile(*rates, update=update, **EAGER)
        before = {n: values(network.trainable_variables) for n, network in networks.items()}
        model.train_on_batch(*pairs)
        for other, network in networks.items():
            moved = changed(before[other], network.trainable_variables)
            assert len(moved) == (len(network.trainable_variables) if other == name else 0)


def test_the_generator_looks_without_changing_the_statistics_of_the_discriminator(tiny, pairs):
    model = tiny(normalization="batch", dropout=0.0)
    model.compile(sgd(0.0), sgd(0.0), **EAGER)
    condition, target = map(ops.convert_to_tensor, pairs)
    twin = keras.models.clone_model(model.discriminator)
    twin.set_weights(model.discriminator.get_weights())
    with keras.StatelessScope():
        fake = model(condition, training=True)
    # The discriminator's own step looks at a fake and at a real batch, once each.
    for image in (ops.stop_gradient(fake), target):
        twin([condition, image], training=True)
    model.train_on_batch(*pairs)
    for one, other in zip(
        twin.non_trainable_variables, model.discriminator.non_trainable_variables, strict=True
    ):
        np.testing.assert_allclose(
            ops.convert_to_numpy(one), ops.convert_to_numpy(other), atol=1e-6
        )


def test_sequential_looks_through_the_updated_discriminator_and_simultaneous_does_not(tiny, pairs):
    results = {}
    for update in ("sequential", "simultaneous"):
        for rate in (0.0, 5.0):
            keras.utils.set_random_seed(3)
            model = tiny(dropout=0.0)
            model.compile(sgd(0.5), sgd(rate), update=update, reconstruction_weight=0.0, **EAGER)
            model.train_on_batch(*pairs)
            results[update, rate] = np.concatenate(
                [w.ravel() for w in values(model.generator.trainable_variables)]
            )
    np.testing.assert_allclose(
        results["simultaneous", 0.0], results["simultaneous", 5.0], atol=1e-7
    )
    np.testing.assert_allclose(results["simultaneous", 0.0], results["sequential", 0.0], atol=1e-7)
    assert np.abs(results["sequential", 0.0] - results["sequential", 5.0]).max() > 1e-5


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("update", ["sequential", "simultaneous"])
def test_every_objective_trains_and_reports_its_own_losses(tiny, pairs, name, update):
    model = tiny(dropout=0.0)
    model.compile(adversarial_loss=name, update=update, **EAGER)
    condition, target = map(ops.convert_to_tensor, pairs)
    with keras.StatelessScope():
        fake = model(condition, training=True)
        batch = batches.make_batch(model, condition, target, ops.stop_gradient(fake))
        real_logits, fake_logits = (
            ops.convert_to_numpy(ops.stop_gradient(batch.logits(image)[0]))
            for image in (batch.target, batch.generated)
        )
    logs = model.train_on_batch(*pairs, return_dict=True)
    expected = {
        "vanilla": np.logaddexp(0, -real_logits).mean() + np.logaddexp(0, fake_logits).mean(),
        "lsgan": np.square(real_logits - 1).mean() + np.square(fake_logits).mean(),
        "hinge": np.maximum(0, 1 - real_logits).mean() + np.maximum(0, 1 + fake_logits).mean(),
        "relativistic": 2 * np.logaddexp(0, fake_logits - real_logits).mean(),
    }
    assert all(np.isfinite(value) for value in logs.values())
    if name in expected:
        assert logs["discriminator_loss"] == pytest.approx(0.5 * expected[name], rel=1e-4)
    else:
        # A critic this flat has a slope near 0, so the penalty is near its weight of 10.
        assert 0.5 * 8 < logs["discriminator_loss"] < 0.5 * 12


def linear_critic(weights):
    """Logits that are a weighted sum of the image's channels, pixel by pixel."""
    image = keras.Input((None, None, 3))
    critic = keras.Model(image, keras.layers.Conv2D(1, 1, name="sum")(image))
    critic.get_layer("sum").kernel.assign(np.reshape(weights, (1, 1, 3, 1)))
    return critic


def test_gradient_penalty_is_that_of_a_linear_critic(tiny, pairs):
    """Its slope is known: w / pixels at every pixel, of norm |w| / sqrt(pixels)."""
    weights = np.array([30.0, -40.0, 20.0])
    model = tiny(discriminator=linear_critic(weights), dropout=0.0)
    rate = 0.01
    model.compile(sgd(0.0), sgd(rate), adversarial_loss="wgan_gp", **EAGER)
    condition, target = pairs
    fake = model.predict(condition, verbose=0)
    logs = model.train_on_batch(condition, target, return_dict=True)
    norm = np.linalg.norm(weights) / 16
    mean = (fake - target).mean(axis=(0, 1, 2))
    assert logs["discriminator_loss"] == pytest.approx(
        0.5 * (mean @ weights + 10 * (norm - 1) ** 2), rel=1e-4
    )
    # Differentiated a second time, with respect to the weights.
    slope = 0.5 * (mean + 10 * 2 * (norm - 1) * weights / np.linalg.norm(weights) / 16)
    moved = ops.convert_to_numpy(model.discriminator.get_layer("sum").kernel).ravel() - weights
    np.testing.assert_allclose(moved, -rate * slope, rtol=1e-3)


def test_reconstruction_alone_leaves_the_discriminator_out(tiny, pairs):
    model = tiny(dropout=0.0)
    model.compile(adversarial_loss=None, **EAGER)
    before = values(model.discriminator.variables)
    fake = model.predict(pairs[0], verbose=0)
    logs = model.train_on_batch(*pairs, return_dict=True)
    assert set(logs) == {"loss", "reconstruction_loss"}
    assert logs["loss"] == pytest.approx(100 * np.abs(fake - pairs[1]).mean(), rel=1e-4)
    assert not changed(before, model.discriminator.variables)


def test_gan_alone_ignores_the_distance(tiny, pairs):
    model = tiny()
    model.compile(reconstruction_weight=0.0, **EAGER)
    logs = model.train_on_batch(*pairs, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["generator_loss"], rel=1e-6)
    assert logs["reconstruction_loss"] > 0


def test_an_unconditional_discriminator_never_sees_the_condition(tiny, pairs):
    discriminator = kp.PatchDiscriminator(condition_shape=None, receptive_field=16, filters=4)
    model = tiny(discriminator=discriminator)
    model.compile(**EAGER)
    assert len(discriminator.inputs) == 1
    before = values(discriminator.trainable_variables)
    model.train_on_batch(*pairs)
    assert len(changed(before, discriminator.trainable_variables)) == len(before)


def test_reconstruction_loss_may_be_any_keras_loss(tiny, pairs):
    model = tiny(dropout=0.0)
    fake = model.predict(pairs[0], verbose=0)
    for loss in ("mse", keras.losses.MeanSquaredError()):
        model.compile(sgd(0.0), sgd(0.0), reconstruction_loss=loss, **EAGER)
        logs = model.train_on_batch(*pairs, return_dict=True)
        assert logs["reconstruction_loss"] == pytest.approx(
            np.square(fake - pairs[1]).mean(), rel=1e-4
        )


def test_loss_scaling_changes_neither_a_step_nor_what_is_reported_of_it(tiny, pairs):
    def plain(optimizer):
        return optimizer

    def scaled(optimizer):
        return keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=1024.0)

    weights, logs = [], []
    for wrap in (plain, scaled):
        keras.utils.set_random_seed(3)
        model = tiny(dropout=0.0)
        model.compile(wrap(sgd(0.1)), wrap(sgd(0.1)), **EAGER)
        model.watched = True
        logs.append(model.train_on_batch(*pairs, return_dict=True))
        weights.append(model.get_weights())
    assert logs[1] == pytest.approx(logs[0], rel=1e-4)
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-6)


class Idle(keras.layers.Layer):
    """Returns its inputs, and has a weight on which nothing depends."""

    def build(self, shape):
        self.idle = self.add_weight(shape=(2,), name="idle")

    def call(self, inputs):
        return inputs


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_a_weight_on_which_nothing_depends_stays(pairs):
    condition = keras.Input((None, None, 3))
    generator = keras.Model(condition, Idle()(keras.layers.Conv2D(3, 1)(condition)))
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=16, filters=4))
    model.compile(sgd(0.1), sgd(0.1), **EAGER)
    model.watched = True
    before = values(generator.trainable_variables)
    logs = model.train_on_batch(*pairs, return_dict=True)
    kernel, bias, _ = generator.trainable_variables
    assert changed(before, generator.trainable_variables) == [kernel.path, bias.path]
    assert logs["generator_gradient_norm"] > 0


class Added(keras.layers.Layer):
    """Adds the mean square of what goes through it."""

    def call(self, inputs):
        self.add_loss(ops.mean(ops.square(inputs)))
        return inputs


def model_that_adds(kind):
    """A model of one convolution in each network, whose layers add losses of a kind, or none."""
    options = {
        "weights": {"kernel_regularizer": keras.regularizers.L2(3.0)},
        "activity": {"activity_regularizer": keras.regularizers.L2(3.0)},
    }
    networks = []
    for _ in range(2):
        inputs = keras.Input((None, None, 3))
        x = keras.layers.Conv2D(3, 1, **options.get(kind, {}))(inputs)
        networks.append(keras.Model(inputs, Added()(x) if kind == "add_loss" else x))
    model = kp.Pix2Pix(*networks)
    model.compile(sgd(1e-3), sgd(1e-3), reconstruction_weight=0.0, update="simultaneous", **EAGER)
    return model


def added(kind, network, outputs):
    """What the layers of a network add for a list of its outputs, in NumPy."""
    if kind == "weights":
        return 3.0 * np.sum(np.square(network.get_weights()[0]))
    squares = [np.sum(np.square(o)) / len(o) * 3.0 for o in outputs]
    return sum(squares) if kind == "activity" else sum(np.mean(np.square(o)) for o in outputs)


@pytest.mark.parametrize("kind", ["weights", "activity", "add_loss"])
def test_what_layers_add_is_trained_and_logged(pairs, kind):
    model, plain = model_that_adds(kind), model_that_adds(None)
    plain.set_weights(model.get_weights())
    networks = model.generator, model.discriminator
    pictures = ops.convert_to_numpy(model.generator(pairs[0]))
    judged = [ops.convert_to_numpy(model.discriminator(i)) for i in (pictures, pairs[1])]
    more = {
        "loss": added(kind, model.generator, [pictures]),
        "discriminator_loss": added(kind, model.discriminator, judged),
        "generator_loss": 0.0,
    }
    kernels = [network.get_weights()[0] for network in networks]
    for method in ("test_on_batch", "train_on_batch"):
        logs, without = (getattr(m, method)(*pairs, return_dict=True) for m in (model, plain))
        for name, value in more.items():
            assert logs[name] - without[name] == pytest.approx(value, rel=1e-3, abs=1e-5), name
    for network, other, kernel in zip(networks, (plain.generator, plain.discriminator), kernels):
        further = network.get_weights()[0] - other.get_weights()[0]
        assert np.abs(further).max() > 1e-5
        if kind == "weights":
            np.testing.assert_allclose(further, -1e-3 * 2 * 3.0 * kernel, atol=1e-6)


@pytest.mark.parametrize("update", ["sequential", "simultaneous"])
@pytest.mark.parametrize(
    "names", [["generator"], ["discriminator"], ["generator", "discriminator"]]
)
@pytest.mark.parametrize("after_compile", [False, True])
def test_a_network_that_is_frozen_stays_and_the_other_one_learns(
    tiny, pairs, update, names, after_compile
):
    model = tiny()
    if after_compile:
        model.compile(update=update, run_eagerly=True)
    for name in names:
        getattr(model, name).trainable = False
    if not after_compile:
        model.compile(update=update, run_eagerly=True)
    model.watched = True
    networks = {"generator": model.generator, "discriminator": model.discriminator}
    before = {name: network.get_weights() for name, network in networks.items()}
    logs = model.train_on_batch(*pairs, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    for name, network in networks.items():
        same = all(map(np.array_equal, before[name], network.get_weights()))
        assert same == (name in names), name


@keras.saving.register_keras_serializable(package="tests")
def signed(target, generated):
    return target - generated


@pytest.mark.parametrize("shape", [(4,), (4, 16, 16, 1)])
def test_sample_weights_weigh_what_is_compared_pixel_by_pixel(tiny, pairs, shape):
    pairs = [side[:4] for side in pairs]
    weights = np.random.default_rng(1).uniform(0, 2, shape)
    # Whole numbers weigh as well.
    weights = np.round(weights).astype("int64") if len(shape) == 1 else weights
    model = tiny(dropout=0.0)
    terms = [signed, kp.losses.CoarseL1(1.0, factor=4), kp.losses.FeatureMatching(1.0)]
    model.compile(sgd(0.0), sgd(0.0), generator_terms=terms, **EAGER)
    difference = pairs[1] - model.predict(pairs[0], verbose=0)
    unweighted = model.test_on_batch(*pairs, return_dict=True)
    weighted = np.reshape(weights, shape + (1,) * (4 - len(shape))) * difference
    blocks = weighted.reshape(4, 4, 4, 4, 4, 3).mean(axis=(2, 4))
    expected = {
        **unweighted,
        "reconstruction_loss": np.abs(weighted).mean(),
        "signed": weighted.mean(),
        "coarse_l1": np.abs(blocks).mean(),
    }
    expected["loss"] = (
        unweighted["loss"]
        + 100 * (expected["reconstruction_loss"] - unweighted["reconstruction_loss"])
        + sum(expected[name] - unweighted[name] for name in ("signed", "coarse_l1"))
    )
    whole = (*pairs, weights)
    history = model.fit(*pairs, sample_weight=weights, validation_data=whole, verbose=0).history
    validated = {name: history[f"val_{name}"][0] for name in expected}
    trained = {name: history[name][0] for name in expected}
    of_batches = model.fit(
        (batch for batch in [whole] * 2), steps_per_epoch=2, shuffle=False, verbose=0
    ).history
    ways = {
        "fit": trained,
        "validation": validated,
        "batches": {name: of_batches[name][0] for name in expected},
        "train_on_batch": model.train_on_batch(*whole, return_dict=True),
        "test_on_batch": model.test_on_batch(*whole, return_dict=True),
        "evaluate": model.evaluate(*pairs, sample_weight=weights, verbose=0, return_dict=True),
    }
    for way, logs in ways.items():
        assert logs == pytest.approx(expected, rel=1e-4, abs=1e-6), way


def test_pixels_of_weight_0_teach_nothing(tiny, pairs):
    condition, target = pairs
    weights = np.ones((8, 16, 16))
    weights[:, :, :8] = 0
    other = np.where(weights[..., None] > 0, target, -target)
    results = []
    for targets in (target, other):
        keras.utils.set_random_seed(0)
        model = tiny(dropout=0.0)
        model.compile(sgd(0.1), adversarial_loss=None, **EAGER)
        model.train_on_batch(condition, targets, weights)
        results.append(np.concatenate([w.ravel() for w in values(model.generator.variables)]))
    np.testing.assert_allclose(*results, atol=1e-6)


def test_a_compiled_step_takes_weights(tiny, pairs):
    model = tiny(dropout=0.0)
    model.compile(sgd(0.0), sgd(0.0))
    whole = model.test_on_batch(*pairs, np.full((8, 16, 16), 2.0), return_dict=True)
    plain = model.test_on_batch(*pairs, return_dict=True)
    twice = 2 * plain["reconstruction_loss"]
    assert whole["reconstruction_loss"] == pytest.approx(twice, rel=1e-5)


def test_the_discriminator_sees_the_target_in_the_holes_of_both(tiny, pairs):
    condition, target = pairs
    weights = np.random.default_rng(1).uniform(0.5, 2, (8, 16, 16, 1))
    weights[:, 4:9, :7] = 0
    model = tiny(dropout=0.0)
    model.compile(sgd(0.0), sgd(0.0), metrics=["mae"], **EAGER)
    filled = np.where(weights > 0, model.predict(condition, verbose=0), target)
    fake, real = (
        ops.convert_to_numpy(model.discriminator([condition, image])) for image in (filled, target)
    )
    expected = {
        "generator_loss": np.logaddexp(0, -fake).mean(),
        "discriminator_loss": (np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()) / 2,
        "reconstruction_loss": (weights * np.abs(filled - target)).mean(),
        "mae": np.abs(filled - target).mean(),
    }
    for method in (model.train_on_batch, model.test_on_batch):
        logs = method(*pairs, weights, return_dict=True)
        assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_a_picture_of_weight_0_is_judged_as_it_is(tiny, pairs):
    model = tiny(dropout=0.0)
    model.compile(sgd(0.0), sgd(0.0), **EAGER)
    plain, weighted = (
        model.test_on_batch(*pairs, weights, return_dict=True) for weights in (None, np.zeros(8))
    )
    assert weighted["reconstruction_loss"] == 0
    assert weighted["generator_loss"] == pytest.approx(plain["generator_loss"], rel=1e-5)


@pytest.mark.parametrize("augment", [False, kp.data.Augment(rotation=20, scale=1.2, cutout=0.3)])
def test_labels_without_a_class_are_left_out_of_all_losses_and_scores(tiny, augment):
    rng = np.random.default_rng(0)
    photos = rng.integers(0, 256, (4, 16, 16, 3), "uint8")
    maps = rng.integers(0, 3, (4, 16, 16, 1), "uint8")
    maps[:, 5:9, 2:12] = 255
    data = kp.data.PairDataset(
        photos,
        maps,
        image_size=16,
        batch_size=2,
        augment=augment,
        formats=(kp.data.Picture(3), kp.data.Labels(3, ignore=255)),
    )
    model = tiny(dropout=0.0, output_channels=3)
    terms = [kp.losses.LabelCrossEntropy(), kp.losses.CoarseL1(1.0, factor=4)]
    options = {"generator_terms": terms, "metrics": [kp.metrics.LabelScores(3)], **EAGER}
    model.compile(sgd(0.0), sgd(0.0), adversarial_loss=None, **options)
    condition, target, weights = (np.concatenate(part) for part in zip(*map(tuple, data)))
    np.testing.assert_array_equal(weights[..., 0], target.max(axis=-1) > 0)
    assert 0 < weights.mean() < 1
    generated = model.predict(condition, verbose=0)
    difference = weights * np.abs(generated - target)
    blocks = (weights * (target - generated)).reshape(4, 4, 4, 4, 4, 3).mean(axis=(2, 4))
    met = (generated.argmax(-1) == target.argmax(-1)) * weights[..., 0]
    expected = {
        "reconstruction_loss": difference.mean(),
        "coarse_l1": np.abs(blocks).mean(),
        "pixel_accuracy": met.sum() / weights.sum(),
    }
    logs = model.evaluate(data, return_dict=True, verbose=0)
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-4)
    history = model.fit(data, validation_data=data, verbose=0).history
    assert history["val_reconstruction_loss"] == pytest.approx([difference.mean()], rel=1e-4)
    assert history["reconstruction_loss"] == pytest.approx([difference.mean()], rel=1e-4)
    assert len(list(model.translate(data))) == 2
    assert data.preview(2).size[0] > 0
    grid = kp.callbacks.SampleGrid(data, "pictures", pairs=3)
    assert grid.targets.shape == (3, 16, 16, 3)


@pytest.mark.parametrize("nodata, dtype", [(-9999, "int16"), (float("nan"), "float32")])
def test_pixels_of_a_target_without_data_are_left_out(tiny, nodata, dtype):
    heights = np.random.default_rng(0).integers(0, 4000, (4, 20, 20, 1)).astype(dtype)
    holes = np.zeros((4, 20, 20, 1), bool)
    holes[:2, 5:9, 2:12] = True
    photos = np.zeros((4, 20, 20, 3), "uint8") + np.arange(20, dtype="uint8")[:, None, None] * 12
    format = kp.data.Picture(1, value_range=(0, 4000), nodata=nodata, interpolation="bicubic")
    options = {"batch_size": 2, "formats": (kp.data.Picture(3), format)}
    data = kp.data.PairDataset(photos, np.where(holes, nodata, heights).astype(dtype), **options)
    assert data.formats[1].dtype == dtype
    for _, target, weights in data:
        np.testing.assert_array_equal(target[weights == 0], -1)
    assert [batch[2].mean() for batch in data] == [1 - 40 / 400, 1]
    assert "0 to 3" in str(data.audit())

    train = kp.data.PairDataset(
        photos,
        np.where(holes, nodata, heights).astype(dtype),
        image_size=16,
        augment=kp.data.Augment(rotation=20, color=0.2),
        **options,
    )
    shapes = (None, None, 3), (None, None, 1)
    discriminator = kp.PatchDiscriminator(*shapes, receptive_field=16, filters=4)
    model = tiny(discriminator, dropout=0.0, output_channels=1)
    model.compile(sgd(0.0), sgd(0.0), adversarial_loss=None, **EAGER)
    condition, target, weights = (np.concatenate(part) for part in zip(*train))
    assert 0 < 1 - weights.mean() < 0.3
    # A hole is never mixed with its neighbors.
    assert (target[weights == 0] == -1).all() and np.isfinite(target).all()
    difference = weights * np.abs(model.predict(condition, verbose=0) - target)
    logs = model.evaluate(train, return_dict=True, verbose=0)
    assert logs["reconstruction_loss"] == pytest.approx(difference.mean(), rel=1e-4)
    model.fit(train, verbose=0)
    assert model.translate(photos[0]).dtype == dtype


@pytest.mark.parametrize("update", ["sequential", "simultaneous"])
def test_convolutions_of_one_filter_train_on_single_small_pairs(update):
    """PyTorch refuses their kernels as Keras stores them, for grey targets for example."""
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            kp.ConvBlock(1, 3, 1, normalization=None),
            layers.Conv2D(1, 3, padding="same", data_format="channels_last"),
        ]
    )
    judge = keras.Sequential(
        [keras.Input((None, None, 1)), layers.Conv2D(1, 2, data_format="channels_last")]
    )
    model = kp.Pix2Pix(generator, judge)
    model.compile(sgd(0.1), sgd(0.1), update=update, **EAGER)
    before = values(model.trainable_variables)
    condition = np.random.default_rng(0).uniform(-1, 1, (1, 8, 8, 3)).astype("float32")
    model.train_on_batch(condition, condition[..., :1])
    assert len(changed(before, model.trainable_variables)) == len(before)
