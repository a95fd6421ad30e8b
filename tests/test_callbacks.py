"""Pictures while training."""

import keras
import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data.images import from_model_range


@pytest.fixture(scope="module")
def trained(tiny, pairs, tmp_path_factory):
    """A model after three epochs with both callbacks, and what they wrote."""
    folder = tmp_path_factory.mktemp("pictures")
    # Left by an earlier, longer training: not part of the animation.
    (folder / "epochs").mkdir()
    Image.new("RGB", (4, 4)).save(folder / "epochs" / "epoch_0007.png")
    data = kp.data.PairDataset(*pairs, batch_size=3)
    model = tiny()
    model.compile(*(keras.optimizers.Adam(1e-2) for _ in range(2)))
    model.fit(
        data,
        epochs=3,
        verbose=0,
        callbacks=[
            kp.callbacks.SampleGrid(data, folder / "epochs", pairs=5),
            kp.callbacks.GIFRecorder(folder / "epochs", folder / "gif" / "training.gif"),
        ],
    )
    return model, folder


def test_a_picture_is_written_after_every_epoch(trained):
    _, folder = trained
    names = [path.name for path in sorted((folder / "epochs").iterdir())]
    assert names[:3] == ["epoch_0001.png", "epoch_0002.png", "epoch_0003.png"]


def test_the_picture_shows_condition_target_and_what_the_model_generates(trained, pairs):
    model, folder = trained
    with Image.open(folder / "epochs" / "epoch_0003.png") as file:
        page = np.asarray(file.convert("RGB"))
    generated = model.predict(pairs[0][:5], verbose=0)
    for image in (*pairs[0][:5], *pairs[1][:5], *generated):
        assert contains(page, from_model_range(image))
    assert not contains(page, from_model_range(pairs[0][5]))


def contains(page, image):
    """Whether an image stands somewhere on a page, but for rounding."""
    windows = np.lib.stride_tricks.sliding_window_view(page, image.shape)
    corners = np.abs(windows[:, :, 0, 0, 0, :].astype(int) - image[0, 0]).max(axis=-1) <= 1
    return any(
        np.abs(windows[row, column, 0].astype(int) - image).max() <= 1
        for row, column in np.argwhere(corners)
    )


def test_the_animation_has_a_picture_for_every_epoch(trained):
    _, folder = trained
    with Image.open(folder / "gif" / "training.gif") as animation:
        assert animation.n_frames == 3
        with Image.open(folder / "epochs" / "epoch_0001.png") as page:
            assert animation.size == page.size
        durations = []
        for frame in range(3):
            animation.seek(frame)
            durations.append(animation.info["duration"])
    assert durations == [500, 500, 2000]


def test_nothing_temporary_is_left(trained):
    _, folder = trained
    assert not [path for path in folder.rglob("*") if "partial" in path.name]
