"""The report as a callback: what it keeps of an earlier training, and when it is written."""

import sys

import pytest

import keras_pix2pix as kp
from keras_pix2pix.callbacks.report import page as report
from keras_pix2pix.callbacks.report.history import history_of_page
from keras_pix2pix.callbacks.report.results import Results


def test_a_resumed_training_has_all_of_its_epochs(tiny, pairs, tmp_path):
    data = kp.data.PairDataset(*pairs, batch_size=4)
    model = tiny()
    model.compile(run_eagerly=True)

    def fit(initial_epoch, epochs):
        page = kp.callbacks.HTMLReport(data, tmp_path / "page.html")
        options = {"validation_data": data, "callbacks": [page], "verbose": 0}
        model.fit(data, initial_epoch=initial_epoch, epochs=epochs, **options)
        return history_of_page(tmp_path / "page.html")

    first = fit(0, 2)
    assert [row["epoch"] for row in first] == [1, 2]
    assert {"loss", "val_loss", "discriminator_loss"} <= set(first[0])
    # Broken off in the second epoch, which is trained again.
    again = fit(1, 3)
    assert [row["epoch"] for row in again] == [1, 2, 3]
    assert again[0] == first[0]
    assert again[1] != first[1]
    assert [row["minutes"] for row in again] == sorted(row["minutes"] for row in again)
    # Another training in the same place starts its own page.
    assert [row["epoch"] for row in fit(0, 1)] == [1]


def test_without_the_extra_the_command_that_installs_it_is_named(monkeypatch, pairs, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'keras-pix2pix\[report\]'"):
        kp.callbacks.HTMLReport(kp.data.PairDataset(*pairs), tmp_path / "page.html")


def test_the_page_of_a_training_has_its_pictures_and_results(trained):
    *_, folder = trained
    text = (folder / "report.html").read_text()
    for epoch, step in ((1, 3), (2, 6), (3, 9)):
        assert f'alt="epoch {epoch}, step {step}"' in text
    assert "step 12" not in text
    assert text.count("<figure>") == 3 * 2
    rows = history_of_page(folder / "report.html")
    assert [(row["epoch"], row["step"]) for row in rows] == [(1, 3), (2, 6), (3, 9)]
    assert rows[0]["minutes"] > 0


def test_results_are_as_many_as_it_is_said(tiny, pairs, tmp_path, monkeypatch):
    model = tiny()
    model.compile(run_eagerly=True)
    counts = []

    def held_out_results(model, data, count):
        counts.append(count)
        return Results([], [], [])

    monkeypatch.setattr("keras_pix2pix.callbacks.html_report.held_out_results", held_out_results)
    data = kp.data.PairDataset(*pairs, batch_size=8)
    for options in ({}, {"pairs": 2}):
        page = kp.callbacks.HTMLReport(data, tmp_path / "page.html", **options)
        model.fit(data, epochs=2, verbose=0, callbacks=[page])
    assert counts == [4, 2]


def test_a_resumed_training_without_an_epoch_left_gets_its_results(tiny, pairs, tmp_path):
    data = kp.data.PairDataset(*pairs, batch_size=8)
    model = tiny()
    model.compile(run_eagerly=True)
    page = tmp_path / "page.html"
    model.fit(data, epochs=1, verbose=0, callbacks=[kp.callbacks.HTMLReport(data, page)])
    history = history_of_page(page)
    # As if it was stopped after its last epoch, before the end of the training.
    report.write(page, model, data, history)
    assert "<figure>" not in page.read_text()
    last = kp.callbacks.HTMLReport(data, page)
    model.fit(data, initial_epoch=1, epochs=1, verbose=0, callbacks=[last])
    assert page.read_text().count("<figure>") == 3 * 4
    assert history_of_page(page) == history


def test_without_a_page_such_a_training_writes_none(tiny, pairs, tmp_path):
    data = kp.data.PairDataset(*pairs, batch_size=8)
    model = tiny()
    model.compile(run_eagerly=True)
    page = kp.callbacks.HTMLReport(data, tmp_path / "page.html")
    model.fit(data, initial_epoch=1, epochs=1, verbose=0, callbacks=[page])
    assert not list(tmp_path.iterdir())


def test_it_finds_what_is_beside_it(tiny, pairs, tmp_path):
    """The pictures of a `SampleGrid`, the epochs before a new page, and the model that is kept."""
    data = kp.data.PairDataset(*pairs, batch_size=8)
    model = tiny()
    model.compile(run_eagerly=True)
    (tmp_path / "losses.csv").write_text("epoch,val_psnr\n0,30.0\n1,20.0\n")
    (tmp_path / "best.keras").write_bytes(b"")
    callbacks = [
        kp.callbacks.SampleGrid(data, tmp_path / "samples"),
        kp.callbacks.HTMLReport(data, tmp_path / "report.html", train=data, measure="psnr"),
    ]
    model.fit(data, initial_epoch=1, epochs=2, verbose=0, callbacks=callbacks)
    text = (tmp_path / "report.html").read_text()
    rows = history_of_page(tmp_path / "report.html")
    assert [row["epoch"] for row in rows] == [1, 2]
    assert 'alt="epoch 2, step 1"' in text
    assert "best.keras is epoch 1." in text
    assert "for the target of the nearest training pair" in text


def test_which_epoch_is_kept_is_not_guessed(tiny, pairs, tmp_path):
    """A `ModelCheckpoint` may have compared something else."""
    data = kp.data.PairDataset(*pairs, batch_size=8)
    model = tiny()
    model.compile(run_eagerly=True)
    (tmp_path / "best.keras").write_bytes(b"")
    page = kp.callbacks.HTMLReport(data, tmp_path / "report.html")
    model.fit(data, validation_data=data, epochs=1, verbose=0, callbacks=[page])
    assert "best.keras" not in (tmp_path / "report.html").read_text()


def test_a_measure_that_judges_no_pictures_is_refused(pairs, tmp_path):
    data = kp.data.PairDataset(*pairs)
    with pytest.raises(ValueError, match=r"measure must be one of 'mean_iou'.*Received: 'minutes'"):
        kp.callbacks.HTMLReport(data, tmp_path / "page.html", measure="minutes")
