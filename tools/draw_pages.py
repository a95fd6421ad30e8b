"""Draw docs/images/web.png and web_phone.png: a face, drawn on the page of the sample model.

    make docs
    python tools/draw_pages.py

It needs Chromium, as the tests of pages do.
"""

import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browser import launched, served, visited  # noqa: E402

SITE = ROOT / "docs/_build/html/drawing"
IMAGES = ROOT / "docs/images"


def main() -> None:
    """Draw the same face on a computer and on a phone, and keep what the page shows."""
    with launched() as chromium, served(SITE) as address:
        with visited(chromium, address, width=1200, height=840) as page:
            draw_face(page)
            page.screenshot(path=IMAGES / "web.png")
        with visited(chromium, address, width=390, height=844, phone=True) as page:
            draw_face(page)
            page.screenshot(path=IMAGES / "web_phone.png")


def draw_face(page: Any) -> None:
    """Draw a face with the mouse, and wait for its picture."""
    page.wait_for_selector('#status[data-state="done"]', timeout=60_000)
    page.get_by_role("button", name="Clear").click()
    page.locator("#size").fill("5")
    arcs = [((0.5, 0.5), 0.4, 0.0, 2.0), ((0.5, 0.55), 0.2, 0.15, 0.85)]
    for center, radius, first, last in arcs:
        stroke(page, [arc(center, radius, first, last, step / 40) for step in range(41)])
    for x in (0.36, 0.64):
        stroke(page, [(x, 0.36), (x, 0.44)])
    page.wait_for_timeout(2000)
    page.wait_for_selector('#status[data-state="done"]', timeout=60_000)


def arc(
    center: tuple[float, float], radius: float, first: float, last: float, share: float
) -> tuple[float, float]:
    """Return a point of an arc between two angles, in units of pi."""
    angle = math.pi * (first + (last - first) * share)
    return center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle)


def stroke(page: Any, points: Iterable[tuple[float, float]]) -> None:
    """Draw through points, which are shares of the canvas."""
    box = page.locator("#drawing").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()


if __name__ == "__main__":
    main()
