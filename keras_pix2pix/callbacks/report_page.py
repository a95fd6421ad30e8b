"""A page about a training, in one file."""

import base64
import html
import io
import json
import re
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from keras_pix2pix.data.files.writing import atomic_path
from keras_pix2pix.data.loading.drawing import draw_pairs

# Of a long training, so many pictures are shown, from the first to the last.
PICTURES = 24
HISTORY = re.compile(r'<script id="history" type="application/json">(.*?)</script>', re.DOTALL)


def require_matplotlib():
    """Raise `ImportError`, saying what to install, if the curves cannot be drawn."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "The report's curves need matplotlib: pip install 'keras-pix2pix[report]'"
        ) from error


def write(path, model, data, history, pictures, results, numbers=None):
    """Write the page.

    Args:
        path: path of the page; its folder is made if it is missing.
        model: a compiled `Pix2Pix`.
        data: the held-out pairs.
        history: list of a dict an epoch, of numbers; `epoch`, `step` and `minutes` are among them.
            Empty for a model of whose training nothing is known.
        pictures: list of paths of pictures, in order.
        results: list of pairs of a title and a `PIL.Image.Image`.
        numbers: dict of the numbers to show. Defaults to `None`, those of the last epoch.
    """
    path = Path(path)
    chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), PICTURES)).round().astype(int)
    parts = {
        "heading": html.escape(path.stem),
        "settings": _table(settings(model, data).items()),
        "curves": _curves(history) if history else "<p>No training was recorded.</p>",
        "numbers": _numbers(numbers or history[-1]),
        "pictures": _slider([pictures[i] for i in chosen]),
        "results": "".join(_figure(page, title) for title, page in results),
        # A closing tag inside the data would end the script.
        "history": json.dumps(history).replace("<", "\\u003c"),
    }
    with atomic_path(path) as temporary:
        temporary.write_text(PAGE.format_map(parts), encoding="utf-8")


def read_history(path):
    """The history that a page was written with; empty where it has none."""
    found = HISTORY.search(Path(path).read_text(encoding="utf-8", errors="replace"))
    return json.loads(found[1]) if found else []


def best_and_worst(model, data, pairs):
    """The held-out results that are nearest to their targets, and the farthest.

    Args:
        model: a `Pix2Pix`.
        data: sequence of batches `(conditions, targets)`.
        pairs: int, how many of each.

    Returns:
        List of pairs of a title and a `PIL.Image.Image`.
    """
    best, worst = [], []
    for index in range(len(data)):
        conditions, targets = data[index]
        generated = model.predict_on_batch(conditions)
        distances = np.abs(generated - targets).mean(axis=(1, 2, 3))
        rows = list(zip(distances.tolist(), conditions, targets, generated))
        best = sorted([*best, *rows], key=lambda row: row[0])[:pairs]
        worst = sorted([*worst, *rows], key=lambda row: -row[0])[:pairs]
    return [
        (f"{name}: mean distance from the target, for pixels in [-1, 1]", _sheet(model, rows))
        for name, rows in (("best", best), ("worst", worst))
    ]


def _sheet(model, rows):
    distances, *images = zip(*rows)
    title = ",  ".join(f"{distance:.3f}" for distance in distances)
    return draw_pairs(model.formats, *map(np.stack, images), title=title)


def settings(model, data):
    """What was trained, how, on what: dict of strings."""
    arguments = model.get_compile_config()
    rows = {
        "generator": _network(model.generator),
        "discriminator": _network(model.discriminator),
    }
    for name in ("adversarial_loss", "reconstruction_loss", "reconstruction_weight", "update"):
        value = arguments[name]
        rows[_spoken(name)] = value if isinstance(value, str) else json.dumps(value)
    for name, optimizer in zip(("generator", "discriminator"), model.optimizer.optimizers):
        rows[f"{name} optimizer"] = f"{type(optimizer).__name__}, {_plain(optimizer.get_config())}"
    rows["held-out pairs"] = str(data) if hasattr(data, "formats") else f"{len(data)} batches"
    rows["software"] = ", ".join(
        f"{name} {version(name)}" for name in ("keras-pix2pix", "keras", keras.backend.backend())
    )
    return rows


def _network(network):
    options = _plain(network.get_config())
    return f"{type(network).__name__}, {network.count_params():,} parameters, {options}"


def _plain(config):
    """The numbers and words of a config."""
    plain = {k: v for k, v in config.items() if isinstance(v, int | float | str) and k != "name"}
    return ", ".join(f"{name}={value}" for name, value in plain.items())


def _table(rows, header=()):
    lines = [f"<th>{html.escape(str(cell))}</th>" for cell in header]
    body = ["".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in ["".join(lines), *body]) + "</table>"


def _names(history):
    """What was measured, without the prefix of held-out pairs, in order of appearance."""
    known = ("epoch", "step", "minutes")
    return list(
        dict.fromkeys(k.removeprefix("val_") for row in history for k in row if k not in known)
    )


def _spoken(name):
    return name.replace("_", " ")


def _numbers(last):
    """The last value of everything, and of held-out pairs."""

    def shown(name):
        return f"{last[name]:.4g}" if name in last else ""

    rows = [(_spoken(name), shown(name), shown(f"val_{name}")) for name in _names([last])]
    title = [f"epoch {last['epoch']}"] if "epoch" in last else []
    title += [f"step {last['step']}"]
    title += [f"{last['minutes']:.1f} minutes"] if "minutes" in last else []
    return _table(rows, (", ".join(title), "training", "held out"))


def _curves(history):
    """Everything that was measured over the epochs, an SVG each."""
    return "".join(_curve(history, name) for name in _names(history))


def _curve(history, name):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 2.6), layout="constrained")
    ax = figure.subplots()
    for key, label in ((name, "training"), (f"val_{name}", "held out")):
        points = [(row["epoch"], row[key]) for row in history if key in row]
        if points:
            ax.plot(*zip(*points), marker="." if len(points) < 30 else "", label=label)
    ax.set_title(_spoken(name), fontsize=10)
    ax.set_xlabel("epoch")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :]


def _slider(paths):
    if not paths:
        return "<p>No pictures were kept. HTMLReport shows those of a SampleGrid.</p>"
    pages = []
    for path in paths:
        with Image.open(path) as page:
            pages.append(_image(page.convert("RGB"), path.stem))
    last = len(pages) - 1
    return (
        f'<input type="range" min="0" max="{last}" value="{last}" aria-label="step">'
        f'<div id="pictures">{"".join(pages)}</div>'
    )


def _figure(page, title):
    return f"<figure><figcaption>{html.escape(title)}</figcaption>{_image(page, title)}</figure>"


def _image(page, title):
    file = io.BytesIO()
    page.save(file, "WEBP", quality=85)
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
