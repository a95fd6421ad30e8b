"""What all callbacks share that write files."""

import errno

import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.callbacks.recorder import Recorder, pictures_until, trained_steps
from keras_pix2pix.callbacks.report import page as report_page


def test_nothing_temporary_is_left(trained):
    *_, folder = trained
    assert not [path for path in folder.rglob("*") if "partial" in path.name]


def test_what_cannot_be_written_is_said_once_and_training_continues(
    tiny, pairs, tmp_path, monkeypatch
):
    """The folder is below a file; then the disk is full."""
    (tmp_path / "file").touch()
    data = kp.data.PairDataset(*pairs, batch_size=4)
    model = tiny()
    model.compile(run_eagerly=True)

    def full(path, *arguments, **options):
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
        assert message.endswith("Training continues without it.")
    assert "No space left on device" in messages[1]


def test_only_errors_of_writing_are_tolerated():
    with pytest.raises(ValueError, match="another"), Recorder().tolerate_write_errors():
        raise ValueError("another")


def test_pictures_are_ordered_by_their_steps_up_to_the_last(tmp_path):
    names = ["step_00000002.png", "step_00000010.png", "step_99999999.png", "step_100000000.png"]
    for name in [*names, "other.png", "step_00000003.txt"]:
        (tmp_path / name).touch()

    def found(step):
        return [path.name for path in pictures_until(step, str(tmp_path))]

    assert found(10**9) == names
    assert found(10) == names[:2]
    assert found(9) == names[:1]


def test_steps_are_counted_with_those_before_a_model_was_loaded(tiny, pairs, tmp_path):
    model = tiny()
    model.compile()
    assert trained_steps(model) == 0
    model.fit(*pairs, batch_size=4, epochs=2, verbose=0)
    assert trained_steps(model) == 4
