"""What a page says first: how a training went, and whether its pictures are worth something."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_pix2pix.callbacks.report.baselines import Baselines
from keras_pix2pix.callbacks.report.history import (
    MEASURES,
    Row,
    best_epoch,
    finite,
    in_words,
)

# Fewer epochs show no trend.
MIN_EPOCHS = 6
# Share of all that a measure has changed, which counts as a change at the end.
CHANGE = 0.1
# The discriminator has won if it is right more often than this, on both kinds of patches.
WON = 0.99


class Finding(NamedTuple):
    """One sentence or two about a training.

    Attributes:
        kind: str, `"good"`, `"bad"` or `"note"`.
        headline: str, the finding in a few words.
        text: str, what it means, with numbers.
    """

    kind: str
    headline: str
    text: str


def verdict(
    history: Sequence[Row],
    measure: str | None,
    kept: str | None = None,
    baselines: Baselines | None = None,
) -> list[Finding]:
    """Return what is to be said about a training, bad news first.

    Args:
        history: sequence of a dict of numbers for each epoch.
        measure: str, one of `MEASURES`, which judges the pictures of held-out pairs.
        kept: str, the name of the file with the best epoch. Defaults to `None`.
        baselines: `Baselines`. Defaults to `None`: they were not computed.
    """
    found = [_not_finite(history), _discriminator(history)]
    if measure is not None:
        found += [_trend(history, measure), _kept(history, measure, kept)]
    if baselines is not None:
        found.append(_compared(baselines))
    order = ("bad", "good", "note")
    return sorted(filter(None, found), key=lambda finding: order.index(finding.kind))


def _not_finite(history: Sequence[Row]) -> Finding | None:
    for row in history:
        names = [in_words(name) for name, value in row.items() if not math.isfinite(value)]
        if names:
            return Finding(
                "bad",
                f"Not a number from epoch {row['epoch']:.0f}",
                f"{', '.join(names)}: such weights cannot be used. Train with a lower learning "
                "rate.",
            )
    return None


def _discriminator(history: Sequence[Row]) -> Finding | None:
    """Say whether the discriminator was right nearly always, up to the end."""
    rows = [row for row in history if "real_accuracy" in row and "fake_accuracy" in row]
    if not rows:
        return None
    real, fake = (rows[-1][f"{kind}_accuracy"] for kind in ("real", "fake"))
    won = [min(row["real_accuracy"], row["fake_accuracy"]) > WON for row in rows]
    if not won[-1]:
        return Finding(
            "note",
            "The networks kept a balance",
            f"In the last epoch, the discriminator recognized {real:.0%} of the real and "
            f"{fake:.0%} of the generated patches.",
        )
    first = len(won) - next((i for i, w in enumerate(reversed(won)) if not w), len(won))
    return Finding(
        "bad",
        f"The discriminator won at epoch {rows[first]['epoch']:.0f}",
        "Since then it has recognized nearly all patches, and the generator learns little from it. "
        "Try adversarial_loss='lsgan', a lower learning rate of the discriminator, augmentation, "
        "or more pairs.",
    )


def _trend(history: Sequence[Row], measure: str) -> Finding | None:
    """Say whether the held-out pairs still got better at the end."""
    values = finite(history, measure)
    if len(values) < MIN_EPOCHS:
        return Finding(
            "note",
            "Too short to see a trend",
            f"{len(values)} epochs were measured. From {MIN_EPOCHS} on, this page says whether "
            "more epochs help.",
        )
    name = in_words(measure)
    better = np.array([value for _, value in values])
    if MEASURES[measure] is min:
        better = -better
    quarter = len(better) // 4
    before, last = better[-2 * quarter : -quarter].mean(), better[-quarter:].mean()
    change = CHANGE * np.ptp(better)
    place = int(better.argmax())
    epoch, best = values[place]
    if place >= len(better) - quarter and last - before > change:
        return Finding(
            "note",
            "Still improving at the end",
            f"The {name} of the held-out pairs was best at epoch {epoch} ({best:.4g}), and had "
            "still improved in the last quarter of the training. More epochs may help.",
        )
    if better[place] - last > change and place < len(better) - quarter:
        return Finding(
            "bad",
            f"Worse since epoch {epoch}",
            f"The {name} of the held-out pairs was {best:.4g} there, and {values[-1][1]:.4g} in "
            "the end. The model learns its training pairs by heart: try more pairs, augmentation, "
            "or a smaller generator.",
        )
    return Finding(
        "good",
        "Leveled off",
        f"The {name} of the held-out pairs stayed as it was in the last quarter of the training. "
        f"It was best at epoch {epoch} ({best:.4g}).",
    )


def _kept(history: Sequence[Row], measure: str, kept: str | None) -> Finding | None:
    best = best_epoch(history, measure)
    if kept is None or best is None:
        return None
    epoch, value = best
    which = "lowest" if MEASURES[measure] is min else "highest"
    return Finding(
        "note",
        f"{kept} is epoch {epoch}",
        f"It has the {which} {in_words(measure)} of the held-out pairs: {value:.4g}.",
    )


def _compared(baselines: Baselines) -> Finding:
    model, nearest, mean = baselines.model, baselines.nearest, baselines.mean
    numbers = (
        f"{baselines.unit}: {model:.1%} for the model, {nearest:.1%} for the target of the nearest "
        f"training pair, {mean:.1%} for the mean training picture."
    )
    if model < min(nearest, mean):
        return Finding("good", "Better than copying, and than the mean", numbers)
    beaten_by = "the mean training picture" if mean <= nearest else "the nearest training pair"
    return Finding(
        "bad", f"Not better than {beaten_by}", f"{numbers} Train longer, or check the pairs."
    )
