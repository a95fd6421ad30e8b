"""Distance of pictures of which only the coarse structure counts."""

from typing import Any

import keras
from keras import ops

from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.term import Term
from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class CoarseL1(Term):
    """The mean absolute difference of downsampled targets and generated pictures.

    Each square of `factor` x `factor` pixels is averaged to one pixel. Use this term for pairs that
    are shifted by a few pixels, since the L1 loss of such pairs penalizes sharp edges. Set
    `reconstruction_weight` to 0 or a small value. If `factor` does not divide the height or the
    width, the last squares are smaller. Sample weights multiply the differences of the pixels
    before they are averaged, so a pixel with weight 0 has no influence.

    Args:
        weight: float, at least 0. Defaults to `10.0`.
        factor: int of at least 2, the side of the squares in pixels. Defaults to `4`.
        name: str. Defaults to `"coarse_l1"`.

    Raises:
        ValueError: for a factor below 2 or a weight below 0.

    Example:

    ```python
    model.compile(reconstruction_weight=0.0, generator_terms=[kp.losses.CoarseL1(10.0, factor=4)])
    ```
    """

    trains = "generator"

    def __init__(self, weight: float = 10.0, factor: int = 4, name: str = "coarse_l1") -> None:
        super().__init__(weight, name)
        if factor < 2 or factor != int(factor):
            raise ValueError(
                f"factor must be an int of at least 2. Received: factor={factor}. For single "
                "pixels there is reconstruction_loss."
            )
        self.factor = int(factor)

    def __call__(self, batch: Batch) -> Tensor:
        """Return the distance of a batch, a scalar tensor."""
        # The difference of averages is the average of the differences.
        difference = batch.target - batch.generated
        if batch.weights is not None:
            difference = batch.weights * difference
        # Squares at the border hold zeros, too, so the average is divided by the share of pixels.
        share = self._averages(ops.ones_like(difference[:1, ..., :1]))
        return ops.mean(ops.abs(self._averages(difference) / share))

    def _averages(self, images: Tensor) -> Tensor:
        """Return the averages of the squares. Zeros stand for pixels beyond the border."""
        height, width = (-size % self.factor for size in ops.shape(images)[1:3])
        padded = ops.pad(images, ((0, 0), (0, height), (0, width), (0, 0)))
        # Keras on JAX needs the strides, although they are the default.
        size = self.factor
        return ops.average_pool(padded, size, strides=size, data_format="channels_last")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the term, for `from_config`."""
        return {**super().get_config(), "factor": self.factor}
