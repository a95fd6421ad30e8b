"""The numbers of every epoch of a training, and which of them judges the pictures."""

import csv
import json
import math
import re
from collections.abc import Iterable
from pathlib import Path

from keras_pix2pix.types import PathLike

Row = dict[str, float]

HISTORY = re.compile(r'<script id="history" type="application/json">(.*?)</script>', re.DOTALL)
# What says how good pictures are, the best judge first, and which of two values is better.
MEASURES = {
    "mean_iou": max,
    "perceptual": min,
    "ssim": max,
    "psnr": max,
    "reconstruction_loss": min,
    "loss": min,
}
NAMES = {
    "mean_iou": "mean IoU",
    "ssim": "SSIM",
    "psnr": "PSNR",
    "perceptual": "perceptual distance",
}


def history_of_page(path: PathLike) -> list[Row]:
    """Return the history that a page was written with. It is empty if the page has none."""
    found = HISTORY.search(Path(path).read_text(encoding="utf-8", errors="replace"))
    return json.loads(found[1]) if found else []


def history_of_table(path: PathLike) -> list[Row]:
    """Return the history in a CSV file, as `train` and `keras.callbacks.CSVLogger` write it.

    Args:
        path: path of the file. Its column `epoch` counts from 0.

    Returns:
        List of a dict for each epoch, whose `epoch` counts from 1. It is empty if there is no file,
        or if the file is something else.
    """
    path = Path(path)
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    try:
        numbers = [{name: float(value) for name, value in row.items()} for row in rows]
        return [{**row, "epoch": int(row["epoch"]) + 1} for row in numbers]
    except (KeyError, TypeError, ValueError):
        return []


def measured(history: Iterable[Row]) -> list[str]:
    """Return the names of losses and metrics, without the prefix `val_`."""
    names = [name.removeprefix("val_") for row in history for name in row]
    return [name for name in dict.fromkeys(names) if name not in ("epoch", "step", "minutes")]


def measure_of(history: Iterable[Row]) -> str | None:
    """Return the name of the number that judges pictures best, if held-out pairs have one."""
    names = {name for row in history for name in row}
    return next((name for name in MEASURES if f"val_{name}" in names), None)


def finite(history: Iterable[Row], measure: str) -> list[tuple[int, float]]:
    """Return the epochs, and the measure of the held-out pairs, where it is finite."""
    name = f"val_{measure}"
    return [
        (int(row["epoch"]), row[name])
        for row in history
        if name in row and math.isfinite(row[name])
    ]


def best_epoch(history: Iterable[Row], measure: str) -> tuple[int, float] | None:
    """Return the first epoch with the best measure of the held-out pairs, and the measure."""
    values = finite(history, measure)
    return MEASURES[measure](values, key=lambda row: row[1]) if values else None


def in_words(name: str) -> str:
    """Return the name of a loss or metric as one reads it."""
    return NAMES.get(name, name.replace("_", " "))
