"""The HTML page about a training, in one file."""

import base64
import html
import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from keras_pix2pix.callbacks.recorder import Batches
from keras_pix2pix.callbacks.report_contents import settings
from keras_pix2pix.data.files.writing import atomic_path
from keras_pix2pix.types import PathLike

# At most this many pictures are shown, evenly spaced from the first to the last.
MAX_PICTURES = 24
HISTORY = re.compile(r'<script id="history" type="application/json">(.*?)</script>', re.DOTALL)


def require_matplotlib() -> None:
    """Raise an `ImportError` that says what to install, if matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "The report's curves need matplotlib: pip install 'keras-pix2pix[report]'"
        ) from error


def write(
    path: PathLike,
    model: keras.Model,
    data: Batches,
    history: list[dict[str, float]],
    pictures: Sequence[Path],
    results: Sequence[tuple[str, Image.Image]],
    numbers: dict[str, float] | None = None,
) -> None:
    """Write the page.

    Args:
        path: path of the page. Its folder is created if it does not exist.
        model: a compiled `Pix2Pix`.
        data: the held-out pairs.
        history: list of a dict of numbers for each epoch, with `epoch`, `step` and `minutes`. It is
            empty if nothing is known about the training.
        pictures: sequence of the paths of pictures, in the order of the training.
        results: sequence of tuples of a title and a `PIL.Image.Image`.
        numbers: dict of the numbers in the table. Defaults to `None`: those of the last epoch.
    """
    path = Path(path)
    chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), MAX_PICTURES)).round().astype(int)
    parts = {
        "heading": html.escape(path.stem),
        "settings": _table(settings(model, data).items()),
        "curves": _curves(history) if history else "<p>No training was recorded.</p>",
        "numbers": _numbers(numbers or history[-1]),
        "pictures": _slider([pictures[i] for i in chosen]),
        "results": "".join(_figure(picture, title) for title, picture in results),
        # A closing tag inside the data would end the script.
        "history": json.dumps(history).replace("<", "\\u003c"),
    }
    with atomic_path(path) as temporary:
        temporary.write_text(PAGE.format_map(parts), encoding="utf-8")


def read_history(path: PathLike) -> list[dict[str, float]]:
    """Return the history that a page was written with. It is empty if the page has none."""
    found = HISTORY.search(Path(path).read_text(encoding="utf-8", errors="replace"))
    return json.loads(found[1]) if found else []


def _table(rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> str:
    lines = [f"<th>{html.escape(cell)}</th>" for cell in header]
    body = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in ["".join(lines), *body]) + "</table>"


def _measured(history: Iterable[dict[str, float]]) -> list[str]:
    """Return the names of losses and metrics, without the prefix `val_`."""
    names = [name.removeprefix("val_") for row in history for name in row]
    return [name for name in dict.fromkeys(names) if name not in ("epoch", "step", "minutes")]


def _as_words(name: str) -> str:
    return name.replace("_", " ")


def _numbers(last: dict[str, float]) -> str:
    """Return a table of losses and metrics, in training and of held-out pairs."""

    def cell(name: str) -> str:
        return f"{last[name]:.4g}" if name in last else ""

    rows = [(_as_words(name), cell(name), cell(f"val_{name}")) for name in _measured([last])]
    title = [f"epoch {last['epoch']}"] if "epoch" in last else []
    title += [f"step {last['step']}"]
    title += [f"{last['minutes']:.1f} minutes"] if "minutes" in last else []
    return _table(rows, (", ".join(title), "training", "held out"))


def _curves(history: list[dict[str, float]]) -> str:
    """Return a curve over the epochs for each loss and metric."""
    return "".join(_curve(history, name) for name in _measured(history))


def _curve(history: list[dict[str, float]], name: str) -> str:
    """Return an SVG of a number in training and of held-out pairs."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    # Fixed margins: a layout that matplotlib computes takes twice as long.
    figure = Figure(figsize=(4, 2.6))
    figure.subplots_adjust(left=0.17, right=0.97, bottom=0.19, top=0.9)
    ax = figure.subplots()
    for key, label in ((name, "training"), (f"val_{name}", "held out")):
        points = [(row["epoch"], row[key]) for row in history if key in row]
        if points:
            ax.plot(*zip(*points), marker="." if len(points) < 30 else "", label=label)
    ax.set_title(_as_words(name), fontsize=10)
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3)
    # A fixed place: matplotlib takes long to find the best one, and warns if it takes too long.
    ax.legend(loc="upper right", fontsize=8)
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :]


def _slider(paths: Sequence[Path]) -> str:
    if not paths:
        return "<p>There are no pictures. HTMLReport shows the pictures of a SampleGrid.</p>"
    images = []
    for path in paths:
        with Image.open(path) as picture:
            images.append(_image(picture.convert("RGB"), path.stem))
    last = len(images) - 1
    return (
        f'<input type="range" min="0" max="{last}" value="{last}" aria-label="step">'
        f'<div id="pictures">{"".join(images)}</div>'
    )


def _figure(picture: Image.Image, title: str) -> str:
    return f"<figure><figcaption>{html.escape(title)}</figcaption>{_image(picture, title)}</figure>"


def _image(picture: Image.Image, title: str) -> str:
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=85)
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="{html.escape(title)}" src="data:image/webp;base64,{data}">'


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{heading}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem }}
body {{ max-width: 75rem }}
table {{ border-collapse: collapse }}
td, th {{ padding: 0.15rem 1rem 0.15rem 0; text-align: left; vertical-align: top }}
tr + tr td {{ border-top: 1px solid #ddd }}
td {{ font-variant-numeric: tabular-nums }}
#settings td {{ overflow-wrap: anywhere }}
#curves {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)) }}
img, svg {{ max-width: 100%; height: auto }}
input {{ width: 100% }}
figure {{ margin: 1rem 0 }}
</style>
</head>
<body>
<h1>{heading}</h1>
<h2>Numbers</h2>
{numbers}
<h2>Curves</h2>
<div id="curves">{curves}</div>
<h2>Pictures</h2>
{pictures}
<h2>Held-out results</h2>
{results}
<h2>Settings</h2>
<div id="settings">{settings}</div>
<script id="history" type="application/json">{history}</script>
<script>
const slider = document.querySelector("input");
const pictures = document.querySelectorAll("#pictures img");
const show = () => pictures.forEach((p, i) => p.hidden = i != slider.value);
if (slider) {{ slider.oninput = show; show(); }}
</script>
</body>
</html>
"""
