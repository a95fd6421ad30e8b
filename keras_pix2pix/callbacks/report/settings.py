"""The settings of a training, in words."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import keras

from keras_pix2pix.callbacks.recorder import Batches
from keras_pix2pix.data import Labels, OwnCondition, PairDataset, PictureCondition
from keras_pix2pix.data.files.formats import Format
from keras_pix2pix.keras_private import layers_inside

# Parts of every config that say nothing about a training.
LEFT_OUT = ("name", "dtype", "trainable", "ema_momentum", "ema_overwrite_frequency", "jit_compile")
COMPILED = (
    "adversarial_loss",
    "reconstruction_loss",
    "reconstruction_weight",
    "update",
    "ema",
    "generator_terms",
    "discriminator_terms",
)


def settings(model: keras.Model, data: Batches) -> dict[str, dict[str, str]]:
    """Return the networks, losses, optimizers, pairs and versions of a training.

    Args:
        model: a compiled `Pix2Pix`.
        data: the held-out pairs.

    Returns:
        dict of groups, each a dict of names and values as one reads them.
    """
    arguments = model.get_compile_config()
    groups = {
        "Generator": _network(model.generator),
        "Discriminator": _network(model.discriminator),
        "Losses": {_words(name): _value(arguments[name]) for name in COMPILED},
    }
    for name, optimizer in zip(("Generator", "Discriminator"), model.optimizer.optimizers):
        groups[f"Optimizer of the {name.lower()}"] = {
            "kind": type(optimizer).__name__,
            **_options(optimizer.get_config()),
        }
    groups["Held-out pairs"] = _pairs(data)
    groups["Software"] = {
        name: version(name) for name in ("keras-pix2pix", "keras", keras.backend.backend())
    }
    return groups


def _network(network: keras.Model) -> dict[str, str]:
    config = network.get_config()
    frozen = config.pop("frozen_layers", None)
    if frozen:
        config["frozen_layers"] = f"{len(frozen)} of {len(layers_inside(network)) - 1}"
    return {
        "kind": type(network).__name__,
        "weights": f"{network.count_params():,}",
        **_options(config),
    }


def _pairs(data: Batches) -> dict[str, str]:
    if not isinstance(data, PairDataset):
        return {"batches": f"{len(data)}"}
    conditions, target = data.formats
    condition = ", ".join(map(_format, conditions))
    return {
        "pairs": f"{len(data.numbers):,}",
        "size": _size(data.image_size),
        "condition": f"{condition}, {_computed(data.condition)}" if data.condition else condition,
        "target": _format(target),
    }


def _computed(condition: PictureCondition) -> str:
    """Return how conditions are computed from the targets."""
    config = condition.get_config()
    if isinstance(condition, OwnCondition):
        return f"computed by {config['function'].rpartition('>')[-1]}"
    # Two numbers are the ends of a range.
    settings = {
        name: " to ".join(map(_value, value)) if isinstance(value, tuple) else value
        for name, value in config.items()
    }
    return f"computed by {_thing({'class_name': type(condition).__name__, 'config': settings})}"


def _size(size: Any) -> str:
    return "as in the files" if size is None else f"{size[1]} pixels wide, {size[0]} high"


def _format(format: Format) -> str:
    if isinstance(format, Labels):
        return f"labels of {format.channels} classes"
    kinds = {1: "grey picture", 3: "RGB picture"}
    return kinds.get(format.channels or 0, f"picture of {format.channels} channels")


def _options(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the options of a config that are set, as one reads them."""
    return {
        _words(name): _value(value)
        for name, value in config.items()
        if name not in LEFT_OUT
        and value is not None
        and value is not False
        # Layers of a network that was made by hand.
        and not (isinstance(value, list) and any(isinstance(part, list | dict) for part in value))
    }


def _value(value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return _thing(value)
    if isinstance(value, list | tuple):
        joined = "; " if any(isinstance(part, Mapping) for part in value) else " x "
        return joined.join("any" if part is None else _value(part) for part in value)
    return str(value)


def _thing(config: Mapping[str, Any]) -> str:
    """Return a serialized object of Keras in words: its class and its options."""
    inner = config.get("config")
    name = config.get("class_name", "")
    if not isinstance(inner, Mapping):
        return str(name if inner is None else inner)
    # A function of the user has no name but its own.
    title = inner["name"] if name == "PairTerm" else name
    options = [f"{name} {value}" for name, value in _options(inner).items() if name != "function"]
    return f"{title} ({', '.join(options)})" if options else str(title)


def _words(name: str) -> str:
    return name.replace("_", " ")
