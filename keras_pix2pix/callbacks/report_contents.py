"""What a report says about a model: its settings, and its best and worst results."""

import json
from importlib.metadata import version
from typing import Any

import keras
import numpy as np
from PIL import Image

from keras_pix2pix.callbacks.recorder import Batches
from keras_pix2pix.data.loading.drawing import draw_pairs


def best_and_worst(model: keras.Model, data: Batches, pairs: int) -> list[tuple[str, Image.Image]]:
    """Draw the results with the smallest and with the largest mean distance from their targets.

    Args:
        model: a `Pix2Pix`.
        data: a `PairDataset`, or a sequence of batches `(conditions, targets)`.
        pairs: int, how many of the best and how many of the worst.

    Returns:
        List of two tuples of a title and a `PIL.Image.Image`.
    """
    best: list[tuple[Any, ...]] = []
    worst: list[tuple[Any, ...]] = []
    for index in range(len(data)):
        conditions, targets, *weights = data[index]
        generated = model.predict_on_batch(conditions)
        differences = np.abs(generated - targets)
        if weights:
            # What no one knows does not count.
            differences = differences * weights[0]
        distances = differences.mean(axis=(1, 2, 3))
        rows = list(zip(distances.tolist(), conditions, targets, generated))
        best = sorted([*best, *rows], key=lambda row: row[0])[:pairs]
        worst = sorted([*worst, *rows], key=lambda row: -row[0])[:pairs]
    return [
        (f"{name}: mean distance from the target, for pixels in [-1, 1]", _drawn(model, rows))
        for name, rows in (("best", best), ("worst", worst))
    ]


def _drawn(model: keras.Model, rows: list[tuple[Any, ...]]) -> Image.Image:
    distances, *images = zip(*rows)
    title = ",  ".join(f"{distance:.3f}" for distance in distances)
    return draw_pairs(model.formats, *map(np.stack, images), title=title)


def settings(model: keras.Model, data: Batches) -> dict[str, str]:
    """Return the networks, losses, optimizers and versions of a training.

    Args:
        model: a compiled `Pix2Pix`.
        data: the held-out pairs.
    """
    arguments = model.get_compile_config()
    rows = {
        "generator": _network(model.generator),
        "discriminator": _network(model.discriminator),
    }
    for name in (
        "adversarial_loss",
        "reconstruction_loss",
        "reconstruction_weight",
        "update",
        "ema",
    ):
        value = "none" if arguments[name] is None else arguments[name]
        rows[name.replace("_", " ")] = value if isinstance(value, str) else json.dumps(value)
    for name in ("generator_terms", "discriminator_terms"):
        rows[name.replace("_", " ")] = "; ".join(map(_term, arguments[name])) or "none"
    for name, optimizer in zip(("generator", "discriminator"), model.optimizer.optimizers):
        options = _plain_options(optimizer.get_config())
        rows[f"{name} optimizer"] = f"{type(optimizer).__name__}, {options}"
    rows["held-out pairs"] = str(data) if hasattr(data, "formats") else f"{len(data)} batches"
    rows["software"] = ", ".join(
        f"{name} {version(name)}" for name in ("keras-pix2pix", "keras", keras.backend.backend())
    )
    return rows


def _network(network: keras.Model) -> str:
    options = _plain_options(network.get_config())
    return f"{type(network).__name__}, {network.count_params():,} parameters, {options}"


def _term(config: dict[str, Any]) -> str:
    options = config["config"]
    return f"{options['name']} ({config['class_name']}, {_plain_options(options)})"


def _plain_options(config: dict[str, Any]) -> str:
    """Return the options of a config that are numbers or strings."""
    return ", ".join(
        f"{name}={value}"
        for name, value in config.items()
        if isinstance(value, int | float | str) and name != "name"
    )
