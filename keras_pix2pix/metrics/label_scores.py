"""How well labels are met."""

import keras
import numpy as np
from keras import ops

from keras_pix2pix.metrics.set_metric import SetMetric


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
