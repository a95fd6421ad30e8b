"""Recipes: networks, losses and optimizers that are known to work together.

Each function returns a compiled `Pix2Pix` for the pairs that it is given. Read it, and change what
you want to be different.
"""

import math
import types
from typing import Any

import keras
import numpy as np

from keras_pix2pix.data import Labels, PairDataset
from keras_pix2pix.losses import (
    FeatureMatching,
    LabelCrossEntropy,
    Perceptual,
    Term,
    label_probabilities,
)
from keras_pix2pix.metrics import LabelScores
from keras_pix2pix.networks import (
    PatchDiscriminator,
    ProjectedDiscriminator,
    UNetGenerator,
)
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.training.schedules import ConstantThenLinear

Shape = tuple[int | None, int | None, int]

# How many batches are read to count the pixels of each class.
COUNTED_BATCHES = 500


def paper(
    pairs: Any, epochs: int = 200, steps_per_epoch: int | None = None, metrics: Any = None
) -> Pix2Pix:
    """Return the paper's model: U-Net, PatchGAN, GAN + 100 L1.

    It is what `Pix2Pix()` and `compile()` are without arguments, for the channels and the size of
    the pairs, with the learning rate of the reference implementation: constant in the first half,
    then linear to 0.

    Args:
        pairs: `PairDataset` of the training pairs, or another dataset of batches as `fit` takes it.
        epochs: int, the epochs of the whole training, after which the learning rate is 0. Defaults
            to `200`, the paper's.
        steps_per_epoch: int, as for `fit`. Defaults to `None`: all batches of `pairs`.
        metrics: as for `Pix2Pix.compile`. Defaults to none.

    Returns:
        A compiled `Pix2Pix`.

    Raises:
        ValueError: for data whose number of steps is not known.

    Example:

    ```python
    model = kp.recipes.paper(train, epochs=200)
    model.fit(train, validation_data=val, epochs=200)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004.
    """
    condition, target, side = _shapes(pairs)
    generator = UNetGenerator(condition, target[-1], depth=_depth(side, 8))
    model = Pix2Pix(generator, PatchDiscriminator(condition, target))
    steps = _steps(pairs, epochs, steps_per_epoch)
    model.compile(_adam(2e-4, steps), _adam(2e-4, steps), metrics=metrics)
    return model


def sharp(
    pairs: Any,
    epochs: int = 20,
    steps_per_epoch: int | None = None,
    metrics: Any = None,
    filters: int = 64,
) -> Pix2Pix:
    """Return the model that makes the best pictures for the same time.

    - A U-Net that resizes and convolves, and has no normalization at 4x4 pixels and below: no
      checkerboards, no spots.
    - `Perceptual` beside a tenth of the paper's L1: the generator is told how pictures differ, not
      only pixels.
    - `ProjectedDiscriminator`: it knows photos already, and sees the same features.
    - A moving average of the generator's weights, over a hundredth of the training.

    Pictures of other than 1 or 3 channels have no such features. For them, a `PatchDiscriminator`
    with spectral normalization and `FeatureMatching` take their place.

    Args:
        pairs: `PairDataset` of the training pairs, or another dataset of batches as `fit` takes it.
        epochs: int, the epochs of the whole training, after which the learning rate is 0. Defaults
            to `20`.
        steps_per_epoch: int, as for `fit`. Defaults to `None`: all batches of `pairs`.
        metrics: as for `Pix2Pix.compile`. Defaults to none.
        filters: int, the channels of the U-Net's first level. Deeper levels have up to four times
            as many. Defaults to `64`.

    Returns:
        A compiled `Pix2Pix`.

    Raises:
        ValueError: for data whose number of steps is not known.

    Example:

    ```python
    model = kp.recipes.sharp(train, epochs=20)
    model.fit(train, validation_data=val, epochs=20)
    ```
    """
    condition, target, side = _shapes(pairs)
    generator = _lean_unet(condition, target[-1], side, filters)
    # Features of photos are those of pictures in grey or in colors.
    if target[-1] in (1, 3):
        discriminator: keras.Model = ProjectedDiscriminator(condition, target)
        term: Term = Perceptual(5.0)
    else:
        discriminator = PatchDiscriminator(condition, target, spectral=True)
        term = FeatureMatching(5.0)
    model = Pix2Pix(generator, discriminator)
    steps = _steps(pairs, epochs, steps_per_epoch)
    model.compile(
        _adam(1e-3, steps),
        _adam(2e-4, steps),
        adversarial_loss="hinge",
        reconstruction_weight=10.0,
        generator_terms=[term],
        ema=_average_over(steps),
        metrics=metrics,
    )
    return model


def small(
    pairs: Any, epochs: int = 20, steps_per_epoch: int | None = None, metrics: Any = None
) -> Pix2Pix:
    """Return `sharp` with half of the filters: for few minutes, or for small files.

    The generator has 2.4 million parameters for 3 channels. A step takes a quarter of the
    multiplications.

    Args:
        pairs: as for `sharp`.
        epochs: as for `sharp`.
        steps_per_epoch: as for `sharp`.
        metrics: as for `sharp`.

    Returns:
        A compiled `Pix2Pix`.

    Raises:
        ValueError: for data whose number of steps is not known.

    Example:

    ```python
    model = kp.recipes.small(train, epochs=4)
    model.fit(train, validation_data=val, epochs=4)
    ```
    """
    return sharp(pairs, epochs, steps_per_epoch, metrics, filters=32)


