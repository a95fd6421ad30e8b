"""The recipe for label maps as targets."""

from typing import Any

import numpy as np

from keras_pix2pix.data import Labels, PairDataset
from keras_pix2pix.losses import LabelCrossEntropy, label_probabilities
from keras_pix2pix.metrics import LabelScores
from keras_pix2pix.networks import EfficientNetGenerator, Generator
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.recipes.fitting import adam, average_over, lean_unet, shapes_of, steps_of

# How many batches are read to count the pixels of each class.
COUNTED_BATCHES = 500


def labels(
    pairs: PairDataset,
    epochs: int = 20,
    steps_per_epoch: int | None = None,
    metrics: Any = None,
) -> Pix2Pix:
    """Return a model that generates label maps from pictures.

    The generator gives the probability of every class at every pixel, and minimizes the
    cross-entropy. There is no discriminator. Rare classes have a higher weight: the square root of
    the median frequency of the classes, divided by the frequency of the class. `LabelScores`
    reports the mean IoU.

    The generator is an `EfficientNetGenerator` with a pretrained encoder. The encoder is frozen in
    the first half of the training. If the conditions do not have 1 or 3 channels, the generator is
    the U-Net of `sharp`.

    Args:
        pairs: `PairDataset` of the training pairs, with targets of `data.Labels`.
        epochs: as for `sharp`.
        steps_per_epoch: as for `sharp`.
        metrics: as for `Pix2Pix.compile`. Defaults to `LabelScores` for the classes.

    Returns:
        A compiled `Pix2Pix`.

    Raises:
        ValueError: for targets that are not `data.Labels`.

    Example:

    ```python
    train = kp.data.PairDataset.from_folders(
        "photos/", "classes/", formats=(kp.data.Picture(3), kp.data.Labels(3))
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
    condition, target, side = shapes_of(pairs)
    steps = steps_of(pairs, epochs, steps_per_epoch)
    photos = condition[-1] in (1, 3)
    if photos:
        generator: Generator = EfficientNetGenerator(
            condition, target[-1], output_activation=label_probabilities
        )
    else:
        generator = lean_unet(
            condition, target[-1], side, 64, output_activation=label_probabilities
        )
    model = Pix2Pix(generator)
    model.compile(
        adam(2e-4, steps, beta_1=0.9),
        frozen_encoder_steps=steps // 2 if photos else 0,
        adversarial_loss=None,
        reconstruction_weight=0.0,
        generator_terms=[LabelCrossEntropy(_class_weights(pairs))],
        ema=average_over(steps),
        metrics=[LabelScores(target[-1])] if metrics is None else metrics,
    )
    return model


def _class_weights(pairs: PairDataset) -> list[float]:
    plain = pairs.subset(slice(None), augment=False, shuffle=False)
    counted = [plain[i][1] > 0 for i in range(min(len(plain), COUNTED_BATCHES))]
    pixels = np.sum([labels.sum(axis=(0, 1, 2)) for labels in counted], axis=0, dtype="float64")
    share = pixels / pixels.sum()
    known = share > 0
    weights = np.ones(len(share))
    weights[known] = np.sqrt(np.median(share[known]) / share[known])
    return [float(weight) for weight in weights]
