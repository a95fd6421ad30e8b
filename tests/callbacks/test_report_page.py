"""The page about a training: what is on it, that it needs nothing else, and resuming."""

import base64
import html.parser
import io

import numpy as np
import pytest
from matplotlib.axes import Axes
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.callbacks import report_page as report
from keras_pix2pix.callbacks.report_contents import best_and_worst

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
    results = best_and_worst(model, data, 2)
    report.write(path, model, data, HISTORY, pictures, results)
    return model, data, path


def test_the_last_numbers_stand_in_a_table(written):
    rows = Page(written[2]).rows
    assert rows[0] == ["epoch 2, step 8, 1.0 minutes", "training", "held out"]
    assert ["loss", "30", "45"] in rows
    assert ["ssim", "0.3125"] in rows


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
    assert len(shown) == report.MAX_PICTURES
    assert (shown[0], shown[-1]) == ("step_00000000", "step_00000099")


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
    assert "HTMLReport shows the pictures of a SampleGrid" in (tmp_path / "page.html").read_text()


def test_a_legend_has_a_fixed_place(written, tmp_path, monkeypatch):
    """Matplotlib searches for the best place among the points, and warns if that takes long."""
    model, data, _ = written
    places = []
    monkeypatch.setattr(Axes, "legend", lambda axes, *, loc, **_: places.append(loc))
    report.write(tmp_path / "page.html", model, data, HISTORY, [], [])
    assert len(places) == 2
    assert "best" not in places
