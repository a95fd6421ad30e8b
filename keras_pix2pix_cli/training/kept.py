"""Which epoch of a training was kept as best.keras, and why."""

import csv
import math
from collections.abc import Iterable
from pathlib import Path

from keras_pix2pix_cli.options.training_options import MEASURES
from keras_pix2pix_cli.training import settings


def read_rows(path: Path) -> list[dict[str, float]]:
    """Read losses.csv: a dict of `epoch` (counted from 0) and of all losses for each epoch."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [
            {name: float(value) for name, value in row.items()} | {"epoch": int(row["epoch"])}
            for row in csv.DictReader(file)
        ]


def best_row(rows: Iterable[dict[str, float]], measure: str) -> dict[str, float] | None:
    """Return the epoch with the best value of a measure on the held-out pairs, the first of equals.

    Args:
        rows: dicts of the numbers of the epochs.
        measure: str, one of `MEASURES`.

    Returns:
        One of the rows, or `None` if none of them has a finite value.
    """
    name = f"val_{measure}"
    finite = [row for row in rows if math.isfinite(row.get(name, math.nan))]
    return MEASURES[measure](finite, key=lambda row: row[name]) if finite else None


def sentence(epoch: int, epochs: int, measure: str) -> str:
    """Return which epoch was kept, counted from 1, and why."""
    extreme = "highest" if MEASURES[measure] is max else "lowest"
    return (
        f"best.keras is epoch {epoch} of {epochs}, which has the {extreme} {measure} on the "
        f"held-out pairs (--monitor {measure})"
    )


def of_model(model: Path) -> str:
    """Return a sentence that says which epoch of its training a model is.

    Args:
        model: `Path` of the model.

    Returns:
        str, empty if it is not known.
    """
    rows = read_rows(model.parent / "losses.csv")
    measure = settings.beside(model).get("monitor")
    best = best_row(rows, measure) if measure in MEASURES else None
    if best is None or model.name not in ("best.keras", "model.keras"):
        return ""
    text = sentence(int(best["epoch"]) + 1, len(rows), str(measure))
    return f"model.keras is the last epoch; {text}" if model.name == "model.keras" else text
