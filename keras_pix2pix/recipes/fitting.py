"""What fits pairs: shapes, steps, depths, and what depends on them."""

import math
import types
from typing import Any

import keras

from keras_pix2pix.networks import UNetGenerator
from keras_pix2pix.training.optimizer import paper_adam
from keras_pix2pix.training.schedules import ConstantThenLinear

Shape = tuple[int | None, int | None, int]


def lean_unet(
    condition: Shape, channels: int, side: int, filters: int, **options: Any
) -> UNetGenerator:
    """Return a U-Net made against checkerboards and spots, for images of this smaller side.

    Args:
        condition: shape of the conditions.
        channels: int, of the target.
        side: int, in pixels.
        filters: int, of the first level.
        **options: other arguments of `UNetGenerator`.
    """
    depth = depth_for(side, 7)
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
        **options,
    )


def depth_for(side: int, most: int) -> int:
    """Return how often images can be halved whose smaller side has so many pixels."""
    return max(2, min(most, int(math.log2(side))))


def shapes_of(pairs: Any) -> tuple[Shape, Shape, int]:
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


def steps_of(pairs: Any, epochs: int, steps_per_epoch: int | None) -> int:
    """Return the number of steps of a whole training."""
    try:
        return epochs * (len(pairs) if steps_per_epoch is None else steps_per_epoch)
    except TypeError:
        raise ValueError(
            "A recipe needs the number of steps, since the learning rate falls to 0 at the end. "
            "Received: data of unknown length. Give steps_per_epoch."
        ) from None


def adam(rate: float, steps: int, beta_1: float = 0.5) -> keras.optimizers.Adam:
    """Return the paper's Adam at another rate, which is constant at first and ends at 0."""
    return paper_adam(ConstantThenLinear(rate, steps), beta_1)


def average_over(steps: int) -> float:
    """Return the momentum of a moving average over about a hundredth of the training."""
    return min(max(1.0 - 100.0 / steps, 0.99), 0.999)
