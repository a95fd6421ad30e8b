"""How alike two images are, pixel by pixel: PSNR, and the structural similarities.

Each compares tensors of shape `(batch, height, width, channels)` in [-1, 1]: a value an image.
"""

import numpy as np
from keras import ops

# From -1 to 1.
RANGE = 2.0
WINDOW, SIGMA = 11, 1.5
# Of the scales, from fine to coarse; Wang et al. 2003, section 3.2.
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


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
