"""Similarity of images: against scikit-image and TensorFlow, and for odd input."""

import keras
import numpy as np
import pytest
import skimage.metrics
import tensorflow as tf
from checks import as_8_bit, pictures, skimage_ssim

import keras_pix2pix as kp
from keras_pix2pix.metrics.similarity import SCALE_WEIGHTS


def measured(metric, *batches):
    """The result of a metric, which is compiled as a whole on JAX."""
    if keras.backend.backend() == "jax":
        import jax

        update = jax.jit(metric.stateless_update_state)
        state = [variable.value for variable in metric.variables]
        for batch in batches:
            state = update(state, *batch)
        return float(metric.stateless_result(state))
    for batch in batches:
        metric.update_state(*batch)
    return float(metric.result())


@pytest.mark.parametrize("channels", [1, 3])
def test_psnr_is_that_of_skimage(channels):
    target, generated = pictures(13, 10, channels)
    expected = [
        skimage.metrics.peak_signal_noise_ratio(*pair, data_range=2)
        for pair in zip(target, generated)
    ]
    assert measured(kp.metrics.PSNR(), (target, generated)) == pytest.approx(np.mean(expected))


@pytest.mark.parametrize(("size", "channels"), [((24, 37), 3), ((11, 11), 1)])
def test_ssim_is_that_of_skimage(size, channels):
    target, generated = pictures(*size, channels)
    value = measured(kp.metrics.SSIM(), (target, generated))
    assert value == pytest.approx(skimage_ssim(target, generated), abs=1e-4)


@pytest.mark.parametrize(("size", "scales"), [((45, 50), 3), ((180, 176), 5)])
def test_multi_scale_ssim_is_that_of_tensorflow(size, scales):
    """With odd sizes on the way down."""
    target, generated = pictures(*size)
    weights = np.array(SCALE_WEIGHTS[:scales])
    expected = tf.image.ssim_multiscale(
        as_8_bit(target), as_8_bit(generated), 255, tuple(weights / weights.sum())
    )
    value = measured(kp.metrics.MultiScaleSSIM(scales), (target, generated))
    assert value == pytest.approx(expected.numpy().mean(), abs=1e-4)


@pytest.mark.parametrize("metric", [kp.metrics.PSNR, kp.metrics.SSIM])
def test_each_image_counts_the_same_whatever_its_batch(metric):
    target, generated = pictures(16, 16, count=3)
    whole = measured(metric(), (target, generated))
    parts = ((target[:2], generated[:2]), (target[2:], generated[2:]))
    assert measured(metric(), *parts) == pytest.approx(whole, rel=1e-5)


def test_equal_and_constant_images():
    target, _ = pictures(44, 44)
    flat = np.zeros_like(target)
    for images in (target, flat):
        assert measured(kp.metrics.PSNR(), (images, images)) == pytest.approx(100)
        assert measured(kp.metrics.SSIM(), (images, images)) == pytest.approx(1)
        assert measured(kp.metrics.MultiScaleSSIM(3), (images, images)) == pytest.approx(1)
    for metric in (kp.metrics.SSIM(), kp.metrics.MultiScaleSSIM(3)):
        assert -1 <= measured(metric, (target, -target)) < 0.1


@pytest.mark.parametrize("metric", [kp.metrics.PSNR, kp.metrics.SSIM])
def test_nan_is_not_hidden(metric):
    target, generated = pictures(16, 16)
    generated[0, 8, 8, 0] = np.nan
    assert np.isnan(measured(metric(), (target, generated)))


@pytest.mark.parametrize("scales", [0, 6, 2.5])
def test_unknown_numbers_of_scales_are_refused(scales):
    with pytest.raises(ValueError, match=r"scales must be from 1 to 5. Received: "):
        kp.metrics.MultiScaleSSIM(scales)
