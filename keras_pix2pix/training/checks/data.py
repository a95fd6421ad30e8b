"""What `fit`, `evaluate`, `predict` and their siblings refuse of the data, before they start."""

import os
import types
import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_pix2pix.data.files.conversion import TOLERANCE

# How many images of an array are looked at that may be a file larger than the memory.
SOME = 8
WANTED = (
    "Give an array of conditions beside an array of targets, or a dataset of batches (condition, "
    "target): a PairDataset, a PyDataset, a tf.data.Dataset, a DataLoader, or a Python generator."
)


def refuse_uncompiled(model: keras.Model, method: str) -> None:
    """Refuse a model that has no losses and no optimizers yet.

    Raises:
        ValueError: naming the method that needs them.
    """
    if not model.compiled:
        raise ValueError(f"The model is not compiled: call `compile()` before `{method}()`.")


def refuse_class_weight(class_weight: Any) -> None:
    """Refuse weights of classes, which a target of `Pix2Pix` does not have.

    Raises:
        ValueError: saying what to use.
    """
    if class_weight is not None:
        raise ValueError(
            "Pix2Pix does not use class_weight: targets are images. Give sample_weight maps, or "
            "the class_weights of keras_pix2pix.losses.LabelCrossEntropy."
        )


def check_first_batch(
    x: Any, y: Any, generator: keras.Model, metrics: Any = None, weights: Any = None
) -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
    """Refuse data whose first batch the generator or the metrics cannot take.

    Arrays in memory are looked at as a whole, which takes no longer than to copy them.

    Args:
        x: conditions, or a dataset of pairs, as `keras.Model.fit` takes them.
        y: targets where `x` is an array, else `None`.
        generator: the generator.
        metrics: metrics that compare targets. Some need images of a size, their `smallest`.
        weights: sample weights beside arrays, or `None`.

    Returns:
        A tuple of two: the data, which is `x`, or for a Python generator another one that yields
        the same batches; and some pairs of the first batch, a tuple of two arrays.

    Raises:
        ValueError: if the first batch is not a pair of images that the generator takes and makes.
    """
    if hasattr(x, "column_names"):
        # Rows of Hugging Face datasets, which have a shape as well.
        raise ValueError(
            "Expected batches of pairs. Received: rows with the columns "
            f"{', '.join(x.column_names)}. Make pairs of two columns: "
            "PairDataset(*([np.asarray(image) for image in rows[name]] for name in names))"
        )
    if hasattr(x, "shape"):
        if y is None:
            raise ValueError("fit(x, y) needs the targets y beside the array x of conditions.")
        if not hasattr(y, "shape"):
            raise ValueError(f"The targets y must be an array, as x is. Received: {_kind(y)}")
        _check_shape(x.shape, "condition", generator.input_shape)
        _check_shape(y.shape, "target", generator.output_shape)
        if len(x) != len(y):
            raise ValueError(
                "There must be one target for each condition. "
                f"Received: {len(x)} conditions and {len(y)} targets"
            )
        batch: Any = (_looked_at(x), _looked_at(y))
        if weights is not None:
            _check_weights(keras.ops.convert_to_numpy(weights), y.shape)
    else:
        batch, x = _first_batch(x)
    condition, target = _checked_batch(batch, generator)
    for metric in keras.tree.flatten(metrics):
        smallest = getattr(metric, "smallest", 1)
        if min(target.shape[1:3]) < smallest:
            raise ValueError(
                f"{metric.name} needs images of at least {smallest} pixels a side. Received: "
                f"{target.shape[1]} x {target.shape[2]} pixels. Leave it out, use larger images, "
                "or fewer scales if it has some."
            )
    return x, (condition[:SOME], target[:SOME])


def check_conditions(x: Any, generator: keras.Model) -> Any:
    """Refuse conditions that `predict` would take, and make nothing useful of.

    Args:
        x: an array of conditions, or a dataset of conditions or of pairs.
        generator: the generator.

    Returns:
        `x`, or for a Python generator another one that yields the same batches.

    Raises:
        ValueError: if the first batch is not of images that the generator takes.
    """
    if hasattr(x, "shape"):
        batch = _looked_at(x)
    else:
        batch, x = _first_batch(x)
        batch = batch[0] if isinstance(batch, (tuple, list)) and batch else batch
    # Their size is padded to what the generator takes.
    shape = (None, None, None, generator.input_shape[-1])
    _check_images(keras.ops.convert_to_numpy(batch), "condition", shape)
    return x


def warn_of_zero_to_one(**images: np.ndarray) -> None:
    """Warn of images that look like values in [0, 1].

    Args:
        **images: arrays by their name in the warning.
    """
    for name, values in images.items():
        # A picture of a single color says nothing.
        if values.min() >= 0 and values.max() > values.min():
            warnings.warn(
                f"No value of the first {name}s is below 0. Images must lie in [-1, 1]: map "
                "values in [0, 1] with images * 2 - 1, or let a PairDataset do it.",
                stacklevel=4,
            )


def _first_batch(x: Any) -> tuple[Any, Any]:
    """Return the first batch of a dataset, and the dataset as if it had not been read."""
    if isinstance(x, (list, tuple, dict, str, os.PathLike)) or not (
        hasattr(x, "__iter__") or isinstance(x, keras.utils.PyDataset)
    ):
        call = " Call the function: give what it returns." if callable(x) else ""
        stack = " Stack images of one size with np.stack." if isinstance(x, (list, tuple)) else ""
        raise ValueError(f"{WANTED} Received: {_kind(x)}.{call}{stack}")
    if isinstance(x, keras.utils.PyDataset):
        # One without a length has no end.
        batches = iter([x[0]] if not hasattr(x, "__len__") or len(x) else [])
    else:
        batches = iter(x)
    try:
        first = next(batches)
    except StopIteration:
        raise ValueError(f"There is no batch in the data. Received: {_kind(x)}") from None
    return first, _put_back(first, x) if isinstance(x, types.GeneratorType) else x


