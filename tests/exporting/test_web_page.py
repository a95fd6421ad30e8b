"""The page that draws, in Chromium: opened from the disk, and from a server."""

import base64
import gzip
import hashlib
import json
import re
import shutil

import numpy as np
import pytest
from browser import barriers, scrolls_sideways, served, visited
from checks import randomize
from drawn_page import draw, generated, pixels, press, print_first_picture, replaced
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data import Labels, Picture
from keras_pix2pix.exporting import web_page
from keras_pix2pix.exporting.web_page import PAGE_FILES, write_page

COLORS = ((255, 255, 255), (255, 0, 0), (0, 0, 255))
RUNTIME = {
    "onnxruntime.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "onnxruntime.wasm.gz": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}


def test_the_runtime_is_the_published_one():
    for name, checksum in RUNTIME.items():
        content = (PAGE_FILES / name).read_bytes()
        content = gzip.decompress(content) if name.endswith(".gz") else content
        assert hashlib.sha256(content).hexdigest() == checksum


def test_the_page_names_no_outside_address():
    names = [path.name for path in PAGE_FILES.iterdir() if path.name not in RUNTIME]
    assert {"index.html", "style.css", "drawing.js", "page.js", "in_browser.js"} <= set(names)
    for name in set(names) - {"LICENSES.txt"}:
        assert not re.search(r"(https?:)?//\w", (PAGE_FILES / name).read_text())


def test_a_large_model_is_several_scripts(tmp_path, monkeypatch):
    monkeypatch.setattr(web_page, "PART", 4)
    (tmp_path / "model.onnx").write_bytes(b"0123456789")
    write_page(tmp_path, {"title": "Ü"})
    settings = json.loads((tmp_path / "settings.js").read_text()[len("const settings = ") : -2])
    assert settings["title"] == "Ü"
    assert settings["scripts"] == ["runtime.js", "model_1.js", "model_2.js", "model_3.js"]
    parts = [
        re.fullmatch(r'receive\("model.onnx", "(.+)"\);\n', (tmp_path / name).read_text())[1]
        for name in settings["scripts"][1:]
    ]
    assert b"".join(map(base64.b64decode, parts)) == b"0123456789"
    assert not (tmp_path / "model.onnx").exists()
    size = sum((tmp_path / name).stat().st_size for name in settings["scripts"])
    assert settings["megabytes"] == round(size / 1e6, 1)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page of a model from three classes to a picture that depends on them alone."""
    unet = kp.UNetGenerator(depth=2, filters=4, normalization=None)
    model = kp.Pix2Pix(unet, kp.PatchDiscriminator(receptive_field=1, filters=4))
    model.formats = (Labels(palette=COLORS),), Picture(3, dtype="uint8")
    randomize(model.generator)
    example = np.full((30, 40, 3), 255, "uint8")
    example[10:20, 10:30] = COLORS[2]
    path = tmp_path_factory.mktemp("web") / "site"
    examples = [example, example[:, ::-1].transpose(1, 0, 2)]
    names = ["paper", "apple", "sea"]
    kp.export(model, path, "web", examples=examples, title="Still life", labels=names)
    return path / "index.html", model.translate


@pytest.fixture(scope="module")
def opened(chromium, site):
    """The page, opened from the disk once for many tests, and what generates its pictures."""
    address, translate = site
    with visited(chromium, address) as page:
        page.wait_for_selector('#status[data-state="done"]', timeout=60_000)
        yield page, translate


@pytest.fixture
def page(opened):
    """The page as a visitor finds it."""
    page, translate = opened
    with replaced(page):
        page.get_by_alt_text("Example 1").click()
    press(page, "b", "2")
    page.locator("#size").fill("2")
    generated(page, translate)
    return page


@pytest.mark.browser
def test_a_stroke_changes_the_picture_and_undo_redo_and_clear_work(page, site):
    _, translate = site
    example, first = generated(page, translate)
    assert (example[15, 20] == COLORS[2]).all()
    draw(page, (0.1, 0.1), (0.9, 0.8))
    drawing, second = generated(page, translate)
    assert (second != first).any()
    # Strokes have the brush's color alone, up to their edges.
    assert {tuple(c) for c in drawing[(drawing != example).any(axis=-1)]} == {COLORS[1]}
    page.keyboard.press("Control+z")
    np.testing.assert_array_equal(generated(page, translate)[0], example)
    page.keyboard.press("Control+Shift+z")
    np.testing.assert_array_equal(generated(page, translate)[0], drawing)
    page.get_by_role("button", name="Clear").click()
    assert (generated(page, translate)[0] == COLORS[0]).all()
    page.get_by_role("button", name="Undo").click()
    np.testing.assert_array_equal(generated(page, translate)[1], second)
    # A new stroke leaves nothing to be taken again.
    draw(page, (0.1, 0.8), (0.2, 0.8))
    assert page.get_by_role("button", name="Redo").is_disabled()


@pytest.mark.browser
def test_names_fill_and_examples(page, site):
    _, translate = site
    assert page.title() == page.get_by_role("heading", level=1).inner_text() == "Still life"
    example, _ = generated(page, translate)
    page.get_by_role("radio", name="Fill").check()
    page.get_by_text("apple").click()
    draw(page, (0.5, 0.5), (0.5, 0.5))
    filled, _ = generated(page, translate)
    inside = (example == COLORS[2]).all(axis=-1)
    assert (filled[inside] == COLORS[1]).all()
    np.testing.assert_array_equal(filled[~inside], example[~inside])
    with replaced(page):
        page.get_by_alt_text("Example 2").click()
    example, _ = generated(page, translate)
    assert example.shape == (40, 30, 3)
    page.get_by_role("radio", name="Brush").check()
    page.get_by_text("sea").click()
    page.locator("#size").fill("6")
    draw(page, (0.5, 0.05), (0.5, 0.1))
    assert (generated(page, translate)[0][2:4, 13:17] == COLORS[2]).all()


@pytest.mark.browser
def test_the_first_stroke_is_seen_on_whatever_is_drawn(page, site):
    _, translate = site
    page.get_by_text("paper").click()
    page.get_by_role("button", name="Clear").click()
    draw(page, (0.2, 0.2), (0.8, 0.8))
    assert (generated(page, translate)[0] != COLORS[0]).any()


@pytest.mark.browser
def test_all_of_it_works_with_the_keyboard(page, site):
    _, translate = site
    example, _ = generated(page, translate)
    page.mouse.move(0, 0)
    page.locator("#save-drawing").focus()
    press(page, "Tab", "3", "]", "]", "[", "]")
    assert page.evaluate("document.activeElement.id") == "drawing"
    assert page.locator("#ring").is_visible()
    assert page.locator("#pixels").inner_text() == "4 px"
    # To the upper left corner, in steps of half a brush.
    press(page, *["ArrowUp"] * 20, *["ArrowLeft"] * 20)
    press(page, "Space", "ArrowDown", "Shift+ArrowDown")
    drawing, _ = generated(page, translate)
    changed = (drawing != example).any(axis=-1)
    assert (drawing[changed] == COLORS[2]).all()
    assert changed[:6, 0].all() and not changed[8:].any() and not changed[:, 4:].any()
    # The line, and then the dot.
    press(page, "Control+z", "Control+z")
    np.testing.assert_array_equal(generated(page, translate)[0], example)
    press(page, "f", "2", "Space")
    filled, _ = generated(page, translate)
    assert (filled[0, 0] == COLORS[1]).all() and (filled[15, 20] == COLORS[2]).all()


@pytest.mark.browser
def test_what_is_saved_can_be_opened(page, site, tmp_path):
    _, translate = site
    draw(page, (0.1, 0.1), (0.9, 0.8))
    drawing, picture = generated(page, translate)
    for name, shown in (("drawing", drawing), ("picture", picture)):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save {name}").click()
        download.value.save_as(tmp_path / f"{name}.png")
        saved = np.asarray(Image.open(tmp_path / f"{name}.png").convert("RGB"))
        np.testing.assert_array_equal(saved, shown)
    page.get_by_role("button", name="Clear").click()
    generated(page, translate)
    with replaced(page):
        page.set_input_files("#file", tmp_path / "drawing.png")
    np.testing.assert_array_equal(generated(page, translate)[0], drawing)


@pytest.mark.browser
def test_an_image_from_elsewhere_gets_the_size_and_the_colors_of_drawings(page, site, tmp_path):
    _, translate = site
    photo = np.full((60, 80, 3), 250, "uint8")
    photo[:30] = (200, 30, 30)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    page.set_input_files("#file", tmp_path / "photo.png")
    page.get_by_text("100 % of the image had other colors").wait_for()
    opened, _ = generated(page, translate)
    assert (opened[:15] == COLORS[1]).all() and (opened[15:] == COLORS[0]).all()
    (tmp_path / "no.png").write_bytes(b"no image")
    page.set_input_files("#file", tmp_path / "no.png")
    page.get_by_text("no.png is not an image that this browser can read").wait_for()
    np.testing.assert_array_equal(pixels(page, "drawing"), opened)


@pytest.mark.browser
def test_a_map_of_class_numbers_gets_the_colors_of_its_classes(page, site, tmp_path):
    _, translate = site
    numbers = np.zeros((30, 40), "uint8")
    numbers[:, 20:] = 2
    Image.fromarray(numbers).save(tmp_path / "map.png")
    # As if files had numbers.
    store = "numbers => settings.brushes.forEach((brush, i) => (brush.stored = numbers[i]))"
    page.evaluate(store, [0, 1, 2])
    with replaced(page):
        page.set_input_files("#file", tmp_path / "map.png")
    opened, _ = generated(page, translate)
    page.evaluate(store, [None] * 3)
    assert (opened[:, :20] == COLORS[0]).all() and (opened[:, 20:] == COLORS[2]).all()


@pytest.mark.browser
def test_it_keeps_no_one_out(page):
    page.locator("summary").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert barriers(page) == []


@pytest.mark.browser
def test_on_a_phone_it_fits_and_is_drawn_by_touch(chromium, site, capsys):
    address, translate = site
    with visited(chromium, address, 390, 844, phone=True, color_scheme="dark") as page:
        print_first_picture(page, capsys, "exported page, from the disk")
        example, _ = generated(page, translate)
        assert barriers(page) == []
        assert not scrolls_sideways(page)
        bottom = page.locator("#picture").bounding_box()
        assert bottom["y"] + bottom["height"] <= 844
        box = page.locator("#drawing").bounding_box()
        page.touchscreen.tap(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"])
        drawing, _ = generated(page, translate)
        assert (drawing[3, 4] == COLORS[1]).all()
        assert (drawing[20:] == example[20:]).all()


@pytest.mark.browser
def test_a_web_server_serves_it_too(chromium, site, capsys):
    address, translate = site
    with served(address.parent) as server, visited(chromium, server) as page:
        print_first_picture(page, capsys, "exported page, from a server")
        generated(page, translate)


@pytest.mark.browser
def test_a_part_that_is_missing_is_named(chromium, site, tmp_path):
    broken = shutil.copytree(site[0].parent, tmp_path / "site")
    (broken / "model_1.js").unlink()
    with visited(chromium, broken / "index.html", failing=True) as page:
        page.get_by_text("The model does not run here: model_1.js is missing").wait_for()
