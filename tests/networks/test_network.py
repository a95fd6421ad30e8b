"""Which layers of a network are frozen, in its config, its file, and its twins."""

import keras
import pytest
from checks import noise

import keras_pix2pix as kp

NETWORKS = {
    "unet": lambda: kp.UNetGenerator(depth=2, filters=2, normalization="batch"),
    "resnet": lambda: kp.ResNetGenerator(blocks=1, filters=2),
    "efficientnet": lambda: kp.EfficientNetGenerator(filters=2, weights=None),
    "patch": lambda: kp.PatchDiscriminator(receptive_field=16, filters=2, normalization="batch"),
    "scales": lambda: kp.MultiScaleDiscriminator(scales=2, receptive_field=1, filters=2),
    "projected": lambda: kp.ProjectedDiscriminator(filters=2),
}


def flags(network):
    return [layer.trainable for layer in network._flatten_layers()]


def blocks(network):
    return [layer for layer in network._flatten_layers() if hasattr(layer, "convolution")]


@pytest.mark.parametrize("name", NETWORKS)
def test_frozen_layers_are_in_the_config(name):
    """A block, a convolution inside of one, and a block of which one part is trained."""
    network = NETWORKS[name]()
    blocks(network)[0].trainable = False
    blocks(network)[-1].convolution.trainable = False
    blocks(network)[1].trainable = False
    blocks(network)[1].convolution.trainable = True
    again = type(network).from_config(network.get_config())
    assert flags(again) == flags(network)
    assert len(again.trainable_variables) == len(network.trainable_variables)
    assert "frozen_layers" not in kp.UNetGenerator(depth=2, filters=2).get_config()


def test_a_model_keeps_them_with_the_state_of_its_optimizers(pairs, tmp_path):
    model = kp.Pix2Pix(NETWORKS["unet"](), NETWORKS["patch"]())
    model.generator.get_layer("down_2").trainable = False
    blocks(model.discriminator)[1].normalization.trainable = False
    model.compile(run_eagerly=True)
    model.train_on_batch(*pairs)
    model.save(tmp_path / "model.keras")
    # A warning about variables that are skipped would be an error.
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for again in (loaded, model.batch_to_instance_norm()):
        assert flags(again.generator) == flags(model.generator)
        assert flags(again.discriminator) == flags(model.discriminator)
    folded = model.fold()
    assert not folded.generator.get_layer("down_2").trainable
    assert folded.generator.get_layer("down_1").trainable
    before = loaded.generator.get_layer("down_2").get_weights()
    loaded.train_on_batch(*pairs)
    model.train_on_batch(*pairs)
    after = loaded.generator.get_layer("down_2").get_weights()
    assert all((old == new).all() for old, new in zip(before, after, strict=True))
    condition = noise(1, 16, 16, 3)
    assert abs(loaded.predict(condition) - model.predict(condition)).max() < 1e-5


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (kp.UNetGenerator, "filters"),
        (kp.UNetGenerator, "output_channels"),
        (kp.ResNetGenerator, "blocks"),
        (kp.EfficientNetGenerator, "output_channels"),
        (kp.PatchDiscriminator, "filters"),
        (kp.MultiScaleDiscriminator, "filters"),
        (kp.ProjectedDiscriminator, "filters"),
    ],
)
@pytest.mark.parametrize("count", [0, -2, 1.5])
def test_numbers_of_channels_and_layers_are_refused_by_name(network, name, count):
    """Keras would name the multiple that a deeper level has."""
    with pytest.raises(ValueError, match=f"{name} must be .* at least 1. Received: {name}={count}"):
        network(**{name: count})
