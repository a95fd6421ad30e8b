"""How loss terms see a batch: through the discriminator, and through features of photos."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.term import Term
from keras_pix2pix.networks import ProjectedDiscriminator
from keras_pix2pix.networks.efficientnet import feature_maps, features_of
from keras_pix2pix.training import backend
from keras_pix2pix.training.diff_augment import DiffAugment
from keras_pix2pix.types import Tensor


def needs_photo_features(
    model: keras.Model, terms: Sequence[Term], augmentation: Sequence[str]
) -> bool:
    """Return whether a step needs the features of target and generated picture.

    Args:
        model: a `Pix2Pix`.
        terms: list of all its terms.
        augmentation: tuple of the changes that the discriminator's pictures go through. Its
            features are then those of the changed pictures.

    Raises:
        ImportError: saying what to install for the features.
    """
    projected = isinstance(model.discriminator, ProjectedDiscriminator)
    looks = any(term.photo_features for term in terms)
    if projected or looks:
        # Not inside of a compiled function.
        feature_maps()
    return looks or (projected and not augmentation)


def photo_features(model: keras.Model, target: Tensor, generated: Tensor) -> list[list[Tensor]]:
    """Return the features of both pictures for all who look at them, or an empty list."""
    return [features_of(image) for image in (target, generated)] if model.photo_features else []


def make_batch(
    model: keras.Model,
    condition: Tensor,
    target: Tensor,
    generated: Tensor,
    known: Sequence[list[Tensor]] = (),
    training: bool = True,
    augment: DiffAugment | None = None,
    weights: Tensor | None = None,
) -> Batch:
    """Return a batch as loss terms see it, through the discriminator of a model.

    Args:
        model: a compiled `Pix2Pix`.
        condition: tensor of shape `(batch, height, width, channels)`.
        target: tensor of shape `(batch, height, width, channels)`.
        generated: tensor of the target's shape.
        known: what `photo_features` has returned for the two. Defaults to nothing.
        training: bool, whether the networks are trained on the batch. Defaults to `True`.
        augment: what the discriminator's pictures go through. Defaults to `None`: nothing.
        weights: tensor, how much each pixel counts, see `Batch`. Defaults to `None`.
    """
    seen = condition if augment is None else augment.condition(condition)
    by_features = augment is None and isinstance(model.discriminator, ProjectedDiscriminator)

    def features(image: Tensor) -> list[Tensor]:
        for other, maps in zip((target, generated), known):
            if image is other:
                return maps
        return features_of(image)

    def judge(image: Tensor) -> list[Tensor]:
        if by_features:
            return model.discriminator.judge_features(seen, features(image), training=training)
        return keras.tree.flatten(model.discriminator(pair(image), training=training))

    def judge_inside(image: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        return model.discriminator_inside(pair(image), training=training)

    def pair(image: Tensor) -> Any:
        image = image if augment is None else augment.picture(image)
        return [seen, image] if len(model.discriminator.inputs) == 2 else image

    return Batch(
        condition,
        target,
        generated,
        judge=judge,
        judge_inside=judge_inside,
        differentiate=backend.image_gradient,
        photo_features=features,
        seed=model.penalty_seed,
        training=training,
        weights=weights,
    )
