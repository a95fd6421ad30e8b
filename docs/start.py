"""The pictures of docs/start.md, from what the example has written in 8 and in 50 passes.

make example
make example ARGS="--epochs 50 --output pascal_masks_50"
python docs/start.py pascal_masks pascal_masks_50
"""

import csv
import sys
from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image

IMAGES = Path(__file__).parent / "images" / "start"
CURVES = ("reconstruction_loss", "generator_loss", "discriminator_loss")


def main(example, longer):
    IMAGES.mkdir(parents=True, exist_ok=True)
    # On slow cores two passes are a minute, eight four to five, 50 half an hour.
    keep(example / "epochs" / "step_00000640.png", "1_minute")
    keep(example / "epochs" / "step_00002560.png", "5_minutes")
    keep(longer / "epochs" / "step_00016000.png", "30_minutes")
    draw_curves(example / "losses.csv", "curves")
    draw_curves(longer / "losses.csv", "30_minutes_curves")


def keep(source, name):
    with Image.open(source) as page:
        page.convert("RGB").save(IMAGES / f"{name}.webp", quality=85)


def draw_curves(path, name):
    with path.open() as file:
        rows = list(csv.DictReader(file))
    figure, axes = plt.subplots(1, 3, figsize=(8, 2.6), layout="constrained")
    for axis, loss in zip(axes, CURVES):
        for column, label in ((loss, "training"), (f"val_{loss}", "held out")):
            axis.plot(range(1, len(rows) + 1), [float(row[column]) for row in rows], label=label)
        axis.set_title(loss, fontsize=10)
        axis.set_xlabel("pass over the pairs")
        axis.set_ylim(0)
    axes[0].legend(loc="lower left")
    figure.savefig(IMAGES / f"{name}.webp", dpi=90, pil_kwargs={"quality": 85})


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
