"""A training that starts from the networks of a file: `train --from`."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import keras

from keras_pix2pix.convert import load_pytorch
from keras_pix2pix.networks import Generator
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.training.averaging import averaged
from keras_pix2pix_cli.inputs import model_file
from keras_pix2pix_cli.options.other_options import other_options, refuse_differences
from keras_pix2pix_cli.training import settings


def started_from(path: Path, new: Pix2Pix, args: Namespace) -> Pix2Pix:
    """Return a model with the networks of a file, and the losses and optimizers of another model.

    The discriminator is that of the file, if it was trained and is of the kind that the recipe
    has; else it is new.

    Args:
        path: `Path` of a `.keras` file, or of a `.pth` file of a generator.
        new: the compiled `Pix2Pix` of the recipe.
        args: `argparse.Namespace` of `train`.

    Returns:
        A compiled `Pix2Pix`.

    Raises:
        ValueError: if the networks of the file do not fit the pairs, the recipe or the options. The
            message says what differs.
    """
    if path.suffix.lower() == ".pth":
        generator, discriminator = load_pytorch(path), None
    else:
        generator, discriminator = _networks_of(model_file.load(path))
    _refuse_differences(path, generator, new.generator, args)
    kept = discriminator is not None and _is_alike(discriminator, new.discriminator)
    if args.freeze_encoder:
        _freeze_encoder(path, generator)
    model = Pix2Pix(generator, discriminator if kept else new.discriminator)
    config = new.get_compile_config()
    if args.freeze_encoder or not hasattr(generator, "encoder"):
        # The recipe would free it in the middle of the training, or there is none.
        config["frozen_encoder_steps"] = 0
    model.compile_from_config(config)
    print(
        f"start from {path}: {_named(generator)}, and "
        + (f"{_named(discriminator)} of the file" if kept else f"a new {_named(new.discriminator)}")
        + _other_scale(path, args),
        file=args.messages,
    )
    return model


def _networks_of(model: Pix2Pix) -> tuple[keras.Model, keras.Model | None]:
    """Return the generator with its averaged weights, and the discriminator if it was trained."""
    with averaged(model):
        weights = model.generator.get_weights()
    model.generator.set_weights(weights)
    trained = (
        model.compiled
        and model.objective is not None
        and int(model.optimizer.discriminator.iterations) > 0
    )
    return model.generator, model.discriminator if trained else None


def _refuse_differences(
    path: Path, generator: keras.Model, wanted: keras.Model, args: Namespace
) -> None:
    """Refuse a generator that does not fit the pairs, the recipe or the options that were given."""
    differences = [
        f"it {verb} {side[-1]} channels, and these pairs have {other[-1]}"
        for verb, side, other in (
            ("takes", generator.input_shape, wanted.input_shape),
            ("gives", generator.output_shape, wanted.output_shape),
        )
        if side[-1] != other[-1]
    ]
    sizes = [args.image_size] * 2 if isinstance(args.image_size, int) else args.image_size
    fixed = generator.input_shape[1:3]
    if any(side not in (None, size) for side, size in zip(fixed, sizes)):
        differences.append(
            f"it takes images of {fixed[0]} x {fixed[1]} pixels (height x width), and --image-size "
            f"is {sizes[0]} x {sizes[1]}"
        )
    activations = [_activation(network) for network in (generator, wanted)]
    if None not in activations and activations[0] != activations[1]:
        differences.append(
            f"its output is {activations[0]}, and --recipe {args.recipe} has {activations[1]}"
        )
    differences += other_options(type(generator).__name__, generator.get_config(), args)
    refuse_differences(path, differences)


def _activation(network: keras.Model) -> str | None:
    if not isinstance(network, Generator):
        return None
    activation = keras.activations.serialize(keras.activations.get(network.output_activation))
    name = activation["registered_name"] if isinstance(activation, dict) else activation
    return name.rpartition(">")[2]


def _is_alike(network: keras.Model, other: keras.Model) -> bool:
    """Return whether two networks have the same class and the same arguments."""
    return type(network) is type(other) and _arguments(network) == _arguments(other)


def _arguments(network: keras.Model) -> str:
    def unnamed(config: Any) -> Any:
        if isinstance(config, dict):
            left_out = ("name", "build_config", "frozen_layers")
            return {n: unnamed(value) for n, value in config.items() if n not in left_out}
        return [unnamed(part) for part in config] if isinstance(config, list | tuple) else config

    return json.dumps(unnamed(network.get_config()), sort_keys=True, default=str)


def _freeze_encoder(path: Path, generator: keras.Model) -> None:
    """Freeze the layers that make images smaller, for the whole training."""
    if hasattr(generator, "encoder"):
        layers = [generator.encoder]
    else:
        first = ("first", "down_")
        layers = [layer for layer in generator.layers if layer.name.startswith(first)]
    if not layers:
        raise ValueError(
            f"--freeze-encoder needs a generator with an encoder: a UNetGenerator, a "
            f"ResNetGenerator or an EfficientNetGenerator. Received: {path} with a "
            f"{type(generator).__name__}"
        )
    for layer in layers:
        layer.trainable = False


def _named(network: keras.Model) -> str:
    return f"{type(network).__name__} ({network.count_params():,} parameters)"


def _other_scale(path: Path, args: Namespace) -> str:
    """Return a hint if the file was trained on images of another size, as far as it is known."""
    size = settings.beside(path).get("image_size", args.image_size)
    if size == args.image_size:
        return ""
    texts = ["x".join(map(str, s)) if isinstance(s, list) else s for s in (size, args.image_size)]
    return f"; it was trained with --image-size {texts[0]}, and now --image-size is {texts[1]}"
