"""The report as a callback: what it keeps of an earlier training, and when it is written."""

import sys

import pytest

import keras_pix2pix as kp
from keras_pix2pix.callbacks import report_page as report


def test_a_resumed_training_has_all_of_its_epochs(tiny, pairs, tmp_path):
    data = kp.data.PairDataset(*pairs, batch_size=4)
    model = tiny()
    model.compile(run_eagerly=True)

    def fit(initial_epoch, epochs):
        page = kp.callbacks.HTMLReport(data, tmp_path / "page.html")
        options = {"validation_data": data, "callbacks": [page], "verbose": 0}
        model.fit(data, initial_epoch=initial_epoch, epochs=epochs, **options)
        return report.read_history(tmp_path / "page.html")

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
    for step in (3, 6, 9):
        assert f'alt="step_{step:08d}"' in text
    assert "step_00000012" not in text
    assert text.count("<figure>") == 2
    rows = report.read_history(folder / "report.html")
    assert [(row["epoch"], row["step"]) for row in rows] == [(1, 3), (2, 6), (3, 9)]
    assert rows[0]["minutes"] > 0


def test_results_are_as_many_as_it_is_said(tiny, pairs, tmp_path, monkeypatch):
    model = tiny()
    model.compile(run_eagerly=True)
    counts = []

    def best_and_worst(model, data, count):
        counts.append(count)
        return []

    monkeypatch.setattr("keras_pix2pix.callbacks.html_report.best_and_worst", best_and_worst)
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
    history = report.read_history(page)
    # As if it was stopped after its last epoch, before the end of the training.
    report.write(page, model, data, history, [], [])
    assert "<figure>" not in page.read_text()
    last = kp.callbacks.HTMLReport(data, page)
    model.fit(data, initial_epoch=1, epochs=1, verbose=0, callbacks=[last])
    assert page.read_text().count("<figure>") == 2
    assert report.read_history(page) == history


def test_without_a_page_such_a_training_writes_none(tiny, pairs, tmp_path):
    data = kp.data.PairDataset(*pairs, batch_size=8)
    model = tiny()
    model.compile(run_eagerly=True)
    page = kp.callbacks.HTMLReport(data, tmp_path / "page.html")
    model.fit(data, initial_epoch=1, epochs=1, verbose=0, callbacks=[page])
    assert not list(tmp_path.iterdir())
