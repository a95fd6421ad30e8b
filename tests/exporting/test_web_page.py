"""The page that draws, in Chromium, and what it is told."""

import gzip
import hashlib
import json
import re

import keras
import numpy as np
import pytest
from browser import served, visited
from checks import randomize
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data import InstanceBoundaries, Labels, PairDataset, Picture
from keras_pix2pix.exporting.web_page import PAGE_FILES, rgb_formats, write_page

COLORS = ((255, 255, 255), (255, 0, 0), (0, 0, 255))
RUNTIME = {
    "onnxruntime.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "onnxruntime.wasm.gz": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}


def settings_of(model, folder, examples=None):
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"model")
    write_page(model, folder, examples)
    return json.loads((folder / "settings.json").read_text())


def test_labels_are_drawn_in_the_colors_of_their_palette(tiny, tmp_path):
    model = tiny()
    model.formats = (Labels(palette=COLORS),), Picture(3)
    settings = settings_of(model, tmp_path / "site")
    assert settings["brushes"] == [list(color) for color in COLORS]
    assert settings["background"] == [255, 255, 255]
    assert (settings["channels"], settings["any_color"]) == (3, False)
    assert (settings["height"], settings["width"]) == (256, 256)


def test_class_indices_are_drawn_in_colors_that_are_told_apart(tiny):
    model = tiny()
    model.formats = (Labels(3),), Labels(palette=(0, 128, 255))
    (condition,), target = rgb_formats(model)
    assert len(set(condition.palette)) == 3
    assert target.palette == ((0,) * 3, (128,) * 3, (255,) * 3)


def test_brushes_are_the_colors_of_the_examples_the_commonest_first(tiny, tmp_path):
    examples = np.zeros((2, 8, 12, 3), "uint8")
    examples[0, :3] = COLORS[1]
    Image.fromarray(examples[1]).save(tmp_path / "1.png")
    settings = settings_of(tiny(), tmp_path / "site", [examples[0], tmp_path / "1.png"])
    assert settings["brushes"] == [[0, 0, 0], [255, 0, 0]]
    assert (settings["height"], settings["width"]) == (8, 12)
    assert settings["examples"] == ["examples/1.png", "examples/2.png"]
    for name, expected in zip(settings["examples"], examples):
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "site" / name)), expected)


def test_pictures_of_many_colors_are_drawn_in_any_and_greys_in_grey(tiny, tmp_path):
    examples = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3), "uint8")
    assert settings_of(tiny(), tmp_path / "color", examples)["any_color"]
    grey = np.repeat(examples[..., :1], 3, axis=-1)
    settings = settings_of(tiny(), tmp_path / "grey", grey)
    assert not settings["any_color"]
    assert sorted(settings["brushes"]) == [[0] * 3, [128] * 3, [255] * 3]


def test_examples_are_taken_from_a_dataset_up_to_twelve(tiny, pairs, tmp_path):
    conditions, targets = (np.concatenate([images, images]) for images in pairs)
    dataset = PairDataset(conditions, targets, batch_size=3, shuffle=False)
    settings = settings_of(tiny(), tmp_path / "site", dataset)
    assert len(settings["examples"]) == 12
    first = np.asarray(Image.open(tmp_path / "site" / "examples" / "1.png"))
    np.testing.assert_array_equal(first, Picture(3).as_rgb(conditions[0]))


@pytest.mark.parametrize(
    "conditions",
    [(Labels(3), InstanceBoundaries()), (Picture(4),), (InstanceBoundaries(),)],
    ids=["two", "four", "edges"],
)
def test_conditions_that_do_not_fit_a_canvas_are_refused(tiny, conditions):
    model = tiny()
    model.formats = conditions, Picture(3)
    with pytest.raises(ValueError, match="labels, or a picture of 1 or 3 channels"):
        rgb_formats(model)


def test_examples_of_another_size_than_a_fixed_one_are_refused(tiny, tmp_path):
    with pytest.raises(ValueError, match=r"takes images of 16 x 16 pixels.*8 x 12"):
        settings_of(
            tiny(image_shape=(16, 16, 3)), tmp_path / "site", [np.zeros((8, 12, 3), "uint8")]
        )


def test_the_runtime_is_the_published_one():
    for name, checksum in RUNTIME.items():
        content = (PAGE_FILES / name).read_bytes()
        content = gzip.decompress(content) if name.endswith(".gz") else content
        assert hashlib.sha256(content).hexdigest() == checksum


