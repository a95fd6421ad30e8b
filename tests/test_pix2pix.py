"""Pix2Pix as a user meets it: the paper's defaults, what fit learns, save and load, translate."""

import json
import shutil

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data.files.conversion import from_model_range

BACKEND = keras.backend.backend()


def weights_of(network):
    return [ops.convert_to_numpy(w).copy() for w in network.weights]


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def trained(tiny, pairs):
    """A compiled model after two epochs; tests must leave it as it is."""
    keras.utils.set_random_seed(1)
    model = tiny()
    model.compile(metrics=["mse"])
    model.fit(*pairs, batch_size=4, epochs=2, verbose=0)
    return model


def test_default_is_the_model_of_the_paper():
    model = kp.Pix2Pix()
    model.compile()
    assert model.generator.count_params() == 54_413_955
    assert model.discriminator.count_params() == 2_768_705
    assert model.generator.depth == 8
    assert model.discriminator.receptive_field == 70
    for optimizer in model.optimizer.optimizers:
        config = optimizer.get_config()
        assert isinstance(optimizer, keras.optimizers.Adam)
        np.testing.assert_allclose(
            [config[k] for k in ("learning_rate", "beta_1", "beta_2", "epsilon")],
            [2e-4, 0.5, 0.999, 1e-8],
            rtol=1e-6,
        )
    config = model.get_compile_config()
    assert config["adversarial_loss"] == "vanilla"
    assert config["reconstruction_loss"] == "mae"
    assert config["reconstruction_weight"] == 100
    assert config["update"] == "sequential"


def test_default_discriminator_has_the_channels_of_the_generator():
    generator = kp.UNetGenerator((None, None, 1), output_channels=2, depth=2, filters=2)
    model = kp.Pix2Pix(generator)
    assert [tuple(i.shape) for i in model.discriminator.inputs] == [
        (None, None, None, 1),
        (None, None, None, 2),
    ]


def test_fit_learns(tiny, pairs):
    model = tiny(dropout=0.0)
    model.compile(*(keras.optimizers.Adam(1e-2, beta_1=0.5) for _ in range(2)))
    history = model.fit(*pairs, batch_size=4, epochs=12, verbose=0).history
    assert set(history) == {
        "loss",
        "generator_loss",
        "discriminator_loss",
        "reconstruction_loss",
    }
    assert history["reconstruction_loss"][-1] < 0.7 * history["reconstruction_loss"][0]
    np.testing.assert_allclose(
        history["loss"],
        np.add(history["generator_loss"], 100 * np.array(history["reconstruction_loss"])),
        rtol=1e-4,
    )


def test_evaluate_is_deterministic_and_changes_nothing(trained, pairs):
    before = [ops.convert_to_numpy(v) for v in trained.generator.variables]
    first = trained.evaluate(*pairs, batch_size=3, verbose=0, return_dict=True)
    second = trained.evaluate(*pairs, batch_size=8, verbose=0, return_dict=True)
    assert set(first) == {
        "loss",
        "generator_loss",
        "discriminator_loss",
        "reconstruction_loss",
        "mse",
    }
    for name, value in first.items():
        assert value == pytest.approx(second[name], rel=1e-5)
    predicted = trained.predict(pairs[0], verbose=0)
    assert first["reconstruction_loss"] == pytest.approx(np.abs(predicted - pairs[1]).mean(), 1e-5)
    assert first["mse"] == pytest.approx(np.square(predicted - pairs[1]).mean(), 1e-5)
    assert equal(before, [ops.convert_to_numpy(v) for v in trained.generator.variables])


def test_predict_does_not_depend_on_the_batch(trained, pairs):
    together = trained.predict(pairs[0], batch_size=8, verbose=0)
    alone = trained.predict(pairs[0], batch_size=1, verbose=0)
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_config_round_trip_through_json(tiny):
    model = tiny(normalization="batch", skips=False, output_channels=3)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    again = keras.saving.deserialize_keras_object(config)
    assert isinstance(again, kp.Pix2Pix)
    assert isinstance(again.generator, kp.UNetGenerator)
    assert isinstance(again.discriminator, kp.PatchDiscriminator)
    assert again.get_config() == model.get_config()


def test_keras_file_keeps_a_half_trained_model(trained, pairs, tmp_path):
    trained.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert type(again) is kp.Pix2Pix
    assert equal(weights_of(trained), weights_of(again))
    assert int(again.optimizer.iterations) == int(trained.optimizer.iterations) == 4
    slots = [
        [ops.convert_to_numpy(v) for v in model.optimizer.variables] for model in (trained, again)
    ]
    assert equal(*slots)
    assert max(np.abs(s).max() for s in slots[1]) > 0
    np.testing.assert_array_equal(
        trained.predict(pairs[0], verbose=0), again.predict(pairs[0], verbose=0)
    )
    assert again.get_compile_config() == trained.get_compile_config()


