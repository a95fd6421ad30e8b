"""Recipes for pictures as targets."""

from typing import Any

import keras

from keras_pix2pix.losses import FeatureMatching, Perceptual, Term
from keras_pix2pix.networks import PatchDiscriminator, ProjectedDiscriminator, UNetGenerator
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.recipes.fitting import (
    adam,
    average_over,
    depth_for,
    lean_unet,
    shapes_of,
    steps_of,
)

# Up to so many steps, half of the filters and more steps are better for the same time.
FEW_STEPS = 20_000


def paper(
    pairs: Any, epochs: int = 200, steps_per_epoch: int | None = None, metrics: Any = None
) -> Pix2Pix:
    """Return the paper's model: U-Net, PatchGAN, GAN + 100 L1.

    It equals `Pix2Pix()` and `compile()` without arguments, but has the channels and the size of
    the pairs. The learning rate is that of the reference implementation: constant in the first half
    of the training, then linear to 0.

    At 128 pixels, the generator has 41.8 million parameters, and a step takes 10.6 billion
    multiplications. Two minutes on one thread of a CPU are about 140 steps.

    Args:
        pairs: `PairDataset` of the training pairs, or another dataset of batches as `fit` takes it.
        epochs: int, the epochs of the whole training. The learning rate is 0 at its end. Defaults
            to `200`, as in the paper.
        steps_per_epoch: int, as for `fit`. Defaults to `None`: all batches of `pairs`.
        metrics: as for `Pix2Pix.compile`. Defaults to none.

    Returns:
        A compiled `Pix2Pix`.

    Raises:
        ValueError: if the number of steps of the data is not known.

    Example:

    ```python
    model = kp.recipes.paper(train, epochs=200)
    model.fit(train, validation_data=val, epochs=200)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004.
    """
    condition, target, side = shapes_of(pairs)
    generator = UNetGenerator(condition, target[-1], depth=depth_for(side, 8))
    model = Pix2Pix(generator, PatchDiscriminator(condition, target))
    steps = steps_of(pairs, epochs, steps_per_epoch)
    model.compile(adam(2e-4, steps), adam(2e-4, steps), metrics=metrics)
    return model


def sharp(
    pairs: Any,
    epochs: int = 20,
    steps_per_epoch: int | None = None,
    metrics: Any = None,
    filters: int | None = None,
) -> Pix2Pix:
    """Return the model with the best pictures for a given training time.

    - A U-Net made against checkerboards and spots: it resizes and convolves, and has no
      normalization at 4x4 pixels and below. Fixed noise is joined to the condition: texture where
      that is flat.
    - `Perceptual`, and a tenth of the paper's L1: the losses compare features, not only pixels.
    - `ProjectedDiscriminator`, which judges the same pretrained features.
    - A moving average of the generator's weights, over about a hundredth of the training.

    At 128 pixels, a step takes 3.0 billion multiplications with 32 filters, and 7.5 with 64. After
    two minutes on one thread, the small generator has taken 610 steps. The following numbers are
    the result, divided by that of the paper's recipe after the same time, on drawings and on
    photos: kernel distance .08 and .33, perceptual distance .50 and .84, L1 .86 and 1.03, SSIM 1.28
    and 1.10. After half an hour: kernel distance below 0 and .40, perceptual distance .50 and .81,
    L1 .89 and .96, SSIM 1.21 and 1.50. docs/experiments.md also shows the weaknesses.

    The pretrained network needs pictures of 1 or 3 channels. For others, the recipe uses a
    `PatchDiscriminator` with spectral normalization, and `FeatureMatching`.

    Args:
        pairs: `PairDataset` of the training pairs, or another dataset of batches as `fit` takes it.
        epochs: int, the epochs of the whole training. The learning rate is 0 at its end. Defaults
            to `20`.
        steps_per_epoch: int, as for `fit`. Defaults to `None`: all batches of `pairs`.
        metrics: as for `Pix2Pix.compile`. Defaults to none.
        filters: int, the channels of the U-Net's first level. Deeper levels have up to four times
            as many. Defaults to `None`: 32 for a training of up to 20,000 steps, 64 for a longer
            one.

    Returns:
        A compiled `Pix2Pix`.

    Raises:
        ValueError: if the number of steps of the data is not known.

    Example:

    ```python
    model = kp.recipes.sharp(train, epochs=20)
    model.fit(train, validation_data=val, epochs=20)
    ```
    """
    condition, target, side = shapes_of(pairs)
    steps = steps_of(pairs, epochs, steps_per_epoch)
    if filters is None:
        filters = 32 if steps <= FEW_STEPS else 64
    generator = lean_unet(condition, target[-1], side, filters, noise=1)
    # Features of photos are those of pictures in grey or in colors.
    if target[-1] in (1, 3):
        discriminator: keras.Model = ProjectedDiscriminator(condition, target)
        term: Term = Perceptual(5.0)
    else:
        discriminator = PatchDiscriminator(condition, target, spectral=True)
        term = FeatureMatching(5.0)
    model = Pix2Pix(generator, discriminator)
    model.compile(
        adam(1e-3, steps),
        adam(2e-4, steps),
        adversarial_loss="hinge",
        reconstruction_weight=10.0,
        generator_terms=[term],
        ema=average_over(steps),
        metrics=metrics,
    )
    return model


def small(
    pairs: Any, epochs: int = 20, steps_per_epoch: int | None = None, metrics: Any = None
) -> Pix2Pix:
    """Return `sharp` with 32 filters for any length of the training: for small files.

    With 3 channels, the generator has 2.4 million parameters: 10 MB, or 5 MB in half precision. It
    needs a quarter of the multiplications of the generator with 64 filters.

    Args:
        pairs: as for `sharp`.
        epochs: as for `sharp`.
        steps_per_epoch: as for `sharp`.
        metrics: as for `sharp`.

    Returns:
        A compiled `Pix2Pix`.

    Raises:
        ValueError: if the number of steps of the data is not known.

    Example:

    ```python
    model = kp.recipes.small(train, epochs=4)
    model.fit(train, validation_data=val, epochs=4)
    ```
    """
    return sharp(pairs, epochs, steps_per_epoch, metrics, filters=32)
