"""How similar two images are, pixel by pixel: PSNR, and the structural similarities."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_pix2pix.keras_private import higher_is_better
from keras_pix2pix.types import Tensor

# From -1 to 1.
RANGE = 2.0
# Side and standard deviation of the Gaussian window of SSIM, in pixels.
WINDOW, SIGMA = 11, 1.5
# Of the scales, from fine to coarse; Wang et al. 2003, section 3.2.
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


class ImageMean(keras.metrics.MeanMetricWrapper):
    """The mean over images of a function of target and generated picture."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that all such metrics have."""
        return {"name": self.name, "dtype": self.dtype}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class PSNR(ImageMean):
    """Peak signal-to-noise ratio in dB, the mean over images.

    It is higher for more similar images: an error of 10 % of the range gives 20 dB, and 1 % gives
    40 dB. An image that equals its target counts as 100 dB, so that the mean is finite.

    Args:
        name: str. Defaults to `"psnr"`.
        dtype: dtype of the mean. Defaults to `None`, Keras' float type.

    Example:

    ```python
    model.compile(metrics=["mae", kp.metrics.PSNR(), kp.metrics.SSIM()])
    model.fit(train, validation_data=val)
    ```

    References:
        Huynh-Thu and Ghanbari 2008, Scope of validity of PSNR in image/video quality assessment.
    """

    def __init__(self, name: str = "psnr", dtype: Any = None) -> None:
        super().__init__(psnr, name, dtype)
        higher_is_better(self)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class SSIM(ImageMean):
    """Structural similarity, the mean over images: 1 for equal images.

    The window is a Gaussian of 11 pixels (sigma 1.5), as in the paper. Only windows inside the
    image count. `Pix2Pix` refuses smaller images before it trains. Without `Pix2Pix`, the metric is
    NaN for them.

    Args:
        name: str. Defaults to `"ssim"`.
        dtype: dtype of the mean. Defaults to `None`, Keras' float type.

    Attributes:
        smallest: int, the smallest height and width in pixels: `11`.

    Example:

    ```python
    model.compile(metrics=[kp.metrics.SSIM()])
    ```

    References:
        Wang et al. 2004, Image quality assessment: from error visibility to structural similarity.
    """

    smallest = WINDOW

    def __init__(self, name: str = "ssim", dtype: Any = None) -> None:
        super().__init__(ssim, name, dtype)
        higher_is_better(self)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class MultiScaleSSIM(ImageMean):
    """Structural similarity at several scales, the mean over images: 1 for equal images.

    Each scale has half the size of the one before. The value is the product of the similarities of
    all scales, each to the power of its weight.

    Args:
        scales: int from 1 to 5. Images must have at least `11 * 2 ** (scales - 1)` pixels a side:
            176 for the paper's five, 88 for four, 44 for three. With fewer than five, the remaining
            weights are divided by their sum. Defaults to `5`.
        name: str. Defaults to `"multi_scale_ssim"`.
        dtype: dtype of the mean. Defaults to `None`, Keras' float type.

    Attributes:
        smallest: int, the smallest height and width in pixels.

    Raises:
        ValueError: for another number of scales.

    Example:

    ```python
    model.compile(metrics=[kp.metrics.MultiScaleSSIM(scales=3)])
    ```

    References:
        Wang et al. 2003, Multiscale structural similarity for image quality assessment.
    """

    def __init__(self, scales: int = 5, name: str = "multi_scale_ssim", dtype: Any = None) -> None:
        if scales not in range(1, len(SCALE_WEIGHTS) + 1):
            raise ValueError(f"scales must be from 1 to {len(SCALE_WEIGHTS)}. Received: {scales!r}")
        super().__init__(multi_scale_ssim, name, dtype, scales=scales)
        higher_is_better(self)
        self.scales = scales
        self.smallest = WINDOW * 2 ** (scales - 1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the metric."""
        return {"scales": self.scales, **super().get_config()}


def psnr(target: Tensor, generated: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio of each image, in dB.

    Args:
        target: float tensor of shape `(batch, height, width, channels)` in [-1, 1].
        generated: float tensor of the same shape, in [-1, 1].

    Returns:
        A float tensor of shape `(batch,)`. Equal images have 100.

    References:
        Huynh-Thu and Ghanbari 2008, Scope of validity of PSNR in image/video quality assessment.
    """
    error = ops.mean(ops.square(target - generated), axis=(1, 2, 3))
    return ops.minimum(10.0 * ops.log(RANGE**2 / error) / np.log(10.0), 100.0)


def ssim(target: Tensor, generated: Tensor) -> Tensor:
    """Return the structural similarity of each image, the mean over its channels.

    Args:
        target: float tensor of shape `(batch, height, width, channels)` in [-1, 1], of at least
            11 pixels a side.
        generated: float tensor of the same shape, in [-1, 1].

    Returns:
        A float tensor of shape `(batch,)`, from -1 to 1. Equal images have 1.

    References:
        Wang et al. 2004, Image quality assessment: from error visibility to structural similarity.
    """
    return ops.mean(_similarity(target, generated)[0], axis=-1)


def multi_scale_ssim(target: Tensor, generated: Tensor, scales: int) -> Tensor:
    """Return the structural similarity of each image at several scales.

    Args:
        target: float tensor of shape `(batch, height, width, channels)` in [-1, 1], of at least
            `11 * 2 ** (scales - 1)` pixels a side.
        generated: float tensor of the same shape, in [-1, 1].
        scales: int from 1 to 5.

    Returns:
        A float tensor of shape `(batch,)`, from 0 to 1. Equal images have 1.

    References:
        Wang et al. 2003, Multiscale structural similarity for image quality assessment.
    """
    weights = np.array(SCALE_WEIGHTS[:scales])
    product = 1.0
    for scale, weight in enumerate(weights / weights.sum()):
        if scale:
            target, generated = _halved(target), _halved(generated)
        similarity, contrast = _similarity(target, generated)
        # Luminance counts at the last scale alone. Roots of negative numbers are not defined.
        value = similarity if scale == scales - 1 else contrast
        product *= ops.maximum(value, 0.0) ** weight
    return ops.mean(product, axis=-1)


def _halved(images: Tensor) -> Tensor:
    return ops.average_pool(images, 2, strides=2, padding="same", data_format="channels_last")


def _similarity(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Return SSIM, and SSIM without its comparison of luminance, of each image and channel."""
    # Luminance is not negative. In [-1, 1], means of opposite signs would count as similar.
    one, other = one + 1.0, other + 1.0
    c1, c2 = (0.01 * RANGE) ** 2, (0.03 * RANGE) ** 2
    mean_1, mean_2 = _blurred(one), _blurred(other)
    variances = _blurred(one * one + other * other) - mean_1**2 - mean_2**2
    covariance = _blurred(one * other) - mean_1 * mean_2
    luminance = (2 * mean_1 * mean_2 + c1) / (mean_1**2 + mean_2**2 + c1)
    contrast = (2 * covariance + c2) / (variances + c2)
    return ops.mean(luminance * contrast, axis=(1, 2)), ops.mean(contrast, axis=(1, 2))


def _blurred(images: Tensor) -> Tensor:
    """Return the Gaussian mean around each pixel whose window lies inside the image."""
    distance = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-(distance**2) / (2 * SIGMA**2))
    window = (window / window.sum()).astype("float32")
    channels = images.shape[-1]
    for shape in ((WINDOW, 1, 1, 1), (1, WINDOW, 1, 1)):
        kernel = np.tile(window.reshape(shape), (1, 1, channels, 1))
        images = ops.depthwise_conv(images, kernel, data_format="channels_last")
    return images
