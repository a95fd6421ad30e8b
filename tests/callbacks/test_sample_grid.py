"""Pictures of the same pairs, after epochs or after steps."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data.files.conversion import from_model_range

# What is written every epoch, and twice in the middle of one; an epoch has three steps.
EPOCHS = ["step_00000003.png", "step_00000006.png", "step_00000009.png"]
STEPS = ["step_00000004.png", "step_00000008.png"]


def page(folder, name):
    with Image.open(folder / name) as file:
        return np.asarray(file.convert("RGB"))


def test_a_picture_is_written_after_every_epoch(trained):
    *_, folder = trained
    names = [path.name for path in sorted((folder / "epochs").iterdir())]
    assert names[:3] == EPOCHS
    assert [path.name for path in (folder / "last").iterdir()] == EPOCHS[2:]


def test_a_picture_is_written_every_few_steps_whatever_the_epochs(trained):
    *_, folder = trained
    assert [path.name for path in sorted((folder / "steps").iterdir())] == STEPS


def test_the_picture_shows_condition_target_and_what_the_model_generates(trained, pairs):
    model, _, folder = trained
    drawn = page(folder / "epochs", EPOCHS[-1])
    # From all parts of the set.
    conditions, targets = (side[[0, 2, 4, 5, 7]] for side in pairs)
    generated = model.predict(conditions, verbose=0)
    for image in (*conditions, *targets, *generated):
        assert contains(drawn, from_model_range(image))
    assert not contains(drawn, from_model_range(pairs[0][1]))


def test_pictures_in_the_middle_of_an_epoch_show_the_model_of_that_step(trained):
    """Between those of the epochs before and after, and like neither."""
    *_, folder = trained
    before, after = (page(folder / "epochs", name).astype(int) for name in EPOCHS[:2])
    middle = page(folder / "steps", STEPS[0]).astype(int)
    # The title, which says the step, apart.
    before, middle, after = (drawn[24:] for drawn in (before, middle, after))
    assert 0 < np.abs(middle - before).sum() < np.abs(after - before).sum()
    assert np.abs(middle - after).sum() > 0


def contains(page, image):
    """Whether an image stands somewhere on a page, but for rounding."""
    windows = np.lib.stride_tricks.sliding_window_view(page, image.shape)
    corners = np.abs(windows[:, :, 0, 0, 0, :].astype(int) - image[0, 0]).max(axis=-1) <= 1
    return any(
        np.abs(windows[row, column, 0].astype(int) - image).max() <= 1
        for row, column in np.argwhere(corners)
    )


def test_tensorboard_has_the_same_pictures(trained):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    *_, folder = trained
    events = EventAccumulator(str(folder / "board"), {"images": 0}).Reload().Images("samples")
    assert [event.step for event in events] == [3, 6, 9]
    with Image.open(io.BytesIO(events[-1].encoded_image_string)) as picture:
        np.testing.assert_array_equal(np.asarray(picture), page(folder / "epochs", EPOCHS[-1]))


def test_without_tensorboard_the_command_that_installs_it_is_named(monkeypatch, pairs, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.event_file_writer", None)
    data = kp.data.PairDataset(*pairs)
    with pytest.raises(ImportError, match="pip install tensorboard"):
        kp.callbacks.SampleGrid(data, tmp_path, log_dir=tmp_path)