def labels(
    pairs: PairDataset,
    epochs: int = 20,
    steps_per_epoch: int | None = None,
    metrics: Any = None,
    filters: int = 64,
) -> Pix2Pix:
    """Return a model from pictures to label maps, which learns classes instead of colors.

    The generator gives a probability for every class at every pixel, and minimizes the
    cross-entropy. There is no discriminator. A class counts more the rarer its pixels are: by the
    square root of the median frequency over its own. `LabelScores` reports the mean IoU.

    Args:
        pairs: `PairDataset` of the training pairs, whose targets are `data.Labels`.
        epochs: as for `sharp`.
        steps_per_epoch: as for `sharp`.
        metrics: as for `Pix2Pix.compile`. Defaults to `LabelScores` for the classes.
        filters: as for `sharp`.

    Returns:
        A compiled `Pix2Pix`.

    Raises:
        ValueError: for targets that are not `data.Labels`.

    Example:

    ```python
    train = kp.data.PairDataset.from_folders(
        "photos/", "labels/", formats=(kp.data.Picture(3), kp.data.Labels(21, ignore=255))
    )
    model = kp.recipes.labels(train, epochs=20)
    model.fit(train, epochs=20)
    ```

    References:
        Long et al. 2015, arXiv 1411.4038; class weights, Eigen and Fergus 2015, arXiv 1411.4734,
        section 6.3.2.
    """
    if not isinstance(pairs, PairDataset) or not isinstance(pairs.formats[1], Labels):
        raise ValueError(
            "recipes.labels needs a PairDataset whose targets are data.Labels, which say how many "
            f"classes there are. Received: {pairs}. For pictures, use recipes.sharp."
        )
    condition, target, side = _shapes(pairs)
    model = Pix2Pix(_lean_unet(condition, target[-1], side, filters, label_probabilities))
    steps = _steps(pairs, epochs, steps_per_epoch)
    model.compile(
        _adam(1e-3, steps),
        adversarial_loss=None,
        reconstruction_weight=0.0,
        generator_terms=[LabelCrossEntropy(_class_weights(pairs))],
        ema=_average_over(steps),
        metrics=[LabelScores(target[-1])] if metrics is None else metrics,
    )
    return model


def _lean_unet(
    condition: Shape, channels: int, side: int, filters: int, output_activation: Any = "tanh"
) -> UNetGenerator:
    depth = _depth(side, 7)
    return UNetGenerator(
        condition,
        channels,
        depth=depth,
        filters=filters,
        max_filters=4 * filters,
        upsampling="nearest",
        # Level n has side / 2**n pixels a side: at most 4 in the innermost ones.
        plain_levels=sum(side / 2**level <= 4 for level in range(1, depth + 1)),
        dropout=0.0,
        output_activation=output_activation,
    )


def _depth(side: int, most: int) -> int:
    """Return how often images can be halved whose smaller side has so many pixels."""
    return max(2, min(most, int(math.log2(side))))


def _shapes(pairs: Any) -> tuple[Shape, Shape, int]:
    """Return the shapes of condition and target, of free size, and the smaller side in pixels."""
    if hasattr(pairs, "shape") or isinstance(pairs, tuple | types.GeneratorType):
        raise ValueError(
            "A recipe needs a dataset of batches that can be read more than once, such as a "
            f"PairDataset. Received: {type(pairs).__name__}. For arrays: PairDataset(x, y)."
        )
    batch = pairs[0] if isinstance(pairs, keras.utils.PyDataset) else next(iter(pairs))
    condition, target = batch[:2]
    return (
        (None, None, condition.shape[-1]),
        (None, None, target.shape[-1]),
        min(target.shape[1:3]),
    )


def _steps(pairs: Any, epochs: int, steps_per_epoch: int | None) -> int:
    try:
        return epochs * (len(pairs) if steps_per_epoch is None else steps_per_epoch)
    except TypeError:
        raise ValueError(
            "A recipe needs the number of steps, since the learning rate falls to 0 at the end. "
            "Received: data of unknown length. Give steps_per_epoch."
        ) from None


def _adam(rate: float, steps: int) -> keras.optimizers.Adam:
    """Return the paper's Adam at another rate, which is constant at first and ends at 0."""
    return keras.optimizers.Adam(ConstantThenLinear(rate, steps), beta_1=0.5, epsilon=1e-8)


def _average_over(steps: int) -> float:
    """Return the momentum of a moving average over about a hundredth of the training."""
    return min(max(1.0 - 100.0 / steps, 0.99), 0.999)


def _class_weights(pairs: PairDataset) -> list[float]:
    plain = pairs.subset(slice(None), augment=False, shuffle=False)
    counted = [plain[i][1] > 0 for i in range(min(len(plain), COUNTED_BATCHES))]
    pixels = np.sum([labels.sum(axis=(0, 1, 2)) for labels in counted], axis=0, dtype="float64")
    share = pixels / pixels.sum()
    known = share > 0
    weights = np.ones(len(share))
    weights[known] = np.sqrt(np.median(share[known]) / share[known])
    return [float(weight) for weight in weights]
