"""What a test does on the page to draw on: it draws, waits for the picture, and looks at both."""

import contextlib
import threading
import time

import numpy as np


@contextlib.contextmanager
def answering(server):
    """A server that answers in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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


def generated(page, translate):
    """Wait for the picture of the newest drawing, which `translate` generates as well."""
    page.wait_for_timeout(50)
    page.wait_for_selector('#status[data-state="done"]', timeout=60_000)
    drawing, picture = pixels(page, "drawing"), pixels(page, "picture")
    assert np.abs(picture.astype(int) - translate(drawing)).max() <= 1
    return drawing, picture


def draw(page, start, end):
    """Draw a line between two places, which are shares of the canvas."""
    page.locator("#drawing").scroll_into_view_if_needed()
    box = page.locator("#drawing").bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=8)
    page.mouse.up()


@contextlib.contextmanager
def replaced(page):
    """Wait until the drawing is another one, which is loaded in the background."""
    before = page.evaluate("drawing.past.length")
    yield
    for _ in range(600):
        if page.evaluate("drawing.past.length") > before:
            return
        page.wait_for_timeout(50)
    raise AssertionError("no other drawing was loaded")


def press(page, *keys):
    """Press keys one after another."""
    for key in keys:
        page.keyboard.press(key)


def print_first_picture(page, capsys, what):
    """Print how long a visitor waits for the first picture."""
    began = time.monotonic()
    page.wait_for_selector('#status[data-state="done"]', timeout=60_000)
    with capsys.disabled():
        print(f"\n{what}: first picture after {time.monotonic() - began:.1f} s")
