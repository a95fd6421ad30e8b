"""Images are channels-last, whatever `keras.config.image_data_format()` says."""

import keras
import numpy as np
import pytest
from checks import noise, numpy, randomize

import keras_pix2pix as kp
from keras_pix2pix.networks.efficientnet import features


@pytest.fixture
def channels_first():
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format(before)


GENERATORS = {
    "unet": lambda: kp.UNetGenerator(depth=2, filters=2, normalization="group"),
    "lean unet": lambda: kp.UNetGenerator(depth=2, filters=2, upsampling="nearest", plain_levels=1),
    "efficientnet": lambda: kp.EfficientNetGenerator(filters=2),
    "resnet": lambda: kp.ResNetGenerator(blocks=1, filters=2, normalization="batch"),
}


@pytest.mark.parametrize("name", GENERATORS)
def test_a_model_is_built_trained_and_saved(name, channels_first, tmp_path):
    def make():
        discriminator = kp.PatchDiscriminator(receptive_field=16, filters=2)
        return kp.Pix2Pix(GENERATORS[name](), discriminator)

    model = make()
    model.compile(metrics=[kp.metrics.PSNR(), kp.metrics.SSIM()])
    # Height, width and channels differ, so that no axis can be taken for another.
    condition, target = noise(2, 16, 12, 3), noise(2, 16, 12, 3, seed=1)
    logs = model.train_on_batch(condition, target, return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    picture = model.predict_on_batch(condition[:1])
    assert picture.shape == (1, 16, 12, 3)
    model.save(tmp_path / "model.keras")

    keras.config.set_image_data_format("channels_last")
    expected = make()
    for one, other in zip(expected.weights, model.weights, strict=True):
        one.assign(numpy(other).copy())
    for other in (expected, keras.saving.load_model(tmp_path / "model.keras")):
        np.testing.assert_allclose(other.predict_on_batch(condition[:1]), picture, atol=1e-6)


@pytest.mark.parametrize(
    "block", [kp.ConvBlock, kp.DeconvBlock, kp.UpsampleBlock, kp.ResidualBlock]
)
@pytest.mark.parametrize("normalization", ["instance", "batch", "group"])
def test_a_block_has_its_channels_last(block, normalization, channels_first):
    layer = block(4, normalization=normalization)
    images = noise(1, 6, 8, 4)
    layer.build(images.shape)
    randomize(layer)
    outputs = layer(images)
    assert tuple(outputs.shape) == layer.compute_output_shape(images.shape)
    keras.config.set_image_data_format("channels_last")
    other = block(4, normalization=normalization)
    other.build(images.shape)
    other.set_weights(layer.get_weights())
    np.testing.assert_allclose(numpy(other(images)), numpy(outputs), atol=1e-6)


def test_features_of_efficientnet(channels_first, monkeypatch):
    pictures = noise(1, 32, 64, 3)
    # Built anew: what other tests have built is kept.
    monkeypatch.setattr(features, "_with_all_outputs", features._with_all_outputs.__wrapped__)
    *maps, pooled = features.feature_maps.__wrapped__((0, 15), pooled=True)(pictures)
    assert [tuple(output.shape) for output in maps] == [(1, 16, 32, 16), (1, 1, 2, 320)]
    assert tuple(pooled.shape) == (1, 1280)


@pytest.mark.parametrize(
    "metric",
    [
        kp.metrics.PSNR,
        kp.metrics.SSIM,
        lambda: kp.metrics.MultiScaleSSIM(2),
        kp.metrics.FeatureDistances,
    ],
    ids=["psnr", "ssim", "multi-scale ssim", "feature distances"],
)
def test_metrics(metric, channels_first):
    def measured():
        values = metric()
        images = noise(2, 24, 32, 3), noise(2, 24, 32, 3, seed=1)
        if isinstance(values, kp.metrics.SetMetric):
            images = images[0], *images
        values.update_state(*images)
        result = values.result()
        return {
            n: float(v) for n, v in (result if isinstance(result, dict) else {"": result}).items()
        }

    here = measured()
    keras.config.set_image_data_format("channels_last")
    assert here == pytest.approx(measured())
