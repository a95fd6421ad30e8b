"""What `Pix2Pix`, `fit` and `evaluate` refuse before anything is trained."""

import types

import keras
import numpy as np

from keras_pix2pix.data.files.conversion import TOLERANCE


def check_networks(generator, discriminator):
    """Refuse networks that are not functional, or whose channels do not fit together.

    Raises:
        ValueError: saying what the discriminator should take.
    """
    for network in (generator, discriminator):
        if not getattr(network, "inputs", None):
            raise ValueError(
                f"{network.name} must be built from keras.Input, as a functional or sequential "
                "model, so that its channels are known."
            )
    given = [generator.input_shape[-1], generator.output_shape[-1]]
    taken = [image.shape[-1] for image in discriminator.inputs]
    if taken not in (given, given[1:]):
        raise ValueError(
            f"The discriminator must take images of {given} channels (condition and picture), or "
            f"of {given[1:]} (picture alone), as the generator takes and gives them. Received: a "
            f"discriminator for {taken}"
        )


def checked(x, y, generator, metrics=None):
    """Check the first batch of `(x, y)`, or of the dataset `x`, against the generator.

    Args:
        x: whatever `keras.Model.fit` takes.
        y: the targets where `x` is an array, else `None`.
        generator: the generator that shall take the conditions.
        metrics: the metrics that shall compare targets, which may need a size.

    Returns:
        `x`, or in the place of a Python generator one that still gives its first batch; and the
        first batch, as two arrays.

    Raises:
        ValueError: if the batch is not a pair of images as the generator takes and gives them.
    """
    if hasattr(x, "shape"):
        if y is None:
            raise ValueError("fit(x, y) needs the targets y beside the array x of conditions.")
        if hasattr(y, "shape") and len(x) != len(y):
            raise ValueError(
                "There must be one target for each condition. "
                f"Received: {len(x)} conditions and {len(y)} targets"
            )
        batch = (x[:8], y[:8])
    elif isinstance(x, keras.utils.PyDataset):
        batch = x[0]
    elif isinstance(x, types.GeneratorType):
        batch = next(x)
        x = _put_back(batch, x)
    else:
        batch = next(iter(x))
    condition, target = _checked_batch(batch, generator)
    for metric in keras.tree.flatten(metrics):
        smallest = getattr(metric, "smallest", 1)
        if min(target.shape[1:3]) < smallest:
            raise ValueError(
                f"{metric.name} needs images of at least {smallest} pixels a side. Received: "
                f"{target.shape[1]} x {target.shape[2]} pixels. Leave it out, use larger images, "
                "or fewer scales if it has some."
            )
    return x, (condition, target)


def refuse_weights(options):
    """Raise `ValueError` for weights of samples or classes, which no loss here would use."""
    for name in ("sample_weight", "class_weight"):
        if options.get(name) is not None:
            raise ValueError(f"Pix2Pix does not use {name}: sample weights are not supported.")


def _put_back(first, rest):
    yield first
    yield from rest


def _checked_batch(batch, generator):
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        received = f"{len(batch)} parts" if isinstance(batch, (tuple, list)) else type(batch)
        raise ValueError(
            "A batch must be a pair (condition, target); sample weights are not supported. "
            f"Received: {received}"
        )
    condition, target = (keras.ops.convert_to_numpy(part) for part in batch)
    _check_images(condition, "condition", generator.input_shape)
    _check_images(target, "target", generator.output_shape)
    if condition.shape[:3] != target.shape[:3]:
        raise ValueError(
            "condition and target must agree in count, height and width. Received: "
            f"condition shape {condition.shape}, target shape {target.shape}"
        )
    return condition, target


def _check_images(images, name, expected):
    if images.ndim != 4 or images.shape[-1] != expected[-1]:
        raise ValueError(
            f"The {name} must have shape (batch, height, width, {expected[-1]}), as the generator "
            f"was built for. Received: shape {images.shape}"
        )
    if not images.size:
        raise ValueError(f"There must be at least one {name}. Received: shape {images.shape}")
    for axis, size, received in zip(("height", "width"), expected[1:3], images.shape[1:3]):
        if size not in (None, received):
            raise ValueError(
                f"The generator was built for {name}s of {axis} {size}. Received: {axis} "
                f"{received}. Resize the images or build it with image_shape=(None, None, ...)."
            )
    if images.dtype.kind in "biu":
        raise ValueError(
            f"The {name} must be floats in [-1, 1]. Received: {images.dtype} with values from "
            f"{images.min()} to {images.max()}. Map 8-bit images with images / 127.5 - 1, or let "
            "a PairDataset do it."
        )
    if not np.isfinite(images).all():
        raise ValueError(
            f"The {name} must be finite. Received: {np.isnan(images).sum()} NaN and "
            f"{np.isinf(images).sum()} infinite values in the first batch"
        )
    low, high = images.min(), images.max()
    if low < -1 - TOLERANCE or high > 1 + TOLERANCE:
        raise ValueError(
            f"The {name} must lie in [-1, 1]. Received: values from {low:g} to {high:g}. "
            "Map 8-bit values with images / 127.5 - 1, and values in [0, 1] with images * 2 - 1."
        )
