"""The page to draw into: what a drawing means, and a real browser that draws."""

import importlib.util
import io
import os
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import keras
import numpy as np
import pytest
from browser import visited
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data import InstanceBoundaries, Labels, Picture
from keras_pix2pix_cli.drawing_page import Canvas, serve

ROOT = Path(__file__).resolve().parents[2]
PICTURE = Picture(3, interpolation="bicubic", dtype="uint8")


def negating(condition, target=PICTURE):
    """A model whose pictures are the negatives of its conditions."""
    inputs = keras.Input((None, None, condition.channels))
    pictures = keras.layers.Rescaling(-1.0)(inputs)
    if condition.channels != 3:
        pictures = keras.layers.Conv2D(3, 1, kernel_initializer="ones")(pictures)
    model = kp.Pix2Pix(
        keras.Model(inputs, pictures),
        kp.PatchDiscriminator((None, None, condition.channels), receptive_field=1, filters=2),
    )
    model.formats = (condition,), target
    return model


def dataset(conditions, condition, size=16):
    targets = np.zeros((*np.shape(conditions)[:3], 3), "uint8")
    return kp.data.PairDataset(conditions, targets, image_size=size, formats=(condition, PICTURE))


@pytest.fixture
def masks():
    """Two masks, mostly black, with a white corner."""
    conditions = np.zeros((2, 16, 16, 3), "uint8")
    conditions[:, :4, :8] = 255
    return dataset(conditions, Picture(3, interpolation="nearest", dtype="uint8"))


def drawn(canvas, *colors):
    """A canvas of vertical stripes."""
    drawing = canvas.blank()
    width = drawing.shape[1] // len(colors)
    for number, color in enumerate(colors):
        drawing[:, number * width : (number + 1) * width] = color
    return drawing


def test_the_brush_has_the_colors_of_the_conditions_and_the_commonest_is_the_canvas(masks):
    canvas = Canvas(negating(masks.formats[0][0]), masks)
    assert canvas.colors.tolist() == [[0, 0, 0], [255, 255, 255]]
    assert canvas.snapped
    assert canvas.shape == (512, 512) and canvas.scale == 32
    assert len(canvas.examples) == 2 and canvas.examples[0].shape == (512, 512, 3)
    assert (canvas.blank() == 0).all()


def test_examples_come_back_as_the_conditions_they_are(masks):
    canvas = Canvas(negating(masks.formats[0][0]), masks)
    condition = canvas.condition(canvas.examples[0])
    np.testing.assert_array_equal(condition, np.rint(masks[0][0][0] * 127.5 + 127.5))
    assert condition.dtype == np.uint8


def test_what_is_drawn_is_snapped_to_the_colors_and_transparency_is_the_canvas(masks):
    canvas = Canvas(negating(masks.formats[0][0]), masks)
    drawing = drawn(canvas, (200, 180, 190), (90, 60, 110))
    condition = canvas.condition(drawing)
    assert condition.shape == (16, 16, 3)
    assert (condition[:, :8] == 255).all() and (condition[:, 8:] == 0).all()
    transparent = np.dstack([np.full_like(drawing, 255), np.zeros(drawing.shape[:2], "uint8")])
    assert (canvas.condition(transparent) == 0).all()


def test_another_size_is_scaled_without_new_colors(masks):
    canvas = Canvas(negating(masks.formats[0][0]), masks)
    upload = np.zeros((30, 50, 3), "uint8")
    upload[:, 25:] = 255
    condition = canvas.condition(upload)
    assert condition.shape == (16, 16, 3)
    assert set(np.unique(condition)) == {0, 255}
    assert (condition[:, 9:] == 255).all()


def test_pictures_of_many_colors_are_drawn_in_black_and_white_and_not_snapped():
    rng = np.random.default_rng(0)
    conditions = np.full((2, 16, 16, 1), 255, "uint8")
    conditions[:, 5:8] = rng.integers(0, 255, (2, 3, 16, 1))
    data = dataset(conditions, Picture(1, interpolation="bicubic", dtype="uint8"))
    canvas = Canvas(negating(data.formats[0][0]), data)
    assert canvas.colors.tolist() == [[255, 255, 255], [0, 0, 0]]
    assert not canvas.snapped
    condition = canvas.condition(drawn(canvas, (128, 128, 128), (0, 0, 0)))
    assert condition.shape == (16, 16, 1)
    assert (condition[:, :8] == 128).all() and (condition[:, 8:] == 0).all()


