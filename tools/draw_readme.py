"""Draw docs/images/maps.webp: held-out maps after the training that the README shows.

    python tools/draw_readme.py

docs/images/held_out.webp is the upper part of held_out.png, which `make example` writes.
"""

import time
from pathlib import Path

import keras
import numpy as np
from PIL import Image

import keras_pix2pix as kp

OUTPUT = Path(__file__).resolve().parents[1] / "docs/images/maps.webp"
SHOWN = (3, 5, 6, 9, 10, 13)
# White pixels between pictures.
GAP = 6


def main() -> None:
    """Train as the README does, and write a sheet of held-out pairs."""
    keras.utils.set_random_seed(0)
    train, val = kp.data.load_map_sample()
    model = kp.recipes.small(train, epochs=12)
    begun = time.monotonic()
    model.fit(train, validation_data=val, epochs=12, verbose=2)
    print(f"{time.monotonic() - begun:.0f} seconds")
    columns = []
    for number in SHOWN:
        condition, target = (side[0] for side in val[number])
        generated = model.predict(condition[None], verbose=0)[0]
        sides = [framed(side) for side in (condition, target, generated)]
        columns.append(np.concatenate(sides))
    sheet = np.concatenate(columns, axis=1)[:-GAP, :-GAP]
    Image.fromarray(np.round((sheet + 1) * 127.5).astype("uint8")).save(OUTPUT, quality=90)


def framed(image: np.ndarray) -> np.ndarray:
    """Return an image with a white gap at the bottom and at the right."""
    return np.pad(image, ((0, GAP), (0, GAP), (0, 0)), constant_values=1)


if __name__ == "__main__":
    main()