def test_training_goes_on_from_a_keras_file_to_the_bit(tiny, pairs, tmp_path):
    model = tiny()
    model.compile(run_eagerly=BACKEND != "jax")
    model.train_on_batch(*pairs)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for one in (model, again):
        one.train_on_batch(*pairs)
    assert equal(weights_of(model), weights_of(again))


def test_summary(trained):
    lines = []
    trained.summary(print_fn=lines.append, expand_nested=True)
    text = "\n".join(lines)
    assert "down_1" in text
    assert "conv_1" in text
    assert "Total params" in text
    assert trained.generator.get_layer("down_2").convolution.kernel.shape == (4, 4, 4, 8)


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_plot_model(trained, tmp_path):
    keras.utils.plot_model(trained.generator, tmp_path / "model.png", show_shapes=True)
    with Image.open(tmp_path / "model.png") as picture:
        assert min(picture.size) > 100


def test_translate_reads_files_arrays_and_batches(trained, pairs, tmp_path):
    image = from_model_range(pairs[0][0])
    keras.utils.save_img(tmp_path / "mask.png", image, scale=False)
    from_file = trained.translate(tmp_path / "mask.png")
    assert from_file.dtype == np.uint8
    assert from_file.shape == (16, 16, 3)
    np.testing.assert_array_equal(from_file, trained.translate(image))
    batch = trained.translate(np.stack([image, image[::-1]]), batch_size=2)
    assert batch.shape == (2, 16, 16, 3)
    assert np.abs(batch[0].astype(int) - from_file).max() <= 1
    np.testing.assert_array_equal(trained.translate(str(tmp_path / "mask.png")), from_file)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (13, 18), (17, 3)])
def test_any_size_comes_back_at_its_own_size(trained, size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype="uint8")
    assert trained.translate(image).shape == (*size, 3)


def test_padding_changes_nothing_that_divides(trained, pairs):
    called = ops.convert_to_numpy(ops.stop_gradient(trained(pairs[0])))
    direct = ops.convert_to_numpy(ops.stop_gradient(trained.generator(pairs[0])))
    np.testing.assert_array_equal(called, direct)


def test_translate_refuses_what_it_cannot_take(trained):
    with pytest.raises(ValueError, match=r"5 channels, and 3 channels are wanted"):
        trained.translate(np.zeros((4, 4, 5), "uint8"))
    with pytest.raises(ValueError, match=r"\(height, width, channels\).*\(4, 4\)"):
        trained.translate(np.zeros((4, 4), "uint8"))
    with pytest.raises(ValueError, match=r"\[-1, 1\].*200"):
        trained.translate(np.full((4, 4, 3), 200.0))
    with pytest.raises(ValueError, match=r"NaN|nan"):
        trained.translate(np.full((4, 4, 3), np.nan))
    with pytest.raises(FileNotFoundError):
        trained.translate("nowhere.png")
    with pytest.raises(ValueError, match="at least one image"):
        trained.translate(np.zeros((0, 4, 4, 3), "uint8"))
    with pytest.raises(ValueError, match="batch_size=0"):
        trained.translate(np.zeros((4, 4, 3), "uint8"), batch_size=0)


