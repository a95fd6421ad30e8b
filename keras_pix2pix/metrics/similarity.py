"""How alike two images are, pixel by pixel: PSNR, and the structural similarities."""

import keras
import numpy as np
from keras import ops

from keras_pix2pix.keras_private import higher_is_better

# From -1 to 1.
RANGE = 2.0
WINDOW, SIGMA = 11, 1.5
# Of the scales, from fine to coarse; Wang et al. 2003, section 3.2.
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


class ImageMean(keras.metrics.MeanMetricWrapper):
    """The mean over images of a function of target and generated picture."""

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class PSNR(ImageMean):
    """Peak signal-to-noise ratio in dB, the mean over images.

    An image that equals its target counts as 100 dB, so that the mean stays finite.

    Args:
        name: str. Defaults to `"psnr"`.
        dtype: dtype of the mean. Defaults to `None`, Keras' float type.

    Example:

    ```python
    model.compile(metrics=["mae", kp.metrics.PSNR(), kp.metrics.SSIM()])
    model.fit(train, validation_data=val)
    ```
    """

    def __init__(self, name="psnr", dtype=None):
        super().__init__(psnr, name, dtype)
        higher_is_better(self)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class SSIM(ImageMean):
    """Structural similarity, the mean over images: 1 for equal ones.

    The window is a Gaussian of 11 pixels (sigma 1.5), as in the paper; it is not laid across the
    border. Smaller images give NaN, which `Pix2Pix` refuses before it trains.

    Args:
        name: str. Defaults to `"ssim"`.
        dtype: dtype of the mean. Defaults to `None`, Keras' float type.

    References:
        Wang et al. 2004, Image quality assessment: from error visibility to structural similarity.
    """

    smallest = WINDOW

    def __init__(self, name="ssim", dtype=None):
        super().__init__(ssim, name, dtype)
        higher_is_better(self)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class MultiScaleSSIM(ImageMean):
    """Structural similarity at several scales, the mean over images: 1 for equal ones.

    Each scale has half the size of the one before, and its share in the product.

    Args:
        scales: int from 1 to 5. Images must have at least `11 * 2 ** (scales - 1)` pixels a side:
            176 for the paper's five, 88 for four, 44 for three. With fewer than five, the shares of
            those that are left are scaled to add up to 1. Defaults to `5`.
        name: str. Defaults to `"multi_scale_ssim"`.
        dtype: dtype of the mean. Defaults to `None`, Keras' float type.

    Raises:
        ValueError: for another number of scales.

    References:
        Wang et al. 2003, Multiscale structural similarity for image quality assessment.
    """

    def __init__(self, scales=5, name="multi_scale_ssim", dtype=None):
        if scales not in range(1, len(SCALE_WEIGHTS) + 1):
            raise ValueError(f"scales must be from 1 to {len(SCALE_WEIGHTS)}. Received: {scales!r}")
        super().__init__(multi_scale_ssim, name, dtype, scales=scales)
        higher_is_better(self)
        self.scales = scales
        self.smallest = WINDOW * 2 ** (scales - 1)

    def get_config(self):
        return {"scales": self.scales, **super().get_config()}


def psnr(target, generated):
    error = ops.mean(ops.square(target - generated), axis=(1, 2, 3))
    return ops.minimum(10.0 * ops.log(RANGE**2 / error) / np.log(10.0), 100.0)


def ssim(target, generated):
    return ops.mean(_similarity(target, generated)[0], axis=-1)


def multi_scale_ssim(target, generated, scales):
    weights = np.array(SCALE_WEIGHTS[:scales])
    product = 1.0
    for scale, weight in enumerate(weights / weights.sum()):
        if scale:
            target, generated = _halved(target), _halved(generated)
        similarity, contrast = _similarity(target, generated)
        # Luminance counts at the last scale alone. Roots of what is below 0 are not defined.
        value = similarity if scale == scales - 1 else contrast
        product *= ops.maximum(value, 0.0) ** weight
    return ops.mean(product, axis=-1)


def _halved(images):
    return ops.average_pool(images, 2, strides=2, padding="same", data_format="channels_last")


def _similarity(one, other):
    """SSIM, and SSIM without its comparison of luminance, of each image and channel."""
    # Luminance is a light's, from 0 up: means of opposite signs would look alike.
    one, other = one + 1.0, other + 1.0
    c1, c2 = (0.01 * RANGE) ** 2, (0.03 * RANGE) ** 2
    mean_1, mean_2 = _blurred(one), _blurred(other)
    variances = _blurred(one * one + other * other) - mean_1**2 - mean_2**2
    covariance = _blurred(one * other) - mean_1 * mean_2
    luminance = (2 * mean_1 * mean_2 + c1) / (mean_1**2 + mean_2**2 + c1)
    contrast = (2 * covariance + c2) / (variances + c2)
    return ops.mean(luminance * contrast, axis=(1, 2)), ops.mean(contrast, axis=(1, 2))


def _blurred(images):
    """The Gaussian mean around each pixel that the window fits around."""
    distance = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-(distance**2) / (2 * SIGMA**2))
    window = (window / window.sum()).astype("float32")
    channels = images.shape[-1]
    for shape in ((WINDOW, 1, 1, 1), (1, WINDOW, 1, 1)):
        kernel = np.tile(window.reshape(shape), (1, 1, channels, 1))
        images = ops.depthwise_conv(images, kernel, data_format="channels_last")
    return images
