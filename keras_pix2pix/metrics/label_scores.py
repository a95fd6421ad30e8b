"""How well generated label maps, or pictures made from label maps, meet their labels."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_pix2pix.metrics.set_metric import SetMetric
from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class LabelScores(SetMetric):
    """Scores of label maps: per-pixel accuracy, mean accuracy of the classes, mean IoU.

    There are two uses:

    - For a model from pictures to label maps (targets of `data.Labels`), the generated labels are
      compared with the labels of the target.
    - For a model from label maps to pictures, give a `segmenter`. It predicts the labels of the
      generated picture, which are compared with the labels of the condition. This is the paper's
      FCN-score. The paper's segmenter is a network that was trained on photos.

    The values are `pixel_accuracy`, `class_accuracy` and `mean_iou`, from 0 to 1. Pixels without a
    class are ignored. A class that appears in neither label map is ignored, too.

    Args:
        classes: int, the number of classes. There is one channel for each class, as `data.Labels`
            encodes them: 1 where a pixel belongs to the class, else -1. Two classes can also have
            one channel: below 0 for the first class, above 0 for the second.
        segmenter: a Keras model or a function from pictures of shape `(batch, height, width,
            channels)` in [-1, 1] to scores of shape `(batch, height, width, classes)`. The labels
            are then the first `classes` channels of the condition. It is not saved with the model:
            compile again after loading. Defaults to `None`.
        name: str. Defaults to `"label_scores"`.
        dtype: ignored, counts are float32. Defaults to `None`.

    Raises:
        ValueError: when updated with a wrong number of channels.

    Example:

    ```python
    model.compile(metrics=[kp.metrics.LabelScores(classes=3)])
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, section 4.1; Long et al. 2015, arXiv 1411.4038.
    """

    def __init__(
        self,
        classes: int,
        segmenter: Callable[[Tensor], Tensor] | None = None,
        name: str = "label_scores",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.classes = classes
        self.segmenter = segmenter
        # Row: the true class. Column: the label. Value: the number of pixels.
        self._confusion = self.add_variable(
            (classes, classes), "zeros", dtype="float32", name="confusion"
        )

    def update_state(self, condition: Tensor, target: Tensor, generated: Tensor) -> None:
        """Count the labels of a batch. The condition is used only with a segmenter."""
        if self.segmenter is not None:
            target, generated = condition[..., : self.classes], self.segmenter(generated)
        truth, scores = self._channels(target), self._channels(generated)
        truth = ops.cast(truth > 0, "float32")
        labels = ops.one_hot(ops.argmax(scores, axis=-1), self.classes, dtype="float32")
        self._confusion.assign_add(ops.einsum("bhwt,bhwl->tl", truth, labels))

    def _channels(self, images: Tensor) -> Tensor:
        """Return images with a channel for each class."""
        if self.classes == 2 and images.shape[-1] == 1:
            return ops.concatenate([-images, images], axis=-1)
        if images.shape[-1] != self.classes:
            raise ValueError(
                f"LabelScores needs one channel for each of {self.classes} classes, as targets of "
                f"data.Labels({self.classes}) have. Received: {images.shape[-1]} channels"
            )
        return images

    def result(self) -> dict[str, float]:
        """Return the three scores. They are NaN before the first batch."""
        confusion = ops.convert_to_numpy(self._confusion).astype("float64")
        met, truth, labels = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
        either = truth + labels - met
        return {
            "pixel_accuracy": _mean(met.sum(keepdims=True), truth.sum(keepdims=True)),
            "class_accuracy": _mean(met, truth),
            "mean_iou": _mean(met, either),
        }

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the metric, without the segmenter."""
        return {"classes": self.classes, **super().get_config()}


def _mean(parts: np.ndarray, wholes: np.ndarray) -> float:
    """Return the mean of `parts / wholes`, without those whose whole is 0."""
    there = wholes > 0
    return float((parts[there] / wholes[there]).mean()) if there.any() else float("nan")
