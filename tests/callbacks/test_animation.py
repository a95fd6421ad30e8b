"""The animation of a training."""

import keras
import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp


def test_the_animation_has_a_picture_for_every_epoch(trained):
    *_, folder = trained
    with Image.open(folder / "gif" / "training.gif") as animation:
        assert animation.n_frames == 3
        with Image.open(folder / "epochs" / "step_00000003.png") as drawn:
            assert animation.size == drawn.size
        durations = []
        for frame in range(3):
            animation.seek(frame)
            durations.append(animation.info["duration"])
    assert durations == [500, 500, 2000]


@pytest.fixture
def model(tiny):
    """A model that was trained for ten steps."""
    model = tiny()
    model.compile()
    for optimizer in (model.optimizer.generator, model.optimizer.discriminator):
        optimizer.iterations.assign(10)
    return model


def animate(model, folder, **options):
    recorder = kp.callbacks.GIFRecorder(folder, folder / "training.gif", **options)
    recorder.set_model(model)
    recorder.on_train_end()
    return folder / "training.gif"


def draw(folder, *colors):
    """A picture of one color for every step."""
    for step, color in colors:
        Image.new("RGB", (8, 8), color).save(folder / f"step_{step:08d}.png")


def test_pictures_come_in_order_up_to_the_last_step(model, tmp_path):
    draw(tmp_path, (2, "red"), (10, "blue"), (11, "white"), (9, "lime"))
    with Image.open(animate(model, tmp_path, seconds=0.25)) as animation:
        shown = []
        for frame in range(animation.n_frames):
            animation.seek(frame)
            shown.append((animation.convert("RGB").getpixel((4, 4)), animation.info["duration"]))
        assert animation.info["loop"] == 0
    assert shown == [((255, 0, 0), 250), ((0, 255, 0), 250), ((0, 0, 255), 1000)]


def test_without_pictures_nothing_is_written(model, tmp_path):
    assert not animate(model, tmp_path).exists()
    draw(tmp_path, (11, "red"))
    assert not animate(model, tmp_path).exists()


def test_it_is_a_callback_that_trains_nothing(tiny, pairs, tmp_path):
    model = tiny(dropout=0.0)
    model.compile(*(keras.optimizers.SGD(0.0) for _ in range(2)))
    before = model.get_weights()
    draw(tmp_path, (1, "red"))
    recorder = kp.callbacks.GIFRecorder(str(tmp_path), str(tmp_path / "new" / "a.gif"))
    model.fit(*pairs, verbose=0, callbacks=[recorder])
    assert (tmp_path / "new" / "a.gif").exists()
    for pair in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(*pair)
