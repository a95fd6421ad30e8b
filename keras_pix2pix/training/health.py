"""What a watched step reports of its health: accuracies of the discriminator, and of pictures."""

import keras
from keras import ops

from keras_pix2pix.losses.objectives import Objective, mean_over_scales
from keras_pix2pix.types import Tensor

# What `callbacks.GANHealth` looks at, logged while it is there.
HEALTH = (
    "real_accuracy",
    "fake_accuracy",
    "generator_gradient_norm",
    "discriminator_gradient_norm",
    "saturated",
    "contrast",
)


def accuracies(objective: Objective, real: list[Tensor], fake: list[Tensor]) -> dict[str, Tensor]:
    """Return the shares of the patches that the discriminator classifies correctly.

    Args:
        objective: the objective of the GAN.
        real: list of the logits of real pairs, a tensor for each scale.
        fake: list of the logits of generated pairs.
    """
    boundaries = [objective.boundary(*logits) for logits in zip(real, fake)]
    return {
        "real_accuracy": mean_over_scales(_share_above, real, boundaries),
        "fake_accuracy": mean_over_scales(_share_below, fake, boundaries),
    }


def of_pictures(target: Tensor, generated: Tensor) -> dict[str, Tensor]:
    """Return how saturated generated pictures are, and how much contrast they have."""
    limits = [ops.abs(images) > 0.99 for images in (generated, target)]
    saturated = ops.logical_and(limits[0], ops.logical_not(limits[1]))
    return {
        "saturated": ops.mean(ops.cast(saturated, "float32")),
        "contrast": _contrast(generated) / (_contrast(target) + keras.config.epsilon()),
    }


def _contrast(images: Tensor) -> Tensor:
    """Return the standard deviation of the values of an image, averaged over the batch."""
    return ops.mean(ops.std(images, axis=(1, 2, 3)))


def _share_above(logits: Tensor, boundary: Tensor) -> Tensor:
    return ops.cast(logits > boundary, "float32")


def _share_below(logits: Tensor, boundary: Tensor) -> Tensor:
    return ops.cast(logits < boundary, "float32")
