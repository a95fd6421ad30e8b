"""The page to draw on, in a real browser."""

import importlib.util
import io
import os
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from browser import visited
from PIL import Image

from keras_pix2pix.data import Picture
from keras_pix2pix_cli.drawing.page import serve

ROOT = Path(__file__).resolve().parents[3]


def test_without_gradio_it_says_what_to_install(negating, masks, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(ImportError, match=r"keras-pix2pix\[demo\]"):
        serve(negating(masks.formats[0][0]), masks, port=0)


@pytest.fixture(scope="module")
def page(negating, tmp_path_factory):
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


def test_a_port_that_is_taken_is_a_clear_error(page, negating, masks):
    port = int(re.search(r"\d+$", page)[0])
    with pytest.raises(OSError, match=f"port {port} of 127.0.0.1: .*Use another port"):
        serve(negating(masks.formats[0][0]), masks, port=port)


def test_it_listens_on_this_machine_alone(page):
    port = int(re.search(r"\d+$", page)[0])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)
