"""What `Pix2Pix` and `compile` refuse: networks and options that do not fit."""

from typing import Any

import keras

from keras_pix2pix.keras_private import layers_inside

# Names for which Keras chooses the metric when it sees the targets.
CHOSEN_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")


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


def check_model(model: keras.Model) -> None:
    """Refuse what `compile` cannot train: a loss of one's own that nothing would call.

    Args:
        model: a `Pix2Pix`.

    Raises:
        ValueError: saying what to use in its place.
    """
    if type(model).compute_loss is not keras.Model.compute_loss:
        raise ValueError(
            f"{type(model).__name__} overrides compute_loss, which Pix2Pix does not call: it has a "
            "loss for each of its two networks. Write the loss as a keras_pix2pix.losses.Term, "
            "and give it in generator_terms or discriminator_terms."
        )
    for layer in layers_inside(model.discriminator):
        if isinstance(layer, keras.layers.SpectralNormalization):
            raise ValueError(
                "keras.layers.SpectralNormalization changes its kernel in each call, so that a "
                "discriminator with it is not trained alike on all backends. Use "
                "PatchDiscriminator(spectral=True), or ConvBlock(..., spectral=True) in a "
                f"discriminator of your own. Received: {layer.name} in {model.discriminator.name}"
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


def as_optimizer(optimizer: Any, name: str) -> keras.optimizers.Optimizer:
    """Return the Keras optimizer that an argument of `compile` stands for.

    Raises:
        ValueError: naming the argument, for what is none.
    """
    try:
        return keras.optimizers.get(optimizer)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"{name} must be a Keras optimizer, or the name of one, such as 'adam'. Received: "
            f"{optimizer!r}"
        ) from error


def check_metrics(metrics: list[Any]) -> None:
    """Refuse what is no metric, which Keras would notice at the first batch.

    Raises:
        ValueError: naming it.
    """
    for metric in metrics:
        try:
            known = metric in CHOSEN_BY_SHAPE or keras.metrics.get(metric) is not None
        except (ValueError, TypeError, KeyError):
            known = False
        if not known:
            raise ValueError(
                "metrics must be a list of keras_pix2pix.metrics, Keras metrics or their names, or "
                f"functions of target and generated picture. Received: {metric!r}"
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
