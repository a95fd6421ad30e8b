"""The local page in a real browser, and the command that serves it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from browser import barriers, scrolls_sideways, visited
from drawn_page import answering, draw, generated, print_first_picture
from PIL import Image

from keras_pix2pix.data import Picture
from keras_pix2pix_cli.drawing.server import page_server

ROOT = Path(__file__).resolve().parents[3]


def negative(drawing):
    return 255 - drawing


@pytest.fixture(scope="module")
def command(negating, tmp_path_factory):
    """The process of the command, and its address."""
    folder = tmp_path_factory.mktemp("demo")
    for side in ("masks", "photos"):
        (folder / side).mkdir()
        for number in range(2):
            image = np.full((16, 16, 3), 50 * number, "uint8")
            image[:4, :8] = 255
            image = np.where(image == 255, 255, 0 if side == "masks" else image)
            Image.fromarray(image.astype("uint8")).save(folder / side / f"{number}.png")
    negating(Picture(3, interpolation="nearest", dtype="uint8")).save(folder / "model.keras")
    options = ["--data", ".", "--image-size", "16", "--port", "0", "--title", "Negatives"]
    with subprocess.Popen(
        [sys.executable, "-m", "keras_pix2pix_cli", "demo", "model.keras", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            found = re.search(r"Draw at (\S+)", process.stdout.readline())
            yield process, found[1]
        finally:
            process.terminate()


@pytest.mark.browser
def test_a_stroke_changes_the_picture_until_the_program_ends(chromium, command, capsys):
    process, address = command
    with visited(chromium, address, height=900, failing=True) as page:
        print_first_picture(page, capsys, "demo")
        assert page.title() == "Negatives"
        example, _ = generated(page, negative)
        assert (example[:4, :8] == 255).all() and (example[4:] == 0).all()
        draw(page, (0.1, 0.5), (0.9, 0.5))
        drawing, picture = generated(page, negative)
        # The stroke is white, so its negative is black, in a line across the middle.
        assert (picture[7:9] == 0).any() and (drawing[12:] == 0).all()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert barriers(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert not scrolls_sideways(page)
        # Ctrl-C.
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        page.get_by_role("button", name="Clear").click()
        page.get_by_text("Is it still running?").wait_for()


@pytest.mark.browser
def test_a_page_of_another_site_gets_nothing(chromium, negating):
    """What a browser sends of itself, and what it lets another page read."""
    model = negating(Picture(3, interpolation="nearest", dtype="uint8"))
    code = """async (address) => {
        const options = { method: "POST", body: new Uint8Array(3),
                          headers: { "Content-Type": "application/octet-stream" } };
        try { return (await fetch(address + "generate?height=1&width=1", options)).status; }
        catch { return "refused"; }
    }"""
    with (
        answering(page_server(model, port=0)) as server,
        answering(page_server(model, port=0)) as other,
    ):
        own, foreign = (f"http://127.0.0.1:{site.server_port}/" for site in (server, other))
        with visited(chromium, own, failing=True) as page:
            assert page.evaluate(code, own) == 200
            assert page.evaluate(code, foreign) == "refused"
