"""Fit as Keras users know it: data of every kind, precision, compilation, callbacks."""

import csv

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

import keras_pix2pix as kp

BACKEND = keras.backend.backend()


def final(model):
    return np.concatenate([ops.convert_to_numpy(w).ravel() for w in model.weights])


class Batches(keras.utils.PyDataset):
    def __init__(self, pairs, **kwargs):
        super().__init__(**kwargs)
        self.pairs = pairs

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return tuple(side[4 * index : 4 * index + 4] for side in self.pairs)


def as_arrays(pairs):
    return pairs


def as_pydataset(pairs):
    return (Batches(pairs),)


def as_tf_data(pairs):
    tf = pytest.importorskip("tensorflow")
    return (tf.data.Dataset.from_tensor_slices(tuple(pairs)).batch(4),)


def as_tf_data_of_unknown_length(pairs):
    tf = pytest.importorskip("tensorflow")
    spec = tf.TensorSpec((4, 16, 16, 3), tf.float32)
    batches = Batches(pairs)
    return (
        tf.data.Dataset.from_generator(
            lambda: (batches[i] for i in range(2)), output_signature=(spec, spec)
        ),
    )


def as_torch_loader(pairs):
    torch = pytest.importorskip("torch")
    data = torch.utils.data.TensorDataset(*map(torch.from_numpy, pairs))
    return (torch.utils.data.DataLoader(data, batch_size=4),)


def as_pair_dataset(pairs):
    return (kp.data.PairDataset(*pairs, batch_size=4),)


SOURCES = [
    as_arrays,
    as_pydataset,
    as_tf_data,
    as_tf_data_of_unknown_length,
    as_torch_loader,
    as_pair_dataset,
]


# Keras itself announces that it learned the length of such a dataset.
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_every_kind_of_data_trains_to_the_same_weights(tiny, pairs):
    model = tiny(dropout=0.0)
    start = model.get_weights()
    results = {}
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01))
    for source in SOURCES:
        model.set_weights(start)
        iterations = int(model.optimizer.iterations)
        data = source(pairs)
        model.fit(*data, batch_size=4 if len(data) == 2 else None, shuffle=False, verbose=0)
        assert int(model.optimizer.iterations) - iterations == 2, source.__name__
        losses = model.evaluate(*data, verbose=0, return_dict=True)
        results[source.__name__] = (final(model), losses["loss"])
    weights, loss = results.pop("as_arrays")
    for name, (other, other_loss) in results.items():
        np.testing.assert_allclose(other, weights, atol=1e-5, err_msg=name)
        assert other_loss == pytest.approx(loss, rel=1e-4), name
    predicted = model.predict(as_pydataset(pairs)[0], verbose=0)
    np.testing.assert_allclose(predicted, model.predict(pairs[0], verbose=0), atol=1e-5)


MODES = {
    "eager": {"run_eagerly": True},
    "compiled": {"jit_compile": True},
    "uncompiled": {"jit_compile": False},
    "several steps": {"steps_per_execution": 2},
}


def test_compilation_changes_no_result(tiny, pairs):
    model = tiny(dropout=0.0)
    start = model.get_weights()
    results = {}
    for name, options in MODES.items():
        if BACKEND == "torch" and name in ("compiled", "several steps"):
            # Keras itself refuses steps_per_execution on torch; for jit_compile see below.
            continue
        model.set_weights(start)
        model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01), **options)
        model.fit(*pairs, batch_size=4, shuffle=False, verbose=0)
        results[name] = final(model)
    reference = results.pop("eager")
    for name, other in results.items():
        np.testing.assert_allclose(other, reference, atol=1e-5, err_msg=name)


@pytest.mark.skipif(BACKEND != "torch", reason="the other backends compile")
def test_where_compilation_does_not_work_keras_says_so_and_trains(tiny, pairs):
    model = tiny()
    with pytest.warns(UserWarning, match="jit_compile=False"):
        model.compile(jit_compile=True)
    model.train_on_batch(*pairs)
    assert int(model.optimizer.iterations) == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_batches_come_in_the_order_of_the_dataset_with_metrics_and_workers(tiny, pairs, workers):
    """Seen from inside the step: Keras' own reading ahead must not exchange batches."""
    seen = []

    class Spy(kp.Pix2Pix):
        def train_step(self, *state_and_data):
            condition, _ = state_and_data[-1]
            seen.append(float(ops.mean(condition)))
            return super().train_step(*state_and_data)

    networks = tiny()
    model = Spy(networks.generator, networks.discriminator)
    model.compile(metrics=["mse"], run_eagerly=True)
    data = kp.data.PairDataset(*pairs, batch_size=2, shuffle=True, workers=workers)
    model.fit(data, epochs=2, verbose=0)
    expected = []
    for epoch in range(2):
        data.set_epoch(epoch)
        expected += [data[i][0].mean() for i in range(len(data))]
    np.testing.assert_allclose(seen, expected, atol=1e-6)


