"""The HTML page about a training, in one file. What it looks like is in page.html beside it."""

import base64
import html
import io
import json
import string
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from keras_pix2pix.callbacks.recorder import Batches
from keras_pix2pix.callbacks.report.baselines import Baselines
from keras_pix2pix.callbacks.report.curves import curve
from keras_pix2pix.callbacks.report.history import Row, best_epoch, in_words, measure_of, measured
from keras_pix2pix.callbacks.report.results import Result, Results
from keras_pix2pix.callbacks.report.settings import settings
from keras_pix2pix.callbacks.report.verdict import Finding, verdict
from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.files.writing import atomic_path
from keras_pix2pix.types import PathLike

FILES = Path(__file__).parent
# At most this many pictures are shown, evenly spaced from the first to the last.
MAX_PICTURES = 24
# The longer side of a picture on the page, in pixels.
MAX_SIDE = 512
# Smaller pictures are shown with their pixels.
SMALL_SIDE = 96
# The curves that are not folded, after that of the measure.
MAIN_CURVES = ("reconstruction_loss", "discriminator_loss")


def write(
    path: PathLike,
    model: keras.Model,
    data: Batches,
    history: Sequence[Row] = (),
    pictures: Sequence[Path] = (),
    results: Results | None = None,
    numbers: Row | None = None,
    baselines: Baselines | None = None,
    measure: str | None = None,
    kept: str | None = None,
) -> None:
    """Write the page.

    Args:
        path: path of the page. Its folder is created if it does not exist.
        model: a compiled `Pix2Pix`.
        data: the held-out pairs.
        history: sequence of a dict of numbers for each epoch, with `epoch`, and `step` and
            `minutes` if they are known. Defaults to `()`: nothing is known about the training.
        pictures: sequence of the paths of pictures, in the order of the training. Defaults to `()`.
        results: `Results` for the held-out pairs. Defaults to `None`.
        numbers: dict of the numbers in the table. Defaults to `None`: those of the last epoch.
        baselines: `Baselines`. Defaults to `None`.
        measure: str, which number judges the pictures. Defaults to `None`: the best one that there
            is.
        kept: str, the name of the file with the best epoch. Defaults to `None`.
    """
    path = Path(path)
    measure = measure or measure_of(history)
    numbers = numbers or (dict(history[-1]) if history else {})
    title = _title(path)
    parts = {
        "title": html.escape(title),
        "style": (FILES / "page.css").read_text(),
        "script": (FILES / "page.js").read_text(),
        "facts": _facts(history, numbers, model, data),
        "verdict": "".join(map(_finding, verdict(history, measure, kept, baselines))),
        "results": _results(results),
        "samples": _player(_evenly(pictures), history),
        "ends": _ends(results),
        "curves": _curves(history, measure),
        "numbers": _numbers(numbers),
        "settings": _settings(settings(model, data)),
        # A closing tag inside the data would end the script.
        "history": json.dumps(list(history)).replace("<", "\\u003c"),
    }
    page = string.Template((FILES / "page.html").read_text()).substitute(parts)
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _title(path: Path) -> str:
    """Return the name of a page, or of its folder if every page has that name."""
    return path.resolve().parent.name if path.stem in ("report", "index", "page") else path.stem


def _facts(history: Sequence[Row], numbers: Row, model: keras.Model, data: Batches) -> str:
    """Return how long the training was, and what was trained, in one line."""
    last = history[-1] if history else {}
    facts = []
    if "epoch" in last:
        facts.append(f"{last['epoch']:.0f} epochs")
    if "step" in numbers:
        facts.append(f"{numbers['step']:,.0f} steps")
    if "minutes" in last:
        facts.append(f"{last['minutes']:.1f} minutes")
    if isinstance(data, PairDataset):
        facts.append(f"{len(data.numbers):,} held-out pairs")
    kind = type(model.generator).__name__
    facts.append(f"{kind} of {model.generator.count_params():,} weights")
    return html.escape(" · ".join(facts))


def _finding(finding: Finding) -> str:
    return (
        f'<li class="{finding.kind}"><strong>{html.escape(finding.headline)}.</strong> '
        f"{html.escape(finding.text)}</li>"
    )


def _section(title: str, content: str, note: str = "") -> str:
    words = f"<p>{html.escape(note)}</p>" if note else ""
    return f"<section><h2>{html.escape(title)}</h2>{words}{content}</section>" if content else ""


