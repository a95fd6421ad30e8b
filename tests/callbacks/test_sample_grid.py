"""Pictures and pages while training."""

import errno

import keras
import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.callbacks import report_page
from keras_pix2pix.data.files.conversion import from_model_range

# What is written every epoch, and twice in the middle of one; an epoch has three steps.
EPOCHS = ["step_00000003.png", "step_00000006.png", "step_00000009.png"]
STEPS = ["step_00000004.png", "step_00000008.png"]


@pytest.fixture(scope="module")
def trained(tiny, pairs, tmp_path_factory):
    """A model after three epochs with all that draws, and what it wrote."""
    folder = tmp_path_factory.mktemp("pictures")
    # Left by an earlier, longer training: not part of the animation.
    (folder / "epochs").mkdir()
    Image.new("RGB", (4, 4)).save(folder / "epochs" / "step_00000012.png")
    data = kp.data.PairDataset(*pairs, batch_size=3)
    model = tiny()
    model.compile(*(keras.optimizers.Adam(1e-2) for _ in range(2)))
    model.fit(
        data,
        epochs=3,
        verbose=0,
        validation_data=data,
        callbacks=[
            kp.callbacks.SampleGrid(data, folder / "epochs", pairs=5, log_dir=folder / "board"),
            kp.callbacks.SampleGrid(data, folder / "steps", pairs=5, steps=4),
            kp.callbacks.SampleGrid(data, folder / "last", pairs=5, epochs=3),
            kp.callbacks.GIFRecorder(folder / "epochs", folder / "gif" / "training.gif"),
            kp.callbacks.HTMLReport(data, folder / "report.html", folder / "epochs", pairs=2),
        ],
    )
    return model, data, folder


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
    generated = model.predict(pairs[0][:5], verbose=0)
    for image in (*pairs[0][:5], *pairs[1][:5], *generated):
        assert contains(drawn, from_model_range(image))
    assert not contains(drawn, from_model_range(pairs[0][5]))


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
    import io

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    *_, folder = trained
    events = EventAccumulator(str(folder / "board"), {"images": 0}).Reload().Images("samples")
    assert [event.step for event in events] == [3, 6, 9]
    with Image.open(io.BytesIO(events[-1].encoded_image_string)) as picture:
        np.testing.assert_array_equal(np.asarray(picture), page(folder / "epochs", EPOCHS[-1]))


def test_without_tensorboard_the_command_that_installs_it_is_named(monkeypatch, pairs, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.event_file_writer", None)
    data = kp.data.PairDataset(*pairs)
    with pytest.raises(ImportError, match="pip install tensorboard"):
        kp.callbacks.SampleGrid(data, tmp_path, log_dir=tmp_path)


def test_the_animation_has_a_picture_for_every_epoch(trained):
    *_, folder = trained
    with Image.open(folder / "gif" / "training.gif") as animation:
        assert animation.n_frames == 3
        with Image.open(folder / "epochs" / EPOCHS[0]) as drawn:
            assert animation.size == drawn.size
        durations = []
        for frame in range(3):
            animation.seek(frame)
            durations.append(animation.info["duration"])
    assert durations == [500, 500, 2000]


def test_nothing_temporary_is_left(trained):
    *_, folder = trained
    assert not [path for path in folder.rglob("*") if "partial" in path.name]


def test_what_cannot_be_written_is_said_once_and_training_goes_on(
    tiny, pairs, tmp_path, monkeypatch
):
    """The folder is below a file; then the disk is full."""
    (tmp_path / "file").touch()
    data = kp.data.PairDataset(*pairs, batch_size=4)
    model = tiny()
    model.compile(run_eagerly=True)

    def full(path, *arguments):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(report_page, "write", full)
    recorders = [
        kp.callbacks.SampleGrid(data, tmp_path / "file" / "samples"),
        kp.callbacks.GIFRecorder(tmp_path, tmp_path / "file" / "training.gif"),
        kp.callbacks.HTMLReport(data, tmp_path / "report.html"),
    ]
    # Something to be made into an animation.
    Image.new("RGB", (8, 8)).save(tmp_path / "step_00000001.png")
    with pytest.warns(UserWarning) as said:
        history = model.fit(data, epochs=2, verbose=0, callbacks=recorders)
    assert len(history.epoch) == 2
    messages = sorted(str(w.message) for w in said if "cannot write" in str(w.message))
    assert len(messages) == 3
    for name, message in zip(("GIFRecorder", "HTMLReport", "SampleGrid"), messages):
        assert message.startswith(f"{name} cannot write: ")
        assert message.endswith("Training goes on without it.")
    assert "No space left on device" in messages[1]
