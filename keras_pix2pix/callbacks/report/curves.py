"""The curves of a report, as SVG that takes its colors from the page."""

import html
import io
import re
from collections.abc import Sequence
from typing import Any

from keras_pix2pix.callbacks.report.history import Row, in_words

# What matplotlib draws with, and what the page puts in its place, in light and in dark.
COLORS = {
    "#010101": "currentColor",
    "#020202": "var(--training)",
    "#030303": "var(--held-out)",
    "#040404": "var(--line)",
}
INK, TRAINING, HELD_OUT, LINE = COLORS
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "font.size": 9,
}


def require_matplotlib() -> None:
    """Raise an `ImportError` that says what to install, if matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "The report's curves need matplotlib: pip install 'keras-pix2pix[report]'"
        ) from error


def curve(history: Sequence[Row], name: str, marked: int | None = None) -> str:
    """Return an SVG of a number in training and of held-out pairs, over the epochs.

    Args:
        history: sequence of a dict of numbers for each epoch.
        name: str, of a loss or metric, without the prefix `val_`.
        marked: int, an epoch to mark. Defaults to `None`.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with matplotlib.rc_context(STYLE):
        # Fixed margins: a layout that matplotlib computes takes twice as long.
        figure = Figure(figsize=(4.2, 2.5))
        figure.patch.set_alpha(0)
        figure.subplots_adjust(left=0.14, right=0.97, bottom=0.18, top=0.87)
        ax = figure.subplots()
        ax.patch.set_alpha(0)
        for key, color in ((name, TRAINING), (f"val_{name}", HELD_OUT)):
            points = [(row["epoch"], row[key]) for row in history if key in row]
            if points:
                ax.plot(*zip(*points), color=color, marker="." if len(points) < 30 else "", lw=1.6)
        if marked is not None:
            ax.axvline(marked, color=INK, lw=0.8, ls=":")
        ax.set_title(in_words(name), fontsize=10, loc="left", fontweight="bold")
        ax.set_xlabel("epoch")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(color=LINE, lw=0.6)
        ax.set_axisbelow(True)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return _of_page(drawn.getvalue(), _described(history[-1], name))


def _described(last: Row, name: str) -> str:
    """Return what a curve shows, for who cannot see it."""
    parts = [
        f"{last[key]:.4g} {where}"
        for key, where in ((name, "in training"), (f"val_{name}", "of held-out pairs"))
        if key in last
    ]
    return f"{in_words(name)}: in the last epoch {', '.join(parts) or 'not measured'}"


def _of_page(drawn: str, label: str) -> str:
    text = drawn[drawn.index("<svg") :]
    text = re.sub("|".join(COLORS), lambda color: COLORS[color[0]], text)
    return text.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)
