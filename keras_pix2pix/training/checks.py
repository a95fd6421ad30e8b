"""What `Pix2Pix`, `fit` and `evaluate` refuse before anything is trained."""

import types
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_pix2pix.data.files.conversion import TOLERANCE


def refuse_uncompiled(model: keras.Model, method: str) -> None:
    """Refuse a model that has no losses and no optimizers yet.

    Raises:
        ValueError: naming the method that needs them.
    """
    if not model.compiled:
        raise ValueError(f"The model is not compiled: call `compile()` before `{method}()`.")


def check_generator(generator: keras.Model) -> None:
    """Refuse a generator that is not a functional model from one image to one of the same size.

    Raises:
        ValueError: saying what is wrong with it.
    """
    _check_functional(generator, "generator")
    for side in ("input", "output"):
        tensors = _structure(generator, side)
        several = isinstance(tensors, dict | list | tuple)
        if several and not (side == "input" and len(tensors) == 1):
            raise ValueError(
                f"The generator must have one image as its {side}, of shape (batch, height, width, "
                f"channels). Received: {generator.name} with a {type(tensors).__name__} as its "
                f"{side}"
            )
    for side, shape in (("input", generator.input_shape), ("output", generator.output_shape)):
        if len(shape) != 4 or shape[-1] is None:
            raise ValueError(
                f"The {side} of the generator must be an image of shape (batch, height, width, "
                f"channels), of known channels. Received: shape {shape} of {generator.name}"
            )
    given = _some_size(generator)
    made = generator.compute_output_shape(given)
    if made[1:3] != given[1:3] and None not in made[1:3]:
        raise ValueError(
            "The generator must make pictures of the size of its conditions. Received: "
            f"{generator.name}, which makes height {made[1]} and width {made[2]} from height "
            f"{given[1]} and width {given[2]}"
        )


def check_discriminator(discriminator: keras.Model, generator: keras.Model) -> None:
    """Refuse a discriminator that is not a functional model of pairs to logits.

    Raises:
        ValueError: saying what the discriminator should take.
    """
    _check_functional(discriminator, "discriminator")
    for side in ("input", "output"):
        if isinstance(_structure(discriminator, side), dict):
            raise ValueError(
                "The discriminator must take a list [condition, picture], or the picture alone, "
                "and return logits: a tensor, or a list of a tensor for each scale. Received: "
                f"{discriminator.name} with a dict as its {side}"
            )
    given = [generator.input_shape[-1], generator.output_shape[-1]]
    taken = [image.shape[-1] for image in discriminator.inputs]
    if taken not in (given, given[1:]):
        raise ValueError(
            f"The discriminator must take images of {given} channels (condition and picture), or "
            f"of {given[1:]} (picture alone), as the generator takes and gives them. Received: a "
            f"discriminator for {taken}"
        )


def check_options(options: dict[str, Any], known: set[str]) -> None:
    """Refuse arguments of `compile` that nothing would use.

    Raises:
        ValueError: naming them, and what to use in their place.
    """
    if "optimizer" in options or "loss" in options:
        raise ValueError(
            "Pix2Pix trains two networks: give generator_optimizer and "
            "discriminator_optimizer, adversarial_loss and reconstruction_loss. "
            f"Received: {', '.join(options)}"
        )
    unknown = sorted(options.keys() - known)
    if unknown:
        raise ValueError(
            f"compile does not use {', '.join(unknown)}. The weight of a loss is "
            "reconstruction_weight, or that of a term of generator_terms. Beside its own arguments "
            f"it takes {', '.join(sorted(known))}."
        )


def _check_functional(network: Any, role: str) -> None:
    if not isinstance(network, keras.Model):
        raise ValueError(
            f"The {role} must be a Keras model, such as "
            f"{'UNetGenerator' if role == 'generator' else 'PatchDiscriminator'}(). "
            f"Received: {network!r}"
        )
    if not getattr(network, "inputs", None):
        raise ValueError(
            f"{network.name} must be built from keras.Input, as a functional or sequential "
            "model, so that its channels are known."
        )


