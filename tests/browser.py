"""A page in headless Chromium that watches what is asked for and what goes wrong."""

import contextlib
import re
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

# Nothing but the page itself may use the network, and only this machine can be found.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@contextlib.contextmanager
def launched():
    """Chromium, which starts slowly: one is enough for many pages."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()


@contextlib.contextmanager
def visited(chromium, address, width=1280, height=800, phone=False, failing=False, **options):
    """A Playwright page; at the end, no request has left the machine and no error was logged.

    Args:
        chromium: what `launched` gives.
        address: str, or the path of a file, which is opened as by a double click.
        width: int, the width of the window in pixels of the page. Defaults to `1280`.
        height: int, its height. Defaults to `800`.
        phone: bool, whether the page is touched, on a screen of two pixels a pixel of the page.
            Defaults to `False`.
        failing: bool, whether something is meant to go wrong. Defaults to `False`.
        **options: of a Playwright page, such as `color_scheme="dark"`.
    """
    asked, wrong = [], []
    page = chromium.new_page(
        viewport={"width": width, "height": height},
        has_touch=phone,
        is_mobile=phone,
        device_scale_factor=2 if phone else 1,
        **options,
    )
    try:
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("console", lambda line: line.type == "error" and wrong.append(line.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: wrong.extend(_failure(request)))
        page.goto(address if isinstance(address, str) else address.as_uri())
        yield page
    finally:
        page.close()
    parts = map(urllib.parse.urlsplit, asked)
    outside = {part.hostname for part in parts if part.scheme not in ("data", "blob", "file")}
    assert outside <= {"127.0.0.1"}, asked
    assert failing or not wrong, wrong


def barriers(page):
    """What axe-core finds on a page that keeps people from using it."""
    axe = pytest.importorskip(
        "axe_playwright_python", reason="axe-playwright-python is not installed"
    )
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text())
    found = page.evaluate("axe.run(document, { preload: false })")
    return [
        f"{problem['id']}: {[node['target'] for node in problem['nodes']]}"
        for problem in found["violations"]
    ]


def scrolls_sideways(page):
    """Whether a page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def _failure(request):
    # What the page itself ends, as a stream that it has read, has not failed.
    return [] if request.failure == "net::ERR_ABORTED" else [f"{request.url} {request.failure}"]


@contextlib.contextmanager
def served(folder):
    """The address of a folder that `python -m http.server` serves."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            port = re.search(r"port (\d+)", server.stdout.readline())[1]
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
