"""The reference example, on a few steps, as a user starts it."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
FEW = ["--epochs", "2", "--image-size", "32"]


def run(*arguments, folder):
    command = [sys.executable, ROOT / "examples" / "pascal_masks.py", *arguments]
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=os.environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_pascal_s(root, count):
    rng = np.random.default_rng(0)
    for kind, mode, ending in (("imgs", "RGB", "jpg"), ("masks", "L", "png")):
        folder = root / "datasets" / kind / "pascal"
        folder.mkdir(parents=True)
        for number in range(1, count + 1):
            shape = (24, 32, 3) if mode == "RGB" else (24, 32)
            values = rng.integers(0, 2, shape, dtype="uint8") * 255
            Image.fromarray(values).save(folder / f"{number}.{ending}")


@pytest.mark.slow
def test_it_trains_on_a_pascal_s_folder_and_writes_all_it_promises(tmp_path):
    make_pascal_s(tmp_path / "salObj", 20)
    printed = run("--data", "salObj", *FEW, folder=tmp_path)
    assert "reconstruction_loss" in printed
    output = tmp_path / "pascal_masks"
    for name in ("epochs", "training.gif", "losses.csv", "held_out.png", "model.keras"):
        assert (output / name).exists()
        assert str(Path("pascal_masks") / name) in printed
    grids = sorted((output / "epochs").iterdir())
    assert [grid.name for grid in grids] == ["step_00000018.png", "step_00000036.png"]
    with Image.open(output / "training.gif") as animation:
        assert animation.n_frames == 2
    for picture in (*grids, output / "held_out.png"):
        with Image.open(picture) as page:
            assert np.asarray(page.convert("L")).std() > 10
    assert len((output / "losses.csv").read_text().splitlines()) == 3
    model = keras.saving.load_model(output / "model.keras")
    mask = tmp_path / "salObj" / "datasets" / "masks" / "pascal" / "1.png"
    assert model.translate(mask).shape == (24, 32, 3)


def test_help_explains_every_option(tmp_path):
    printed = run("--help", folder=tmp_path)
    for option in ("--data", "--condition", "--output", "--recipe", "--epochs", "--image-size"):
        assert option in printed
    assert printed.count("(default: ") >= 8