def test_translate_speaks_the_language_of_the_pairs(tiny, tmp_path):
    """Labels and a sketch in, 12-bit heights out, and a saved model still knows."""
    rng = np.random.default_rng(0)
    labels = rng.choice(np.array([0, 1, 2, 255], "uint8"), (4, 16, 16, 1))
    sketches = rng.integers(0, 256, (4, 16, 16, 1), dtype="uint8")
    heights = rng.integers(0, 4096, (4, 16, 16, 1), dtype="uint16")
    formats = (
        (kp.data.Labels(3, ignore=255), kp.data.Picture(1)),
        kp.data.Picture(1, value_range=(0, 4095)),
    )
    dataset = kp.data.PairDataset((labels, sketches), heights, formats=formats)
    unet = kp.UNetGenerator((None, None, 4), output_channels=1, depth=2, filters=4)
    shapes = (None, None, 4), (None, None, 1)
    model = kp.Pix2Pix(unet, kp.PatchDiscriminator(*shapes, receptive_field=16, filters=4))
    model.compile()
    model.fit(dataset, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    Image.fromarray(labels[0, ..., 0]).save(tmp_path / "labels.png")
    Image.fromarray(sketches[0, ..., 0]).save(tmp_path / "sketch.png")
    files = tmp_path / "labels.png", tmp_path / "sketch.png"

    expected = (model.predict_on_batch(dataset[0][0])[0] + 1) / 2 * 4095
    for translator in (model, keras.saving.load_model(tmp_path / "model.keras")):
        height = translator.translate(files)
        assert height.dtype == np.uint16
        # The nearest stored value, whichever way floats round.
        assert np.abs(height - expected).max() < 0.501
        np.testing.assert_array_equal(translator.translate((labels[0], sketches[0])), height)
        batch = translator.translate((labels[:3], sketches[:3]), batch_size=2)
        assert batch.shape == (3, 16, 16, 1)
        # Pictures of a batch are computed together, which may round another way.
        assert np.abs(batch[0].astype(int) - height).max() <= 1
    with pytest.raises(ValueError, match=r"made up of 2 images.*Received: 1"):
        model.translate(labels[0])
    with pytest.raises(ValueError, match="same count, height and width"):
        model.translate((labels[0], sketches[0, :8]))
    with pytest.raises(ValueError, match=r"labels from 0 to 2, or 255.*\[7\]"):
        model.translate((np.full((16, 16, 1), 7, "uint8"), sketches[0]))


def test_translate_returns_label_maps_in_the_colors_of_the_pairs(tiny):
    palette = [(0, 0, 0), (255, 0, 0), (0, 0, 255)]
    maps = np.array(palette, "uint8")[np.random.default_rng(0).integers(0, 3, (2, 16, 16))]
    photos = np.random.default_rng(1).integers(0, 256, (2, 16, 16, 3), dtype="uint8")
    formats = kp.data.Picture(3), kp.data.Labels(palette=palette)
    model = tiny(output_channels=3)
    model.compile()
    model.fit(kp.data.PairDataset(photos, maps, formats=formats), verbose=0)
    picture = model.translate(photos[0])
    assert picture.dtype == np.uint8
    assert set(map(tuple, picture.reshape(-1, 3).tolist())) <= set(palette)


def test_compile_refuses_what_it_does_not_know(tiny):
    model = tiny()
    with pytest.raises(ValueError, match=r"'vanilla', 'lsgan', 'hinge', 'wgan_gp'.*'gan'"):
        model.compile(adversarial_loss="gan")
    with pytest.raises(ValueError, match=r"'sequential', 'simultaneous'.*'both'"):
        model.compile(update="both")
    with pytest.raises(ValueError, match=r"discriminator_optimizer.*Received: optimizer"):
        model.compile(optimizer="adam")
    with pytest.raises(ValueError, match=r"reconstruction_loss.*Received: loss"):
        model.compile(loss="mse")
    with pytest.raises(ValueError, match=r"nothing to learn|above 0"):
        model.compile(adversarial_loss=None, reconstruction_weight=0)
    with pytest.raises(ValueError, match="at least 0"):
        model.compile(reconstruction_weight=-1)
    shared = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="an optimizer each"):
        model.compile(shared, shared)
    with pytest.raises(ValueError, match="batch normalization"):
        tiny(normalization="batch").compile(adversarial_loss="wgan_gp")


def test_fit_and_evaluate_before_compile(tiny, pairs):
    for method in (tiny().fit, tiny().evaluate):
        with pytest.raises(ValueError, match="call `compile"):
            method(*pairs)


def test_networks_must_be_functional_and_fit_together():
    class Subclassed(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(ValueError, match=r"keras\.Input"):
        kp.Pix2Pix(Subclassed(), kp.PatchDiscriminator(receptive_field=1, filters=2))
    generator = kp.UNetGenerator((None, None, 1), depth=2, filters=2)
    with pytest.raises(ValueError, match=r"\[1, 3\].*\[3, 3\]"):
        kp.Pix2Pix(generator, kp.PatchDiscriminator(receptive_field=1, filters=2))


@pytest.mark.parametrize("name", ["model.h5", "model.HDF5"])
def test_a_format_that_could_not_be_loaded_is_refused(trained, tmp_path, name):
    with pytest.raises(ValueError, match=r"ends in \.keras"):
        trained.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_export_of_keras_knows_what_the_model_takes(trained, tmp_path, monkeypatch):
    """Also of a model that was never called; where Keras cannot, ours is named."""
    given = {}
    monkeypatch.setattr(keras.Model, "export", lambda self, path, **options: given.update(options))
    trained.export(tmp_path / "model", verbose=False)
    assert [spec.shape for spec in given["input_signature"]] == [(None, None, None, 3)]
    trained.export(tmp_path / "model", input_signature="mine")
    assert given == {"input_signature": "mine", "verbose": False}

    def fail(self, path, **options):
        raise RuntimeError("no such format here")

    monkeypatch.setattr(keras.Model, "export", fail)
    with pytest.raises(ValueError, match=r"keras_pix2pix\.export.*RuntimeError: no such format"):
        trained.export(tmp_path / "model")
