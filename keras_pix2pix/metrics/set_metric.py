"""Metrics of a whole set of images."""

import keras

from keras_pix2pix.types import Tensor


class SetMetric(keras.metrics.Metric):
    """A metric of a whole set of images, computed after the last batch.

    `Pix2Pix` updates it in `evaluate` and for the validation data of `fit`, but not in training
    steps. Subclass it to write a metric that needs the condition, or several images at once.
    `update_state` runs inside the compiled step and adds a batch. `result` runs outside of it.

    Args:
        name: str, as for any Keras metric.
        dtype: dtype, as for any Keras metric.

    Example:

    ```python
    class MeanColor(kp.metrics.SetMetric):
        def __init__(self, name="mean_color"):
            super().__init__(name=name)
            self.total = self.add_variable((), "zeros", name="total")
            self.count = self.add_variable((), "zeros", name="count")

        def update_state(self, condition, target, generated):
            self.total.assign_add(keras.ops.sum(keras.ops.mean(generated, axis=(1, 2, 3))))
            self.count.assign_add(keras.ops.cast(keras.ops.shape(generated)[0], self.count.dtype))

        def result(self):
            return {self.name: float(self.total) / float(self.count)}


    model.compile(metrics=[MeanColor()])
    ```
    """

    def update_state(self, condition: Tensor, target: Tensor, generated: Tensor) -> None:
        """Add a batch.

        Args:
            condition: tensor of shape `(batch, height, width, channels)` in [-1, 1].
            target: tensor of shape `(batch, height, width, channels)` in [-1, 1].
            generated: tensor of the target's shape in [-1, 1], the generated pictures.
        """
        raise NotImplementedError

    def result(self) -> dict[str, float]:
        """Return the values for all batches since the last `reset_state`, by their names."""
        raise NotImplementedError