def _put_back(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _kind(data: Any) -> str:
    """Return what some data is, in words."""
    if data is None:
        return "nothing"
    name = type(data).__name__
    return f"a {name} of {len(data)}" if isinstance(data, (list, tuple, dict)) else f"a {name}"


def _looked_at(images: Any) -> Any:
    """Return an array in memory as a whole, and the first images of any other one."""
    return images if type(images) is np.ndarray else images[:SOME]


def _checked_batch(batch: Any, generator: keras.Model) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(batch, (tuple, list)) or len(batch) not in (2, 3):
        received = f"{len(batch)} parts" if isinstance(batch, (tuple, list)) else _kind(batch)
        raise ValueError(
            "A batch must be a pair (condition, target), or (condition, target, weights). "
            f"Received: {received}"
        )
    # Keras takes `None` for no weights.
    parts = [keras.ops.convert_to_numpy(part) for part in batch if part is not None]
    condition, target, *weights = parts
    _check_images(condition, "condition", generator.input_shape)
    _check_images(target, "target", generator.output_shape)
    if condition.shape[:3] != target.shape[:3]:
        raise ValueError(
            "condition and target must agree in count, height and width. Received: "
            f"condition shape {condition.shape}, target shape {target.shape}"
        )
    for values in weights:
        _check_weights(values, target.shape)
    return condition, target


def _check_weights(weights: np.ndarray, target: tuple[int, ...]) -> None:
    """Refuse sample weights that do not fit targets of a shape, or that cannot weigh."""
    pixels = tuple(target[:3])
    if weights.shape not in (pixels[:1], pixels, (*pixels, 1)):
        raise ValueError(
            f"Sample weights must be one for each pixel, of shape {pixels} or {(*pixels, 1)}, or "
            f"one for each picture, of shape {pixels[:1]}. Received: shape {weights.shape}"
        )
    # NumPy knows bfloat16 as an array of kind "V". "Any is below 0" would be false for NaN.
    numbers = weights.dtype.kind in "biufV"
    if not numbers or not (weights.min() >= 0 and np.isfinite(weights.max())):
        values = f", from {weights.min()} to {weights.max()}" if numbers else ""
        raise ValueError(
            "Sample weights must be finite numbers of at least 0, 0 for a pixel that does not "
            f"count. Received: {weights.dtype}{values}"
        )


def _check_shape(shape: Any, name: str, expected: tuple[int | None, ...]) -> None:
    """Refuse images of another shape.

    Args:
        shape: tuple, the shape of the images.
        name: `"condition"` or `"target"`, for the error.
        expected: tuple, the shape that the generator takes or makes.
    """
    shape = tuple(shape)
    if len(shape) != 4 or shape[-1] != expected[-1]:
        channels = shape[-1] if shape else 0
        built = {
            "condition": f"UNetGenerator((None, None, {channels}))",
            "target": f"UNetGenerator(output_channels={channels})",
        }
        advice = f". For such images, build {built[name]}" if len(shape) == 4 else ""
        raise ValueError(
            f"The {name} must have shape (batch, height, width, {expected[-1]}), as the generator "
            f"was built for. Received: shape {shape}{advice}"
        )
    if 0 in shape:
        raise ValueError(f"There must be at least one {name}. Received: shape {shape}")
    for axis, size, received in zip(("height", "width"), expected[1:3], shape[1:3]):
        if size not in (None, received):
            raise ValueError(
                f"The generator was built for {name}s of {axis} {size}. Received: {axis} "
                f"{received}. Resize the images or build it with image_shape=(None, None, ...)."
            )


def _check_images(images: np.ndarray, name: str, expected: tuple[int | None, ...]) -> None:
    """Refuse images of another shape, type or range of values, see `_check_shape`."""
    _check_shape(images.shape, name, expected)
    # NumPy knows bfloat16 as an array of kind "V".
    if images.dtype.kind not in "fV":
        numbers = images.dtype.kind in "biu"
        values = f" with values from {images.min()} to {images.max()}" if numbers else ""
        raise ValueError(
            f"The {name} must be floats in [-1, 1]. Received: {images.dtype}{values}. Map 8-bit "
            "images with images / 127.5 - 1, or let a PairDataset do it."
        )
    low, high = images.min(), images.max()
    if not np.isfinite(low) or not np.isfinite(high):
        bad = ~np.isfinite(images)
        where = np.flatnonzero(bad.any(axis=(1, 2, 3)))
        raise ValueError(
            f"The {name} must be finite. Received: {np.isnan(images).sum()} NaN and "
            f"{np.isinf(images).sum()} infinite values, in {name} "
            f"{', '.join(map(str, where[:5]))}{f' and {len(where) - 5} more' * (len(where) > 5)}"
        )
    if low < -1 - TOLERANCE or high > 1 + TOLERANCE:
        raise ValueError(
            f"The {name} must lie in [-1, 1]. Received: values from {low:g} to {high:g}. "
            "Map 8-bit values with images / 127.5 - 1, and values in [0, 1] with images * 2 - 1."
        )
