"""MultiScaleDiscriminator: what each scale sees, and how it trains."""

import keras
import numpy as np
import pytest
from checks import check_config, from_pytorch, noise, numpy, run, to_pytorch
from torch.nn import functional

import keras_pix2pix as kp
from keras_pix2pix.networks.discriminators.multi_scale import HalfSize

OPTIONS = {"receptive_field": 16, "filters": 2}


@pytest.mark.parametrize("size", [(8, 12), (9, 6), (7, 13)])
def test_halving_is_that_of_pytorch(size):
    images = noise(2, *size, 3)
    expected = functional.avg_pool2d(to_pytorch(images), 3, 2, 1, count_include_pad=False)
    layer = HalfSize()
    halved = numpy(layer(images))
    np.testing.assert_allclose(halved, from_pytorch(expected), rtol=1e-5, atol=1e-6)
    assert halved.shape == layer.compute_output_shape(images.shape)


def test_each_scale_is_a_patch_discriminator_of_the_halved_pair():
    network = kp.MultiScaleDiscriminator((None, None, 2), scales=2, **OPTIONS)
    condition, image = noise(1, 24, 32, 2), noise(1, 24, 32, 3, seed=1)
    fine, coarse = run(network, [condition, image])
    half = HalfSize()
    for scale, pair, logits in (
        (0, [condition, image], fine),
        (1, [numpy(half(condition)), numpy(half(image))], coarse),
    ):
        expected = run(network.get_layer(f"scale_{scale}"), pair)
        np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-6)
    kernels = [network.get_layer(f"scale_{scale}").weights[0] for scale in (0, 1)]
    assert np.abs(numpy(kernels[0]) - numpy(kernels[1])).max() > 0


def test_arguments_come_back():
    shapes = (None, None, 1), (32, 32, 2)
    check_config(
        kp.MultiScaleDiscriminator(*shapes, 2, 16, 3, "batch", True, "mixed_bfloat16", name="mine")
    )


def test_the_image_alone_can_be_judged(tiny, pairs):
    network = kp.MultiScaleDiscriminator(None, scales=1, **OPTIONS)
    assert len(keras.tree.flatten(run(network, pairs[1][:1]))) == 1
    model = tiny(network)
    model.compile()
    assert np.isfinite(model.train_on_batch(*pairs)).all()


def test_all_scales_learn_and_come_back_from_a_file(tiny, pairs, tmp_path):
    model = tiny(kp.MultiScaleDiscriminator(scales=2, receptive_field=1, filters=2))
    model.compile(adversarial_loss="lsgan", generator_terms=[kp.losses.FeatureMatching()])
    before = [np.array(numpy(v)) for v in model.discriminator.trainable_variables]
    model.train_on_batch(*pairs)
    for old, new in zip(before, model.discriminator.trainable_variables, strict=True):
        assert np.abs(old - numpy(new)).max() > 0, new.path
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").discriminator
    pair = [side[:1] for side in pairs]
    for one, other in zip(run(loaded, pair), run(model.discriminator, pair), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_images_too_small_for_the_last_scale_are_refused():
    network = kp.MultiScaleDiscriminator(scales=2, **OPTIONS)
    with pytest.raises(ValueError, match="at least 5 x 5"):
        network([noise(1, 8, 8, 3), noise(1, 8, 8, 3)])


def test_at_least_one_scale_is_needed():
    with pytest.raises(ValueError, match="scales must be an int of at least 1"):
        kp.MultiScaleDiscriminator(scales=0)
