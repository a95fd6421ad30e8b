"""The pictures of docs/start.md, from what the example and the experiments have written.

make example
python benchmarks/experiments.py pascal --data PATH
python benchmarks/experiments.py emoji --data PATH
python docs/start.py pascal_masks experiments
"""

import csv
import sys
from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image

IMAGES = Path(__file__).parent / "images" / "start"
CURVES = ("reconstruction_loss", "generator_loss", "discriminator_loss")


def main(example):
    IMAGES.mkdir(parents=True, exist_ok=True)
    # Two of eight passes are a minute, all of them four to five.
    keep(example / "epochs" / "step_00000640.png", "1_minute")
    keep(example / "epochs" / "step_00002560.png", "5_minutes")
    draw_curves(example / "losses.csv")


def keep(source, name):
    with Image.open(source) as page:
        page.convert("RGB").save(IMAGES / f"{name}.webp", quality=85)


def draw_curves(path):
    with path.open() as file:
        rows = list(csv.DictReader(file))
    figure, axes = plt.subplots(1, 3, figsize=(8, 2.6), layout="constrained")
    for axis, name in zip(axes, CURVES):
        for column, label in ((name, "training"), (f"val_{name}", "held out")):
            axis.plot(range(1, len(rows) + 1), [float(row[column]) for row in rows], label=label)
        axis.set_title(name, fontsize=10)
        axis.set_xlabel("pass over the pairs")
        axis.set_ylim(0)
    axes[0].legend()
    figure.savefig(IMAGES / "curves.webp", dpi=90, pil_kwargs={"quality": 85})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