@pytest.fixture
def twelve():
    """A function that makes a shuffled, augmented dataset of twelve different pairs."""
    images = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), dtype="uint8")
    options = {"image_size": 16, "augment": True, "batch_size": 2}
    return lambda **more: kp.data.PairDataset(images, images[..., ::-1], **options, **more)


def test_epochs_of_so_many_steps_go_on_where_the_last_one_ended(tiny, twelve):
    """Three epochs of four steps are two passes over six batches."""
    weights = []
    for options in ({"epochs": 2}, {"epochs": 3, "steps_per_epoch": 4}):
        keras.utils.set_random_seed(3)
        model = tiny()
        model.compile()
        model.fit(twelve(), verbose=0, **options)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_pairs_that_cannot_be_trained_on_are_refused_before_training(tiny, twelve, tmp_path):
    """The last of twelve files is broken; so is one of the validation pairs."""
    for number in range(12):
        image = Image.fromarray(twelve()[0][0][0].astype("uint8") + np.uint8(number))
        for folder in ("one", "two"):
            (tmp_path / folder).mkdir(exist_ok=True)
            image.save(tmp_path / folder / f"{number}.png")
    broken = tmp_path / "two" / "11.png"
    broken.write_bytes(broken.read_bytes()[:60])
    folders = tmp_path / "one", tmp_path / "two"
    picture = kp.data.Picture(3, interpolation="bicubic")
    data = kp.data.PairDataset.from_folders(*folders, formats=(picture, picture))
    model = tiny()
    model.compile()
    before = model.get_weights()
    for x, val in ((data, None), (twelve(), data)):
        with pytest.raises(ValueError, match=r"1 of 12 pairs cannot(.|\n)*11\.png cannot be read"):
            model.fit(x, validation_data=val, verbose=0)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_trains(pairs, policy):
    if BACKEND == "torch":
        pytest.skip("torch cannot train mixed precision on a CPU")
    generator = kp.UNetGenerator(depth=2, filters=4, dtype=policy)
    discriminator = kp.PatchDiscriminator(receptive_field=16, filters=4, dtype=policy)
    model = kp.Pix2Pix(generator, discriminator)
    model.compile()
    scaled = [hasattr(o, "inner_optimizer") for o in (model.optimizer.generator,)]
    assert scaled == [policy == "mixed_float16"]
    before = final(model)
    logs = model.fit(*pairs, batch_size=4, epochs=2, verbose=0).history
    assert np.isfinite(logs["loss"]).all()
    assert np.isfinite(final(model)).all()
    moved = np.abs(final(model) - before)
    assert 1e-5 < moved.max() < 1e-2
    assert model.predict(pairs[0], verbose=0).dtype == np.float32
    if policy == "mixed_float16":
        assert int(model.optimizer.iterations) >= 1
        scale = ops.convert_to_numpy(model.optimizer.generator.dynamic_scale)
        assert 1 <= scale <= 2**15


def test_gradient_accumulation_equals_a_larger_batch(tiny, pairs):
    results = []
    for batch_size, steps in ((4, None), (2, 2)):
        keras.utils.set_random_seed(5)
        model = tiny(dropout=0.0)
        optimizers = [
            keras.optimizers.SGD(0.01, gradient_accumulation_steps=steps) for _ in range(2)
        ]
        # Simultaneous: a sequential generator step would look through another discriminator.
        model.compile(*optimizers, update="simultaneous")
        model.fit(*(side[:4] for side in pairs), batch_size=batch_size, shuffle=False, verbose=0)
        results.append(final(model))
    np.testing.assert_allclose(results[0], results[1], atol=1e-5)