def _structure(network: keras.Model, side: str) -> Any:
    """Return the symbolic input or output of a network, in the structure that it has."""
    if isinstance(network, keras.Sequential):
        return getattr(network, f"{side}s")[0]
    return getattr(network, side)


def _some_size(generator: keras.Model) -> tuple[int, ...]:
    """Return a shape that the generator takes."""
    divisor = max(getattr(generator, "size_divisor", 1), 1)
    side = max(256 // divisor, 1) * divisor
    _, height, width, channels = generator.input_shape
    return (1, height or side, width or side, channels)


def check_first_batch(
    x: Any, y: Any, generator: keras.Model, metrics: Any = None
) -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
    """Refuse data whose first batch the generator or the metrics cannot take.

    Args:
        x: conditions, or a dataset of pairs, as `keras.Model.fit` takes them.
        y: targets where `x` is an array, else `None`.
        generator: the generator.
        metrics: metrics that compare targets. Some need images of a size, their `smallest`.

    Returns:
        A tuple of two: the data, which is `x`, or for a Python generator another one that yields
        the same batches; and the first batch, a tuple of two arrays.

    Raises:
        ValueError: if the first batch is not a pair of images that the generator takes and makes.
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


def check_pretraining(steps: Any, objective: Any, generator_terms: list[Any]) -> None:
    """Raise `ValueError` for a first phase in which nothing can be learned, or that never ends.

    Args:
        steps: the argument `pretraining_steps` of `compile`.
        objective: the objective of the GAN, or `None`.
        generator_terms: list of all terms of the generator.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise ValueError(
            f"pretraining_steps must be an int of at least 0. Received: pretraining_steps={steps!r}"
        )
    if steps and objective is None:
        raise ValueError(
            "pretraining_steps leave the adversarial loss out at first. Received: "
            f"pretraining_steps={steps} and adversarial_loss=None. Give an adversarial_loss, or "
            "leave pretraining_steps out."
        )
    if steps and not any(term.weight for term in generator_terms if not term.after_pretraining):
        raise ValueError(
            "There is nothing for the generator to learn from in the pretraining_steps: give it a "
            f"reconstruction_weight above 0, or terms. Received: pretraining_steps={steps}"
        )


def check_frozen_steps(
    steps: Any, generator: keras.Model, optimizer: keras.optimizers.Optimizer
) -> None:
    """Raise `ValueError` for a frozen phase that cannot be, or would be without effect.

    Args:
        steps: the argument `frozen_encoder_steps` of `compile`.
        generator: the generator.
        optimizer: the generator's.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise ValueError(f"frozen_encoder_steps must be an int of at least 0. Received: {steps!r}")
    encoder = getattr(generator, "encoder", None)
    if steps and (encoder is None or not encoder.trainable_variables):
        wrong = "which has no encoder" if encoder is None else "whose encoder is not trained"
        raise ValueError(
            "frozen_encoder_steps need a generator with an encoder that is trained afterwards, "
            f"such as EfficientNetGenerator(). Received: {generator.name}, {wrong}"
        )
    if steps and optimizer.use_ema:
        raise ValueError(
            "frozen_encoder_steps do not go with a generator_optimizer with use_ema=True. Average "
            "the weights with compile(ema=...) in its place."
        )


def refuse_weights(options: dict[str, Any]) -> None:
    """Refuse weights of samples or classes, which no loss of `Pix2Pix` uses.

    Raises:
        ValueError: naming the option.
    """
    for name in ("sample_weight", "class_weight"):
        if options.get(name) is not None:
            raise ValueError(f"Pix2Pix does not use {name}: sample weights are not supported.")


def _put_back(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _checked_batch(batch: Any, generator: keras.Model) -> tuple[np.ndarray, np.ndarray]:
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


def _check_images(images: np.ndarray, name: str, expected: tuple[int | None, ...]) -> None:
    """Refuse images of another shape, type or range of values.

    Args:
        images: array of shape `(batch, height, width, channels)`.
        name: `"condition"` or `"target"`, for the error.
        expected: tuple, the shape that the generator takes or makes.
    """
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
