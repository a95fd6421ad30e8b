"""The pictures of docs/start.md, from what the example has written, and from the sample model.

make example
python docs/start.py pascal_masks
"""

import csv
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data.loading.drawing import draw_pairs

IMAGES = Path(__file__).parent / "images" / "start"
CURVES = ("reconstruction_loss", "generator_loss", "discriminator_loss")


def main(example):
    IMAGES.mkdir(parents=True, exist_ok=True)
    # On two quiet cores a pass takes 40 to 50 seconds.
    keep(Image.open(example / "epochs" / "step_00000320.png"), "1_minute")
    keep(Image.open(example / "epochs" / "step_00001280.png"), "3_minutes")
    keep(drawn_by_the_sample_model(), "20_minutes")
    draw_curves(example / "losses.csv", "curves")


def keep(page, name):
    page.convert("RGB").save(IMAGES / f"{name}.webp", quality=85)


def drawn_by_the_sample_model():
    model = kp.load_sample_model()
    _, val = kp.data.load_sample(condition="outline")
    shown = np.linspace(0, len(val) - 1, 8).astype(int)
    conditions, targets = (np.concatenate(side) for side in zip(*(val[i] for i in shown)))
    generated = model.predict(conditions, batch_size=1, verbose=0)
    page = draw_pairs(val.formats, conditions, targets, generated, per_row=2, title="25 epochs")
    return Image.fromarray(np.asarray(page))


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
    main(Path(sys.argv[1]))