def test_clipnorm_bounds_each_step(tiny, pairs):
    model = tiny()
    model.compile(
        keras.optimizers.SGD(1.0, clipnorm=1e-3),
        keras.optimizers.SGD(1.0, clipnorm=1e-3),
        run_eagerly=True,
    )
    before = [ops.convert_to_numpy(v).copy() for v in model.trainable_variables]
    model.train_on_batch(*pairs)
    for old, new in zip(before, model.trainable_variables, strict=True):
        assert np.linalg.norm(ops.convert_to_numpy(new) - old) <= 1.01e-3


def test_callbacks_of_keras(tiny, pairs, tmp_path):
    """One training with everything that people put into `callbacks`, and averaged weights."""
    model = tiny()
    optimizers = [keras.optimizers.Adam(2e-3, use_ema=use_ema) for use_ema in (True, False)]
    model.compile(*optimizers)
    rates = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            inner = self.model.optimizer.optimizers
            rates.append([float(ops.convert_to_numpy(o.learning_rate)) for o in inner])

    def schedule(epoch, rate):
        return rate / 2

    model.fit(
        *pairs,
        batch_size=4,
        epochs=3,
        verbose=0,
        validation_data=pairs,
        callbacks=[
            keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
            keras.callbacks.LearningRateScheduler(schedule),
            keras.callbacks.ReduceLROnPlateau(patience=0, min_delta=1e9, factor=0.5),
            Watch(),
            keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
            keras.callbacks.TensorBoard(tmp_path / "board", write_graph=False),
            keras.callbacks.EarlyStopping(patience=10),
        ],
    )
    # Halved before every epoch by the scheduler, and after every epoch but the first by the other.
    np.testing.assert_allclose(rates, [[1e-3] * 2, [5e-4] * 2, [1.25e-4] * 2], rtol=1e-5)
    with open(tmp_path / "log.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert {"loss", "val_loss", "discriminator_loss", "val_reconstruction_loss"} <= set(rows[0])
    best = keras.saving.load_model(tmp_path / "best.keras")
    losses = [float(row["val_loss"]) for row in rows]
    assert best.evaluate(*pairs, verbose=0, return_dict=True)["loss"] == pytest.approx(
        min(losses), rel=1e-3
    )
    assert list((tmp_path / "board").rglob("events*"))


def test_a_training_after_a_resumed_one_begins_at_its_own_first_epoch(tiny, pairs, tmp_path):
    backup = keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)
    model = tiny()
    model.compile()
    for epochs in (1, 2):
        history = model.fit(*pairs, epochs=epochs, verbose=0, callbacks=[backup])
    assert history.epoch == [1]
    assert model.fit(*pairs, epochs=2, verbose=0).epoch == [0, 1]


def test_averaged_weights_are_what_inference_uses_after_fit(tiny, pairs):
    def train(use_ema):
        keras.utils.set_random_seed(7)
        model = tiny(dropout=0.0)
        generator_optimizer = keras.optimizers.SGD(0.01, use_ema=use_ema, ema_momentum=0.5)
        model.compile(generator_optimizer, keras.optimizers.SGD(0.0), run_eagerly=True)
        path = [model.generator.get_weights()]
        for _ in range(2):
            model.train_on_batch(*pairs)
            path.append(model.generator.get_weights())
        model.set_weights(path[0] + model.discriminator.get_weights())
        return model, path

    model, path = train(use_ema=False)
    averaged, _ = train(use_ema=True)
    averaged.fit(*pairs, batch_size=8, epochs=2, shuffle=False, verbose=0)
    model.fit(*pairs, batch_size=8, epochs=2, shuffle=False, verbose=0)
    # Without averaging, `fit` repeats the recorded path.
    for end, recorded in zip(model.generator.get_weights(), path[-1], strict=True):
        np.testing.assert_allclose(end, recorded, atol=1e-6)
    difference = final(averaged) - final(model)
    assert np.abs(difference).max() > 1e-5


def test_frozen_layers_stay(tiny, pairs):
    model = tiny()
    model.generator.get_layer("down_1").trainable = False
    model.compile(run_eagerly=True)
    kernels = [model.generator.get_layer(f"down_{n}").convolution.kernel for n in (1, 2)]
    before = [ops.convert_to_numpy(kernel).copy() for kernel in kernels]
    model.train_on_batch(*pairs)
    same = [
        np.array_equal(old, ops.convert_to_numpy(new))
        for old, new in zip(before, kernels, strict=True)
    ]
    assert same == [True, False]