@pytest.mark.parametrize("stored", ["index", "color"])
def test_labels_are_drawn_in_colors_and_read_as_they_are_stored(stored):
    palette = [(0, 0, 0), (0, 255, 0), (255, 0, 0)]
    if stored == "index":
        labels, values = Labels(3, ignore=255), np.arange(3)[:, None]
    else:
        labels, values = Labels(palette=palette), np.array(palette)
    index = np.full((1, 16, 16), 2)
    index[:, :2] = 1
    data = dataset(values[index].astype("uint8"), labels)
    canvas = Canvas(negating(labels), data)
    assert canvas.snapped
    # Classes, the commonest first, and no class where there is one to name.
    assert len(canvas.colors) == (4 if stored == "index" else 3)
    assert len({tuple(color) for color in canvas.colors.tolist()}) == len(canvas.colors)
    if stored == "color":
        assert canvas.colors[:2].tolist() == [[255, 0, 0], [0, 255, 0]]
    condition = canvas.condition(drawn(canvas, canvas.colors[1], canvas.colors[0]))
    assert (condition[:, :8] == values[1]).all() and (condition[:, 8:] == values[2]).all()
    assert (canvas.condition(canvas.examples[0]) == values[index[0]]).all()
    # The model takes it.
    assert negating(labels).translate(condition).shape == (16, 16, 3)


def test_without_examples_masks_begin_black_and_pictures_white():
    for interpolation, first in (("nearest", 0), ("bicubic", 255)):
        canvas = Canvas(negating(Picture(3, interpolation=interpolation)))
        assert (canvas.blank() == first).all()
        assert canvas.blank().shape == (512, 512, 3)
        assert canvas.examples == []


@pytest.mark.parametrize(
    "formats", [(Picture(5),), (Labels(3), InstanceBoundaries()), (InstanceBoundaries(),)]
)
def test_conditions_that_cannot_be_drawn_are_refused(formats):
    channels = sum(format.channels for format in formats)
    model = negating(Picture(channels))
    model.formats = formats, PICTURE
    with pytest.raises(ValueError, match="can be drawn"):
        Canvas(model)


def test_without_gradio_it_says_what_to_install(masks, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(ImportError, match=r"keras-pix2pix\[demo\]"):
        serve(negating(masks.formats[0][0]), masks, port=0)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The address of a page that the command serves."""
    if importlib.util.find_spec("gradio") is None:
        pytest.skip("gradio is not installed")
    folder = tmp_path_factory.mktemp("demo")
    for side in ("masks", "photos"):
        (folder / side).mkdir()
        for number in range(2):
            image = np.full((16, 16, 3), 50 * number, "uint8")
            image[:4, :8] = 255
            image = np.where(image == 255, 255, 0 if side == "masks" else image)
            Image.fromarray(image.astype("uint8")).save(folder / side / f"{number}.png")
    negating(Picture(3, interpolation="nearest", dtype="uint8")).save(folder / "model.keras")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--data", ".", "--image-size", "16", "--port", str(port)]
    # Proxies are for the world outside.
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with subprocess.Popen(
        [sys.executable, "-m", "keras_pix2pix_cli", "demo", "model.keras", *options],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert "Draw at" in process.stdout.readline()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def generated(page):
    """The picture that is shown now."""
    address = page.get_attribute("#generated img", "src")
    with urllib.request.urlopen(address) as answer:
        return np.asarray(Image.open(io.BytesIO(answer.read())).convert("RGB"))


def until(page, holds):
    """Wait until it holds for the picture that is shown."""
    for _ in range(240):
        if holds(generated(page)):
            return True
        page.wait_for_timeout(250)
    return False


def test_a_stroke_of_the_mouse_changes_the_picture(page):
    with visited(page, height=900) as chromium:
        chromium.wait_for_selector("#generated img", timeout=120_000)
        assert until(chromium, lambda picture: (picture == 255).all())
        box = chromium.locator("#drawing canvas").first.bounding_box()
        left, top = box["x"] + box["width"] / 2 - 150, box["y"] + box["height"] / 2
        chromium.mouse.move(left, top)
        chromium.mouse.down()
        chromium.mouse.move(left + 300, top, steps=12)
        chromium.mouse.up()
        # The stroke is white, so its negative is black, in a line across the middle.
        assert until(chromium, lambda picture: (picture[6:10] == 0).any())
        picture = generated(chromium)
        assert set(np.unique(picture)) == {0, 255}
        assert (picture[:4] == 255).all() and (picture[12:] == 255).all()
        # An example takes the place of the drawing: its corner is black in the negative.
        chromium.locator("#examples button").first.click()
        assert until(chromium, lambda picture: (picture[:4, :8] == 0).all())
        assert (generated(chromium)[4:] == 255).all()


def test_a_port_that_is_taken_is_a_clear_error(page, masks):
    port = int(re.search(r"\d+$", page)[0])
    with pytest.raises(OSError, match=f"Port {port} of 127.0.0.1 .*Take another"):
        serve(negating(masks.formats[0][0]), masks, port=port)


def test_it_listens_on_this_machine_alone(page):
    port = int(re.search(r"\d+$", page)[0])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)