def test_the_page_names_no_outside_address():
    for name in ("index.html", "style.css", "draw.js", "worker.js"):
        assert not re.search(r"(https?:)?//\w", (PAGE_FILES / name).read_text())


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page of a model from three classes to a picture that depends on them alone."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow exports")
    unet = kp.UNetGenerator(depth=2, filters=4, normalization=None)
    model = kp.Pix2Pix(unet, kp.PatchDiscriminator(receptive_field=1, filters=4))
    model.formats = (Labels(palette=COLORS),), Picture(3, dtype="uint8")
    randomize(model.generator)
    example = np.full((30, 40, 3), 255, "uint8")
    example[10:20, 10:30] = COLORS[2]
    path = tmp_path_factory.mktemp("web") / "site"
    kp.export(model, path, "web", examples=[example, example[:, ::-1].transpose(1, 0, 2)])
    with served(path) as address:
        yield address, model


def pixels(page, canvas):
    """What a canvas shows, without its alpha."""
    width, height, data = page.evaluate(
        f"""() => {{
            const canvas = document.getElementById("{canvas}");
            const context = canvas.getContext("2d");
            const {{ data }} = context.getImageData(0, 0, canvas.width, canvas.height);
            return [canvas.width, canvas.height, Array.from(data)];
        }}"""
    )
    return np.array(data, "uint8").reshape(height, width, 4)[..., :3]


def generated(page, model):
    """Wait for the picture of the newest drawing, which `translate` generates as well."""
    page.wait_for_timeout(50)
    page.wait_for_selector('#status[data-state="done"]', timeout=60_000)
    drawing, picture = pixels(page, "drawing"), pixels(page, "picture")
    assert np.abs(picture.astype(int) - model.translate(drawing)).max() <= 1
    return drawing, picture


def draw(page, start, end):
    box = page.locator("#drawing").bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=8)
    page.mouse.up()


@pytest.mark.browser
def test_a_stroke_changes_the_picture_and_undo_and_clear_take_it_back(site):
    address, model = site
    with visited(address) as page:
        example, first = generated(page, model)
        assert (example[15, 20] == COLORS[2]).all()
        draw(page, (0.1, 0.1), (0.9, 0.8))
        drawing, second = generated(page, model)
        assert (second != first).any()
        # Strokes have the brush's color alone, up to their edges.
        assert {tuple(c) for c in drawing[(drawing != example).any(axis=-1)]} == {COLORS[1]}
        page.keyboard.press("Control+z")
        np.testing.assert_array_equal(generated(page, model)[0], example)
        page.get_by_text("Clear").click()
        assert (generated(page, model)[0] == COLORS[0]).all()
        page.get_by_text("Undo").click()
        np.testing.assert_array_equal(generated(page, model)[1], first)


@pytest.mark.browser
def test_brushes_examples_and_saving(site, tmp_path):
    address, model = site
    with visited(address) as page:
        generated(page, model)
        page.get_by_role("button").filter(has=page.get_by_alt_text("Example 2")).click()
        example, _ = generated(page, model)
        assert example.shape == (40, 30, 3)
        page.get_by_role("radio").nth(2).click()
        page.locator("#size").fill("6")
        draw(page, (0.5, 0.05), (0.5, 0.1))
        drawing, picture = generated(page, model)
        assert (drawing[2:4, 13:17] == COLORS[2]).all()
        with page.expect_download() as download:
            page.get_by_text("Save picture").click()
        download.value.save_as(tmp_path / "picture.png")
        saved = np.asarray(Image.open(tmp_path / "picture.png").convert("RGB"))
        np.testing.assert_array_equal(saved, picture)


@pytest.mark.browser
def test_on_a_phone_it_fits_and_is_drawn_by_touch(site):
    address, model = site
    with visited(address, width=390, height=844, phone=True) as page:
        example, _ = generated(page, model)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        bottom = page.locator("#picture").bounding_box()
        assert bottom["y"] + bottom["height"] <= 844
        box = page.locator("#drawing").bounding_box()
        page.touchscreen.tap(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"])
        drawing, _ = generated(page, model)
        assert (drawing[3, 4] == COLORS[1]).all()
        assert (drawing[20:] == example[20:]).all()
