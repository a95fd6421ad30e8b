"""`save_card`: a page that says what a model does, how good it is, and on what it was trained."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from keras_pix2pix.data import Labels, PairDataset
from keras_pix2pix.data.loading.drawing import draw_pairs, spread
from keras_pix2pix.metrics import PSNR, SSIM, LabelScores
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.types import PathLike

MAX_PICTURES = 8
MEANINGS = {
    "l1": "mean distance from the target, for pixels in [-1, 1]; lower is better",
    "psnr": "peak signal-to-noise ratio in dB; higher is better",
    "ssim": "structural similarity, at most 1; higher is better",
    "pixel_accuracy": "share of the pixels with the correct class; higher is better",
    "class_accuracy": "mean of the accuracies of the classes; higher is better",
    "mean_iou": "mean intersection over union of the classes; higher is better",
}
CARD = """\
---
library_name: keras
pipeline_tag: image-to-image
tags:
- keras-pix2pix
- pix2pix
{license_line}---

# {title}

A pix2pix model: it generates a picture from a condition, and was trained on pairs of both.

![Conditions, targets and generated pictures](held_out.png)

*Held-out pairs, which were not used for training: condition, target, generated picture.*

## Use

```python
import keras
import keras_pix2pix  # pip install "keras-pix2pix[tensorflow]"

model = keras.saving.load_model("hf://{name}")
picture = model.translate("condition.png")
```

| | pixel format |
| --- | --- |
{formats}

## Training

{trained_on}

- Generator: {generator} with {parameters:,} parameters.
- Saved with keras-pix2pix and Keras {keras}.

## Measures

Of {count} held-out pairs:

| measure | value | meaning |
| --- | --- | --- |
{measures}

## Limits

The model knows only pairs like those of its training. It can generate details that are not in the
condition, and that are wrong. Do not measure in generated pictures. Do not use them as evidence.

## License

{license}
"""


def save_card(
    model: Pix2Pix,
    folder: PathLike,
    data: PairDataset | Sequence[Any],
    name: str = "user/model",
    trained_on: str | None = None,
    license: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a model card: the page of a model on the Hugging Face Hub, with pictures and measures.

    The folder gets the files `README.md` and `held_out.png`. The measures are L1, PSNR and SSIM, or
    the scores of the classes for label maps.

    Args:
        model: a `Pix2Pix`.
        folder: path of the folder to write to. It is created if it is missing.
        data: a `PairDataset` of held-out pairs, or a sequence of batches `(conditions, targets)`.
        name: str, the name of the model on the Hub, such as `"user/outline-to-picture"`. Defaults
            to `"user/model"`.
        trained_on: str, a sentence about the training pairs: their source, number and license.
            Defaults to `None`: the card says that it is not known.
        license: str, the identifier of the license of the model, such as `"apache-2.0"`. Defaults
            to `None`: the card says that there is none.
        overwrite: bool, whether existing files are replaced. Defaults to `False`.

    Returns:
        `pathlib.Path` of the folder.

    Raises:
        FileExistsError: if the folder has a `README.md` or `held_out.png`.
        ValueError: if `model` is not a `Pix2Pix`, or if `data` is empty.

    Example:

    ```python
    kp.save_card(
        model,
        "card/",
        val,
        name="user/outline-to-picture",
        trained_on="320 drawings of Fluent Emoji (MIT license).",
        license="apache-2.0",
    )
    ```
    """
    if not isinstance(model, Pix2Pix):
        raise ValueError(
            f"save_card takes a keras_pix2pix.Pix2Pix. Received: {type(model).__name__}"
        )
    if len(data) == 0:
        raise ValueError("data must have held-out pairs. Received: no batches")
    folder = Path(folder).expanduser()
    existing = [file for file in ("README.md", "held_out.png") if (folder / file).exists()]
    if existing and not overwrite:
        raise FileExistsError(
            f"{folder / existing[0]} exists already. Use another folder, or overwrite=True."
        )
    count, measures, picture = _judge(model, data)
    card = CARD.format(
        license_line=f"license: {license}\n" if license else "",
        title=name.rsplit("/")[-1],
        name=name,
        formats="\n".join(_format_rows(model)),
        trained_on=trained_on or "The training pairs are not stated.",
        generator=type(model.generator).__name__,
        parameters=model.generator.count_params(),
        keras=keras.__version__,
        count=count,
        measures="\n".join(
            f"| {key} | {value:.4g} | {MEANINGS[key]} |" for key, value in measures.items()
        ),
        license=license or "No license is stated. Ask the authors before you use the model.",
    )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".card-") as temporary:
        Path(temporary, "README.md").write_text(card, encoding="utf-8")
        picture.save(Path(temporary, "held_out.png"))
        for file in ("held_out.png", "README.md"):
            Path(temporary, file).replace(folder / file)
    return folder


def _judge(
    model: Pix2Pix, data: PairDataset | Sequence[Any]
) -> tuple[int, dict[str, float], Image.Image]:
    """Return the number of pairs, the measures, and a picture of pairs from all over the set."""
    count = 0
    metrics = _metrics(model, *data[0][1].shape[1:3])
    shown = spread(len(data), MAX_PICTURES)
    rows: list[tuple[Any, ...]] = []
    for index in range(len(data)):
        conditions, targets, *weights = data[index]
        generated = model.predict_on_batch(conditions)
        if weights:
            # Pixels without data count as correct.
            generated = np.where(weights[0] == 0, targets, generated)
        count += len(targets)
        for metric in metrics:
            if isinstance(metric, LabelScores):
                metric.update_state(conditions, targets, generated)
            else:
                metric.update_state(targets, generated)
        row = conditions[0], targets[0], generated[0]
        # One picture holds images of one size.
        if index in shown and (not rows or row[0].shape == rows[0][0].shape):
            rows.append(row)
    values: dict[str, float] = {}
    for metric in metrics:
        result = metric.result()
        values |= result if isinstance(result, dict) else {metric.name: result}
    drawn = draw_pairs(model.formats, *map(np.stack, zip(*rows)))
    return count, {key: float(value) for key, value in values.items()}, drawn


def _metrics(model: Pix2Pix, height: int, width: int) -> list[keras.metrics.Metric]:
    target = model.formats[1]
    if isinstance(target, Labels):
        return [LabelScores(target.channels)]
    found = [keras.metrics.MeanAbsoluteError(name="l1"), PSNR()]
    return [*found, SSIM()] if min(height, width) >= SSIM.smallest else found


def _format_rows(model: Pix2Pix) -> list[str]:
    conditions, target = model.formats
    names = [f"condition {i + 1}" for i in range(len(conditions))]
    names = names if len(names) > 1 else ["condition"]
    rows = zip([*names, "picture"], [*conditions, target])
    return [f"| {name} | `{format!r}` |" for name, format in rows]
