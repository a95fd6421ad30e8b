"""Draw docs/images/conditions.webp: a row for each condition that is computed from pictures.

    python tools/draw_conditions.py --steps 3000

Each row has two pictures of the embedded sample, their conditions, and what the recipe `small`
makes of them after so many steps of training on the other pictures, at 64 pixels. Without
`--steps`, there are pictures and conditions alone.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import keras_pix2pix as kp
from keras_pix2pix.data.conditions.condition import completed
from keras_pix2pix.data.sets.image_sets import SAMPLES

OUTPUT = Path(__file__).resolve().parents[1] / "docs/images/conditions.webp"
SIZE, SHOWN, GAP, TITLE = 64, (4, 20), 4, 150
CONDITIONS = (
    kp.data.EdgeDrawing(shortest=8),
    kp.data.Lightness(),
    kp.data.Gray(),
    kp.data.Holes("center"),
    kp.data.Holes("strokes"),
    kp.data.BlankRectangle(),
    kp.data.Smaller(4),
    kp.data.Noise(),
    kp.data.Noise("poisson", 10),
    kp.data.Blur(1.5),
    kp.data.JPEGArtifacts(10),
)


def main() -> None:
    """Train a model for each condition, and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, help="of training, for each row")
    args = parser.parse_args()
    rows = [row(condition, args.steps) for condition in CONDITIONS]
    Image.fromarray(np.concatenate(rows)).save(OUTPUT, quality=90)


def row(condition: kp.data.PictureCondition, steps: int | None) -> np.ndarray:
    """Return the name of a condition, pictures, conditions and perhaps results in one line."""
    train, val = (
        kp.data.PairDataset.from_pictures(
            SAMPLES / part / "render", condition, image_size=SIZE, augment=part == "train"
        )
        for part in ("train", "val")
    )
    model = None if steps is None else trained(train, steps)
    cells = [title(condition)]
    for number in SHOWN:
        encoded, target = val[number][:2]
        (condition_format,), target_format = val.formats
        shown = [completed(target_format, target, encoded)]
        if model is not None:
            generated = model.predict(encoded, verbose=0)
            shown.append(completed(target_format, generated, encoded))
        picture, *result = (target_format.as_rgb(side)[0] for side in shown)
        cells += [framed(side) for side in (picture, condition_format.as_rgb(encoded)[0], *result)]
    return np.concatenate(cells, axis=1)


def trained(train: kp.data.PairDataset, steps: int) -> kp.Pix2Pix:
    """Return a model that was trained for so many steps."""
    keras.utils.set_random_seed(0)
    model = kp.recipes.small(train, epochs=1, steps_per_epoch=steps)
    model.fit(train, epochs=1, steps_per_epoch=steps, verbose=0)
    return model


def title(condition: kp.data.PictureCondition) -> np.ndarray:
    """Return the name of a condition as a picture."""
    cell = Image.new("RGB", (TITLE, SIZE + GAP), "white")
    kind = getattr(condition, "shape", getattr(condition, "kind", None))
    text = type(condition).__name__ + (f"\n{kind}" if kind else "")
    ImageDraw.Draw(cell).text((4, 20), text, "black", ImageFont.load_default(size=15))
    return np.asarray(cell)


def framed(image: np.ndarray) -> np.ndarray:
    """Return an image with a white gap at the bottom and at the right."""
    return np.pad(image, ((0, GAP), (0, GAP), (0, 0)), constant_values=255)


if __name__ == "__main__":
    main()
