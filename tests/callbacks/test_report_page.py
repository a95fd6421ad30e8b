"""The page about a training: what is on it, that it needs nothing else, and resuming."""

import base64
import html.parser
import io
import sys

import keras
import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.callbacks import report_page as report

HISTORY = [
    {"epoch": 1, "step": 4, "minutes": 0.5, "loss": 40.0, "val_loss": 50.0, "val_ssim": 0.25},
    {"epoch": 2, "step": 8, "minutes": 1.0, "loss": 30.0, "val_loss": 45.0, "val_ssim": 0.3125},
]


class Page(html.parser.HTMLParser):
    """What is on a page: its tables, its pictures, and all that it would load."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.rows, self.pictures, self.loaded = [], [], {}, []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "img":
            kind, _, data = attrs["src"].partition(",")
            assert kind == "data:image/webp;base64"
            self.pictures[attrs["alt"]] = Image.open(io.BytesIO(base64.b64decode(data)))
        self.loaded += [
            attrs[name] for name in ("src", "href", "xlink:href") if name in attrs and tag != "a"
        ]

    def handle_endtag(self, tag):
        self.tags.append(f"/{tag}")

    def handle_data(self, data):
        if self.tags and self.tags[-1] in ("td", "th"):
            self.rows[-1].append(data)


@pytest.fixture(scope="module")
def written(tiny, pairs, tmp_path_factory):
    """A page about a made-up history, with two pictures of a grid."""
    folder = tmp_path_factory.mktemp("report")
    data = kp.data.PairDataset(*pairs, batch_size=3)
    model = tiny()
    model.compile(adversarial_loss="lsgan", metrics=[kp.metrics.SSIM()])
    pictures = []
    for step, color in ((4, "red"), (8, "blue")):
        pictures.append(folder / f"step_{step:08d}.png")
        Image.new("RGB", (40, 20), color).save(pictures[-1])
    path = folder / "new" / "my <training>.html"
    results = report.best_and_worst(model, data, 2)
    report.write(path, model, data, HISTORY, pictures, results)
    return model, data, path


def test_the_last_numbers_stand_in_a_table(written):
    rows = Page(written[2]).rows
    assert rows[0] == ["epoch 2, step 8, 1.0 minutes", "training", "held out"]
    assert ["loss", "30", "45"] in rows
    assert ["ssim", "0.3125"] in rows


def test_settings_say_what_was_trained_and_how(written):
    model, _, path = written
    rows = dict(row for row in Page(path).rows if len(row) == 2)
    assert "UNetGenerator" in rows["generator"] and "depth=2" in rows["generator"]
    assert f"{model.generator.count_params():,} parameters" in rows["generator"]
    assert "receptive_field=16" in rows["discriminator"]
    assert rows["adversarial loss"] == "lsgan"
    assert rows["reconstruction weight"] == "100.0"
    assert "Adam, " in rows["generator optimizer"] and "beta_1=0.5" in rows["generator optimizer"]
    assert rows["held-out pairs"].startswith("PairDataset(8 pairs")
    assert keras.backend.backend() in rows["software"] and "keras-pix2pix" in rows["software"]


def test_the_file_holds_all_that_it_shows(written):
    page = Page(written[2])
    # A curve each of the loss and of the SSIM.
    assert page.tags.count("svg") == 2
    assert all(source.startswith(("data:", "#")) for source in page.loaded)
    assert not [tag for tag in page.tags if tag in ("link", "iframe")]
    text = written[2].read_text(encoding="utf-8")
    assert "@import" not in text and "url(http" not in text
    # The name of the file is text, not markup.
    assert "<h1>my &lt;training&gt;</h1>" in text


def test_pictures_come_in_order_behind_a_slider(written):
    page = Page(written[2])
    assert list(page.pictures)[:2] == ["step_00000004", "step_00000008"]
    for picture, color in zip(page.pictures.values(), ((255, 0, 0), (0, 0, 255))):
        assert np.abs(np.asarray(picture, int)[10, 20] - color).max() < 12
    assert 'type="range" min="0" max="1" value="1"' in written[2].read_text()


def test_of_a_long_training_some_pictures_are_shown_the_first_and_the_last_among_them(
    written, tmp_path
):
    model, data, _ = written
    pictures = []
    for step in range(100):
        pictures.append(tmp_path / f"step_{step:08d}.png")
        Image.new("RGB", (8, 8)).save(pictures[-1])
    report.write(tmp_path / "page.html", model, data, HISTORY, pictures, [])
    shown = list(Page(tmp_path / "page.html").pictures)
    assert len(shown) == report.PICTURES
    assert (shown[0], shown[-1]) == ("step_00000000", "step_00000099")


def test_best_and_worst_are_those_of_all_pairs(written):
    """Titles give the distances: the smallest from below, the largest from above."""
    model, data, _ = written
    conditions, targets = (np.concatenate(side) for side in zip(*data))
    generated = model.predict(conditions, verbose=0)
    distances = sorted(np.abs(generated - targets).mean((1, 2, 3)))
    (best, best_sheet), (worst, worst_sheet) = report.best_and_worst(model, data, 2)
    assert best.startswith("best: ") and worst.startswith("worst: ")
    assert best_sheet.size == worst_sheet.size
    titles = []

    def drawn(formats, *images, title):
        titles.append([float(number) for number in title.split(",")])
        measured = np.abs(images[2] - images[1]).mean((1, 2, 3))
        np.testing.assert_allclose(titles[-1], measured, atol=6e-4)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "draw_pairs", drawn)
        report.best_and_worst(model, data, 2)
    np.testing.assert_allclose(titles[0], distances[:2], atol=6e-4)
    np.testing.assert_allclose(titles[1], distances[:-3:-1], atol=6e-4)


def test_the_history_comes_back_from_the_page(written):
    assert report.read_history(written[2]) == HISTORY


def test_a_history_ends_no_script(written, tmp_path):
    model, data, _ = written
    history = [{**HISTORY[0], "</script><b>": 1.0}]
    report.write(tmp_path / "page.html", model, data, history, [], [])
    assert report.read_history(tmp_path / "page.html") == history
    assert "</script><b>" not in (tmp_path / "page.html").read_text()


def test_a_page_of_something_else_has_no_history(tmp_path):
    (tmp_path / "page.html").write_bytes(b"<html>\xff</html>")
    assert report.read_history(tmp_path / "page.html") == []


def test_without_a_grid_it_says_where_pictures_come_from(written, tmp_path):
    model, data, _ = written
    report.write(tmp_path / "page.html", model, data, HISTORY, [], [])
    assert "HTMLReport shows those of a SampleGrid" in (tmp_path / "page.html").read_text()


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
