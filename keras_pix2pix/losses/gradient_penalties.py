"""Penalties on how steep the discriminator is."""

from typing import Any

import keras
from keras import ops

from keras_pix2pix.keras_private import layers_inside
from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.term import Term
from keras_pix2pix.types import Tensor


class _SlopePenalty(Term):
    """What the penalties have in common: the slope of the discriminator at an image."""

    trains = "discriminator"

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        """Refuse a discriminator with batch normalization, which mixes images."""
        for layer in layers_inside(discriminator):
            if isinstance(layer, keras.layers.BatchNormalization):
                raise ValueError(
                    f"{self.name} takes the slope for each image, and batch normalization mixes "
                    "the images of a batch. Use another normalization in the discriminator, such "
                    "as 'instance'."
                )

    def _squared_slopes(self, batch: Batch, image: Tensor) -> Tensor:
        """Return the squared slope of the mean logit of each image: a tensor `(batch,)`."""
        slopes = batch.image_gradient(lambda image: mean_logit(batch.logits(image)), image)
        return ops.sum(ops.square(slopes), axis=(1, 2, 3))


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class R1(_SlopePenalty):
    """The squared gradient of the discriminator at real pairs.

    It is the squared norm of the gradient of the mean logit of an image, averaged over the scales,
    with respect to the image. It keeps this gradient small, which stabilizes the training.

    Args:
        weight: float, at least 0. It is gamma / 2 of the papers. Defaults to `5.0`.
        every: int of at least 1. With 16, the penalty is computed in every 16th step and multiplied
            by 16. This takes less time and has the same effect. Defaults to `1`.
        name: str. Defaults to `"r1"`.

    Raises:
        ValueError: for `every` below 1 or a weight below 0.

    Example:

    ```python
    model.compile(discriminator_terms=[kp.losses.R1(5.0, every=16)])
    ```

    References:
        Mescheder et al. 2018, arXiv 1801.04406, equation 9; every 16th step: Karras et al. 2020,
        arXiv 1912.04958, section 3.1.
    """

    def __init__(self, weight: float = 5.0, every: int = 1, name: str = "r1") -> None:
        super().__init__(weight, name)
        if every < 1 or every != int(every):
            raise ValueError(f"every must be an int of at least 1. Received: every={every}")
        self.every = every

    def __call__(self, batch: Batch) -> Tensor:
        """Return the mean over a batch of the squared slope, a scalar tensor."""
        return ops.mean(self._squared_slopes(batch, batch.target))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the term, for `from_config`."""
        return {**super().get_config(), "every": self.every}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class R2(R1):
    """The squared gradient of the discriminator at generated pairs.

    It is computed as `R1`, but at generated pairs. R3GAN uses both terms together with
    `adversarial_loss="relativistic"`.

    Args:
        weight: float, at least 0. It is gamma / 2 of the papers. With
            `adversarial_loss="relativistic"` it is gamma, because the losses of real and of
            generated pairs are equal and are added. Defaults to `5.0`.
        every: int of at least 1. With 16, the penalty is computed in every 16th step and multiplied
            by 16. Defaults to `1`.
        name: str. Defaults to `"r2"`.

    Raises:
        ValueError: for `every` below 1 or a weight below 0.

    Example:

    ```python
    model.compile(
        adversarial_loss="relativistic",
        discriminator_terms=[kp.losses.R1(1.0), kp.losses.R2(1.0)],
    )
    ```

    References:
        Mescheder et al. 2018, arXiv 1801.04406, equation 10; R3GAN: Huang et al. 2024, arXiv
        2501.05441, section 2.2.
    """

    def __init__(self, weight: float = 5.0, every: int = 1, name: str = "r2") -> None:
        super().__init__(weight, every, name)

    def __call__(self, batch: Batch) -> Tensor:
        """Return the mean over a batch of the squared slope, a scalar tensor."""
        return ops.mean(self._squared_slopes(batch, batch.generated))


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class GradientPenalty(_SlopePenalty):
    """The squared difference of the discriminator's gradient norm from 1.

    The gradient is that of the mean logit of an image. It is computed at a random point between
    each target and its generated picture.

    Args:
        weight: float, at least 0. Defaults to `10.0`, the paper's.
        name: str. Defaults to `"gradient_penalty"`.

    References:
        Gulrajani et al. 2017, arXiv 1704.00028, section 4.
    """

    def __init__(self, weight: float = 10.0, name: str = "gradient_penalty") -> None:
        super().__init__(weight, name)

    def __call__(self, batch: Batch) -> Tensor:
        """Return the mean over a batch of the squared distance of the slope from 1."""
        share = keras.random.uniform((ops.shape(batch.target)[0], 1, 1, 1), seed=batch.seed)
        between = share * batch.target + (1.0 - share) * batch.generated
        # The small constant keeps the square root differentiable at a slope of exactly 0.
        norms = ops.sqrt(self._squared_slopes(batch, between) + 1e-12)
        return ops.mean(ops.square(norms - 1.0))


def mean_logit(scales: list[Tensor]) -> Tensor:
    """Return the mean logit of each image, averaged over the scales of the discriminator.

    Args:
        scales: list of tensors whose first axis is the batch.

    Returns:
        A tensor of shape `(batch,)`.
    """
    means = [ops.mean(ops.reshape(s, (ops.shape(s)[0], -1)), axis=-1) for s in scales]
    return sum(means) / len(means)