def _results(results: Results | None) -> str:
    """Return the results from all parts of the set."""
    if results is None:
        return ""
    return _section("Held-out pairs", _sheet(results.spread), "From all parts of the set.")


def _ends(results: Results | None) -> str:
    """Return the best and the worst results."""
    if results is None:
        return ""
    note = "The percentage is the error: 0 % is the target itself."
    return _section("Best results", _sheet(results.best), note) + _section(
        "Worst results", _sheet(results.worst), note
    )


def _sheet(results: Sequence[Result]) -> str:
    return f'<div class="sheet">{"".join(map(_result, results))}</div>'


def _result(result: Result) -> str:
    error = f"{result.error:.1%}"
    images = "".join(
        f"<div>{_image(Image.fromarray(pixels), f'{name}, error {error}')}<span>{name}</span></div>"
        for name, pixels in result.images
    )
    return f"<figure>{images}<figcaption>{error}</figcaption></figure>"


def _evenly(pictures: Sequence[Path]) -> list[Path]:
    chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), MAX_PICTURES)).round().astype(int)
    return [pictures[i] for i in chosen]


def _player(paths: Sequence[Path], history: Sequence[Row]) -> str:
    """Return pictures that are looked at one after another."""
    if not paths:
        return ""
    epochs = {row["step"]: row["epoch"] for row in history if "step" in row}
    images = []
    for path in paths:
        step = int(path.stem.removeprefix("step_"))
        epoch = f"epoch {epochs[step]:.0f}, " if step in epochs else ""
        with Image.open(path) as picture:
            images.append(_image(picture.convert("RGB"), f"{epoch}step {step:,}", MAX_SIDE * 3))
    last = len(images) - 1
    controls = (
        '<div class="controls"><button type="button">Play</button>'
        f'<input type="range" min="0" max="{last}" value="{last}" aria-label="Time">'
        "<output></output></div>"
    )
    content = (
        f'<div class="player">{controls if last else ""}'
        f'<div class="wide" tabindex="0" role="group" aria-label="Pictures">{"".join(images)}</div>'
        "</div>"
    )
    return _section("While it was trained", content)


def _image(picture: Image.Image, title: str, side: int = MAX_SIDE) -> str:
    small = max(picture.size) <= SMALL_SIDE
    picture.thumbnail((side, side))
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=85)
    data = base64.b64encode(file.getvalue()).decode()
    kind = ' class="small"' if small else ""
    return f'<img{kind} alt="{html.escape(title)}" src="data:image/webp;base64,{data}">'


def _curves(history: Sequence[Row], measure: str | None) -> str:
    """Return the curves that matter, and the others folded."""
    names = measured(history)
    if not history or not names:
        return ""
    best = best_epoch(history, measure) if measure else None
    marked = best[0] if best else None
    main = [name for name in dict.fromkeys((measure, *MAIN_CURVES)) if name in names] or names[:1]
    rest = [name for name in names if name not in main]
    shown, folded = (
        "".join(curve(history, name, marked) for name in some if name) for some in (main, rest)
    )
    legend = (
        '<p class="legend"><span class="training">training</span>'
        '<span class="held-out">held-out pairs</span>'
        f"{f'<span>dotted: best epoch, {marked}</span>' if marked else ''}</p>"
    )
    more = (
        _folded(f"{len(rest)} more curves", f'<div class="curves">{folded}</div>') if rest else ""
    )
    return _section("Curves", f'{legend}<div class="curves">{shown}</div>{more}')


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{html.escape(title)}</summary>{content}</details>"


def _numbers(numbers: Row) -> str:
    """Return a table of losses and metrics, in training and of held-out pairs."""

    def cell(name: str) -> str:
        return f"<td>{numbers[name]:.4g}</td>" if name in numbers else "<td></td>"

    def row(name: str) -> str:
        title = f'<th scope="row">{html.escape(in_words(name))}</th>'
        return f"<tr>{title}{cell(name)}{cell(f'val_{name}')}</tr>"

    names = measured([numbers])
    if not names:
        return ""
    header = '<tr><td></td><th scope="col">training</th><th scope="col">held out</th></tr>'
    return _folded("All numbers", f"<table>{header}{''.join(map(row, names))}</table>")


def _settings(groups: Mapping[str, Mapping[str, str]]) -> str:
    parts = "".join(
        f"<div><h3>{html.escape(title)}</h3><dl>{_pairs(rows.items())}</dl></div>"
        for title, rows in groups.items()
    )
    return _folded("Settings", f'<div class="settings">{parts}</div>')


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in rows
    )
