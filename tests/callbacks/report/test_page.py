"""The page about a training: what is on it, that it needs nothing else, and how it is used."""

import base64
import html.parser
import io

import numpy as np
import pytest
from browser import barriers, scrolls_sideways, visited
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.callbacks.report import page as report
from keras_pix2pix.callbacks.report.baselines import Baselines
from keras_pix2pix.callbacks.report.history import history_of_page
from keras_pix2pix.callbacks.report.results import Result, Results

HISTORY = [
    {"epoch": 1, "step": 4, "minutes": 0.5, "loss": 40.0, "val_loss": 50.0, "val_ssim": 0.25},
    {"epoch": 2, "step": 8, "minutes": 1.0, "loss": 30.0, "val_loss": 45.0, "val_ssim": 0.3125},
]


class Page(html.parser.HTMLParser):
    """What is on a page: its tables, its pictures, and all that it would load."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.rows, self.pictures, self.loaded = [], [], {}, []
        self.words = ""
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
        if self.tags and self.tags[-1] not in ("script", "style"):
            self.words += data


def result(error, color):
    images = [
        (name, np.full((20, 30, 3), color, "uint8"))
        for name in ("condition", "generated", "target")
    ]
    return Result(error, images)


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
    results = Results([result(0.2, 200)], [result(0.1, 100)], [result(0.5, 50)])
    compared = Baselines(0.2, 0.3, 0.4, "Wrong pixels")
    report.write(
        path, model, data, HISTORY, pictures, results, baselines=compared, kept="best.keras"
    )
    return model, data, path


def test_it_begins_with_its_name_and_a_verdict(written):
    words = Page(written[2]).words
    order = (
        "my <training>",
        "2 epochs · 8 steps · 1.0 minutes · 8 held-out pairs · UNetGenerator of ",
        "Better than copying, and than the mean.",
        "best.keras is epoch 2.",
        "Held-out pairs",
        "While it was trained",
        "Best results",
        "Worst results",
        "Curves",
        "1 more curves",
        "All numbers",
        "Settings",
    )
    places = [words.index(part) for part in order]
    assert places == sorted(places)


def test_the_last_numbers_stand_in_a_table(written):
    rows = Page(written[2]).rows
    assert rows[0] == ["training", "held out"]
    assert ["loss", "30", "45"] in rows
    assert ["SSIM", "0.3125"] in rows


def test_the_file_holds_all_that_it_shows(written):
    page = Page(written[2])
    # A curve each of the SSIM, which judges the pictures, and of the loss, which is folded.
    assert page.tags.count("svg") == 2
    assert page.tags.index("svg") < page.tags.index("details")
    assert all(source.startswith(("data:", "#")) for source in page.loaded)
    assert not [tag for tag in page.tags if tag == "iframe"]
    text = written[2].read_text(encoding="utf-8")
    assert "@import" not in text and "url(http" not in text
    # The name of the file is text, not markup.
    assert "<h1>my &lt;training&gt;</h1>" in text


def test_a_page_that_is_called_report_has_the_name_of_its_folder(written, tmp_path):
    model, data, _ = written
    report.write(tmp_path / "facades" / "report.html", model, data, HISTORY)
    assert "<h1>facades</h1>" in (tmp_path / "facades" / "report.html").read_text()


def test_pictures_come_in_the_order_of_the_training(written):
    pictures = Page(written[2]).pictures
    names = [name for name in pictures if "step" in name]
    assert names == ["epoch 1, step 4", "epoch 2, step 8"]
    for name, color in zip(names, ((255, 0, 0), (0, 0, 255))):
        assert np.abs(np.asarray(pictures[name], int)[10, 20] - color).max() < 12
    assert np.abs(np.asarray(pictures["target, error 50.0%"], int) - 50).max() < 4


def test_of_a_long_training_some_pictures_are_shown_the_first_and_the_last_among_them(
    written, tmp_path
):
    model, data, _ = written
    pictures = []
    for step in range(100):
        pictures.append(tmp_path / f"step_{step:08d}.png")
        Image.new("RGB", (8, 8)).save(pictures[-1])
    report.write(tmp_path / "page.html", model, data, HISTORY, pictures)
    shown = list(Page(tmp_path / "page.html").pictures)
    assert len(shown) == report.MAX_PICTURES
    assert (shown[0], shown[-1]) == ("step 0", "step 99")


def test_the_history_comes_back_from_the_page_and_ends_no_script(written, tmp_path):
    assert history_of_page(written[2]) == HISTORY
    model, data, _ = written
    history = [{**HISTORY[0], "</script><b>": 1.0}]
    report.write(tmp_path / "page.html", model, data, history)
    assert history_of_page(tmp_path / "page.html") == history
    assert "</script><b>" not in (tmp_path / "page.html").read_text()


def test_without_a_history_it_has_numbers_and_settings(written, tmp_path):
    model, data, _ = written
    report.write(tmp_path / "page.html", model, data, numbers={"step": 5, "val_ssim": 0.5})
    page = Page(tmp_path / "page.html")
    assert ["SSIM", "0.5"] in page.rows
    assert "svg" not in page.tags and "Curves" not in page.words
    assert "5 steps" in page.words


@pytest.mark.browser
def test_the_pictures_play_and_the_keyboard_moves_them(chromium, written):
    with visited(chromium, written[2]) as page:
        shown = page.locator(".player img:visible")
        assert shown.get_attribute("alt") == "epoch 2, step 8"
        page.get_by_role("button", name="Play").click()
        # From the first to the last, where it ends.
        assert shown.get_attribute("alt") == "epoch 1, step 4"
        page.get_by_role("button", name="Pause").wait_for()
        page.get_by_role("button", name="Play").wait_for()
        assert shown.get_attribute("alt") == "epoch 2, step 8"
        page.locator(".player input").focus()
        page.keyboard.press("ArrowLeft")
        assert shown.get_attribute("alt") == "epoch 1, step 4"
        assert page.locator(".player output").inner_text() == "epoch 1, step 4"
    with visited(chromium, written[2], reduced_motion="reduce") as page:
        assert page.get_by_role("button", name="Play").is_hidden()
        assert page.locator(".player input").is_visible()


@pytest.mark.browser
def test_it_keeps_no_one_out_and_fits_a_phone(chromium, written):
    for options in ({"width": 1280}, {"width": 390, "height": 844, "phone": True}):
        with visited(chromium, written[2], **options) as page:
            for details in page.locator("summary").all():
                details.click()
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                assert barriers(page) == []
            assert not scrolls_sideways(page)
