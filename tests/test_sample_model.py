"""The model that comes with the package."""

import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data.sets.image_sets import SAMPLES
from keras_pix2pix.sample_model import WEIGHTS


@pytest.fixture(scope="module")
def model():
    return kp.load_sample_model()


def test_it_is_small(model):
    assert WEIGHTS.stat().st_size <= 4_000_000
    assert model.generator.count_params() < 2_000_000


def test_it_draws_held_out_objects_better_than_their_outlines_are(model):
    renders = sorted((SAMPLES / "val" / "render").iterdir())[::4]
    distances = {"generated": [], "outline": [], "grey": []}
    for path in renders:
        drawn = SAMPLES / "val" / "outline" / f"{path.stem}.png"
        outline, render = (np.asarray(Image.open(p).convert("RGB")) for p in (drawn, path))
        pictures = {
            "generated": model.translate(outline),
            "outline": outline,
            "grey": np.full_like(render, 128),
        }
        for kind, picture in pictures.items():
            distances[kind].append(np.abs(picture / 255.0 - render / 255.0).mean())
    means = {kind: np.mean(values) for kind, values in distances.items()}
    assert means["generated"] < 0.8 * min(means["outline"], means["grey"])


def test_it_has_colors(model):
    picture = model.translate(
        np.asarray(Image.open(next((SAMPLES / "val" / "outline").iterdir())).convert("RGB"))
    )
    assert picture.dtype == np.uint8
    assert np.ptp(picture.astype(int), axis=-1).max() > 60
