"""Which epoch of a training was kept as best.keras, and why."""

import csv
from pathlib import Path

from keras_pix2pix.callbacks.report.history import NAMES, best_epoch, history_of_table
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


def sentence(epoch: int, epochs: int, measure: str) -> str:
    """Return which epoch was kept, counted from 1, and why."""
    extreme = "highest" if MEASURES[measure] is max else "lowest"
    name = NAMES.get(measure, measure.replace("_", " "))
    return (
        f"best.keras is epoch {epoch} of {epochs}, which has the {extreme} {name} on the "
        f"held-out pairs (--monitor {measure})"
    )


def of_model(model: Path) -> str:
    """Return a sentence that says which epoch of its training a model is.

    Args:
        model: `Path` of the model.

    Returns:
        str, empty if it is not known.
    """
    history = history_of_table(model.parent / "losses.csv")
    measure = settings.beside(model).get("monitor")
    best = best_epoch(history, measure) if measure in MEASURES else None
    if best is None or model.name not in ("best.keras", "model.keras"):
        return ""
    text = sentence(best[0], len(history), str(measure))
    return f"model.keras is the last epoch; {text}" if model.name == "model.keras" else text
