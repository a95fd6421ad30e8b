"""How good generated pictures are: metrics for `compile(metrics=[...])`.

All compare float images of shape `(batch, height, width, channels)` in [-1, 1].
"""

import keras
import numpy as np
from keras import ops

from keras_pix2pix.distances import frechet_distance, kernel_distance, perceptual_distance
from keras_pix2pix.features import SIZE, efficientnet_lite0
from keras_pix2pix.similarity import SCALE_WEIGHTS, WINDOW, multi_scale_ssim, psnr, ssim


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
        self._direction = "up"


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
        self._direction = "up"


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
        self._direction = "up"
        self.scales = scales
        self.smallest = WINDOW * 2 ** (scales - 1)

    def get_config(self):
        return {"scales": self.scales, **super().get_config()}


class SetMetric(keras.metrics.Metric):
    """A metric of a whole set, computed when all of its images were seen.

    `Pix2Pix` updates it in `evaluate` and for the validation data of `fit`, not while it trains.
    """

    def update_state(self, condition, target, generated):
        """Take in a batch.

        Args:
            condition: tensor of shape `(batch, height, width, channels)` in [-1, 1].
            target: tensor of shape `(batch, height, width, channels)` in [-1, 1].
            generated: the same, for what was generated.
        """
        raise NotImplementedError

    def result(self):
        """The values of what was seen since the last `reset_state`: dict of floats."""
        raise NotImplementedError


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class FeatureDistances(SetMetric):
    """Distances of generated pictures from targets, as a network sees them: 0 for equal ones.

    The network is EfficientNet-Lite0 with its ImageNet weights, so none of these is comparable to
    numbers that others report on Inception or VGG features. Pictures are resized to 224 x 224.

    - `efficientnet_lite0_perceptual`: of each picture from its target, the squared distance
      between unit-length features at every point of five layers, as LPIPS without learned weights.
    - `efficientnet_lite0_frechet`: between the sets, of Gaussians fitted to the 1280 features of
      the last layer. It is too high for fewer than some thousand images: compare it only between
      sets of the same size.
    - `efficientnet_lite0_kernel`: between the sets, the squared maximum mean discrepancy with a
      cubic kernel on the same features, without bias, so it can fall below 0; better for small
      sets.

    Args:
        images: int, how many pictures the distances between sets are computed from: the first ones.
            Each takes 10 KB. Defaults to `2048`.
        name: str. Defaults to `"efficientnet_lite0"`, which the names of the distances start with.
        dtype: ignored: features are float32. Defaults to `None`.

    Raises:
        ImportError: saying what to install, where the extra `metrics` is missing.
        ValueError: for pictures of other than 1 or 3 channels.

    Example:

    ```python
    model.compile(metrics=[kp.metrics.FeatureDistances()])
    best = keras.callbacks.ModelCheckpoint(
        "best.keras", monitor="val_efficientnet_lite0_kernel", mode="min", save_best_only=True
    )
    model.fit(train, validation_data=val, callbacks=[best])
    ```

    References:
        Zhang et al. 2018, arXiv 1801.03924 (LPIPS); Heusel et al. 2017, arXiv 1706.08500
        (Fréchet); Binkowski et al. 2018, arXiv 1801.01401 (kernel).
    """

    def __init__(self, images=2048, name="efficientnet_lite0", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self._network = efficientnet_lite0()
        self.images = images
        width = self._network.outputs[-1].shape[-1]
        # The last row takes what is too much.
        self._real, self._generated = (
            self.add_variable((images + 1, width), "zeros", dtype="float32", name=name)
            for name in ("real", "generated")
        )
        self._count = self.add_variable((), "zeros", dtype="int32", name="count")
        self._perceptual = self.add_variable((), "zeros", dtype="float32", name="perceptual")

    def update_state(self, condition, target, generated):
        *real_maps, real = self._features(target)
        *maps, features = self._features(generated)
        count = ops.shape(target)[0]
        rows = ops.minimum(self._count + ops.arange(count, dtype="int32"), self.images)[:, None]
        self._real.assign(ops.scatter_update(self._real, rows, real))
        self._generated.assign(ops.scatter_update(self._generated, rows, features))
        self._count.assign_add(ops.cast(count, "int32"))
        distances = [perceptual_distance(*pair) for pair in zip(real_maps, maps)]
        self._perceptual.assign_add(ops.sum(sum(distances)))

    def _features(self, pictures):
        if pictures.shape[-1] not in (1, 3):
            raise ValueError(
                "FeatureDistances needs pictures of 1 or 3 channels. "
                f"Received: {pictures.shape[-1]} channels"
            )
        if pictures.shape[-1] == 1:
            pictures = ops.repeat(pictures, 3, axis=-1)
        pictures = ops.image.resize(
            pictures, (SIZE, SIZE), antialias=True, data_format="channels_last"
        )
        return self._network(pictures, training=False)

    def result(self):
        count = int(ops.convert_to_numpy(self._count))
        rows = min(count, self.images)
        sets = [
            ops.convert_to_numpy(features)[:rows].astype("float64")
            for features in (self._real, self._generated)
        ]
        total = float(ops.convert_to_numpy(self._perceptual))
        return {
            f"{self.name}_perceptual": total / count if count else float("nan"),
            f"{self.name}_frechet": frechet_distance(*sets),
            f"{self.name}_kernel": kernel_distance(*sets),
        }

    def get_config(self):
        return {"images": self.images, **super().get_config()}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class LabelScores(SetMetric):
    """How well labels are met: per-pixel accuracy, mean accuracy of the classes, mean IoU.

    For pictures turned into label maps (targets of `data.Labels`), the labels that were generated
    against the target's. For label maps turned into pictures, with a `segmenter`, the labels it
    sees in the generated picture against the condition's: the paper's FCN-score, for which the
    paper took a network trained on the photos.

    Its values are called `pixel_accuracy`, `class_accuracy` and `mean_iou`, from 0 to 1. Pixels of
    no class do not count, nor do classes that neither side has.

    Args:
        classes: int, the number of classes, whose channels are as `data.Labels` encodes them: 1
            where a pixel belongs to it, else -1. Two classes can also be one channel, below and
            above 0.
        segmenter: a Keras model or function from pictures of shape `(batch, height, width,
            channels)` in [-1, 1] to scores of shape `(batch, height, width, classes)`; then the
            first `classes` channels of the condition are the labels. It is not saved with the
            model: compile again after loading. Defaults to `None`.
        name: str. Defaults to `"label_scores"`.
        dtype: ignored: counts are float32. Defaults to `None`.

    Raises:
        ValueError: for another number of channels.

    References:
        Isola et al. 2017, arXiv 1611.07004, section 4.1; Long et al. 2015, arXiv 1411.4038.
    """

    def __init__(self, classes, segmenter=None, name="label_scores", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.classes = classes
        self.segmenter = segmenter
        # Of each true class (row), how many pixels have which label.
        self._confusion = self.add_variable(
            (classes, classes), "zeros", dtype="float32", name="confusion"
        )

    def update_state(self, condition, target, generated):
        if self.segmenter is not None:
            target, generated = condition[..., : self.classes], self.segmenter(generated)
        truth, scores = self._channels(target), self._channels(generated)
        truth = ops.cast(truth > 0, "float32")
        labels = ops.one_hot(ops.argmax(scores, axis=-1), self.classes, dtype="float32")
        self._confusion.assign_add(ops.einsum("bhwt,bhwl->tl", truth, labels))

    def _channels(self, images):
        if self.classes == 2 and images.shape[-1] == 1:
            return ops.concatenate([-images, images], axis=-1)
        if images.shape[-1] != self.classes:
            raise ValueError(
                f"LabelScores needs one channel for each of {self.classes} classes, as targets of "
                f"data.Labels({self.classes}) have. Received: {images.shape[-1]} channels"
            )
        return images

    def result(self):
        confusion = ops.convert_to_numpy(self._confusion).astype("float64")
        met, truth, labels = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
        either = truth + labels - met
        return {
            "pixel_accuracy": _mean(met.sum(keepdims=True), truth.sum(keepdims=True)),
            "class_accuracy": _mean(met, truth),
            "mean_iou": _mean(met, either),
        }

    def get_config(self):
        return {"classes": self.classes, **super().get_config()}


def _mean(parts, wholes):
    """The mean of the shares whose whole is not 0."""
    there = wholes > 0
    return float((parts[there] / wholes[there]).mean()) if there.any() else float("nan")
