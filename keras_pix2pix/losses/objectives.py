"""The GAN objectives: what the discriminator and the generator minimize, logit by logit."""

from collections.abc import Callable
from typing import NamedTuple

import keras
from keras import ops


class Objective(NamedTuple):
    """Three functions from logits to losses, and the weight of the gradient penalty.

    The discriminator minimizes the mean of `real` over the logits of real pairs plus that of
    `fake` over the logits of generated ones, plus the penalty; the generator minimizes the mean of
    `generator` over the logits of generated pairs.
    """

    real: Callable
    fake: Callable
    generator: Callable
    # The logit between real and fake, where it is not 0, from the logits of both.
    boundary: Callable = lambda real, fake: 0.0
    gradient_penalty: float = 0.0


OBJECTIVES = {
    # Binary cross-entropy of sigmoid(logit), the paper's. Goodfellow et al. 2014, arXiv 1406.2661.
    "vanilla": Objective(
        real=lambda logits: ops.softplus(-logits),
        fake=ops.softplus,
        generator=lambda logits: ops.softplus(-logits),
    ),
    # Least squares. Mao et al. 2017, arXiv 1611.04076.
    "lsgan": Objective(
        real=lambda logits: ops.square(logits - 1.0),
        fake=ops.square,
        generator=lambda logits: ops.square(logits - 1.0),
        boundary=lambda real, fake: 0.5,
    ),
    # Lim and Ye 2017, arXiv 1705.02894.
    "hinge": Objective(
        real=lambda logits: ops.relu(1.0 - logits),
        fake=lambda logits: ops.relu(1.0 + logits),
        generator=ops.negative,
    ),
    # Wasserstein distance with gradient penalty. Gulrajani et al. 2017, arXiv 1704.00028.
    "wgan_gp": Objective(
        real=ops.negative,
        fake=lambda logits: logits,
        generator=ops.negative,
        boundary=lambda real, fake: 0.5 * (ops.mean(real) + ops.mean(fake)),
        gradient_penalty=10.0,
    ),
}


def get(name):
    """The objective of that name.

    Args:
        name: `"vanilla"`, `"lsgan"`, `"hinge"`, `"wgan_gp"`, or `None` for no adversary.

    Raises:
        ValueError: for any other name.
    """
    if name is None:
        return None
    if name not in OBJECTIVES:
        raise ValueError(
            f"adversarial_loss must be one of {', '.join(map(repr, OBJECTIVES))} or None. "
            f"Received: {name!r}"
        )
    return OBJECTIVES[name]


def check_discriminator(objective, discriminator):
    """Refuse a discriminator that the objective cannot train.

    Raises:
        ValueError: for batch normalization under a gradient penalty.
    """
    if objective is None or not objective.gradient_penalty:
        return
    for layer in discriminator._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            raise ValueError(
                "The gradient penalty of wgan_gp is one for each image, which batch normalization "
                "mixes. Use another normalization in the discriminator, such as 'instance'."
            )


def gradient_norm_penalty(gradients):
    """How far the slope of the critic is from 1, squared, and averaged over the batch.

    Args:
        gradients: tensor of shape `(batch, height, width, channels)`, the gradient of each image's
            mean logit with respect to that image.

    References:
        Gulrajani et al. 2017, arXiv 1704.00028, section 4.
    """
    # The small constant keeps the square root differentiable at a gradient of exactly 0.
    norms = ops.sqrt(ops.sum(ops.square(gradients), axis=(1, 2, 3)) + 1e-12)
    return ops.mean(ops.square(norms - 1.0))
