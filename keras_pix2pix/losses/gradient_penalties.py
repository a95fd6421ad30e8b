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
    """The squared slope of the discriminator at real pairs.

    It keeps the discriminator from becoming steeper than it must be to tell pairs apart. The slope
    is that of an image's mean logit, averaged over the scales, with respect to the image.

    Args:
        weight: float, at least 0. The papers' gamma / 2. Defaults to `5.0`.
        every: int of at least 1. With 16, the penalty is computed in every 16th step and then
            counts 16 times, which costs less and does the same. Defaults to `1`.
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
        """Return the arguments, from which `from_config` makes the term again."""
        return {**super().get_config(), "every": self.every}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class R2(R1):
    """The squared slope of the discriminator at generated pairs.

    It is what `R1` is for real pairs. R3GAN trains with both of them and with
    `adversarial_loss="relativistic"`.

    Args:
        weight: float, at least 0. The papers' gamma / 2; their gamma with
            `adversarial_loss="relativistic"`, whose loss for real and for generated pairs is the
            same and is added twice. Defaults to `5.0`.
        every: int of at least 1. With 16, the penalty is computed in every 16th step and then
            counts 16 times. Defaults to `1`.
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
    """How far the slope of the discriminator is from 1, between real and generated pairs.

    The slope is that of an image's mean logit, since the mean is what the loss averages; it is
    taken at a random point between each target and its generated picture.

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
