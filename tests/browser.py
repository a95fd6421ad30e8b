"""A page in headless Chromium that watches what is asked for and what goes wrong."""

import contextlib
import re
import shutil
import subprocess
import sys
import urllib.parse

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
def visited(address, width=1280, height=800, phone=False):
    """A Playwright page; at the end, no request has left the machine and no error was logged.

    Args:
        address: str, where the page is.
        width: int, the width of the window in pixels of the page. Defaults to `1280`.
        height: int, its height. Defaults to `800`.
        phone: bool, whether the page is touched, on a screen of two pixels a pixel of the page.
            Defaults to `False`.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    asked, wrong = [], []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            page = browser.new_page(
                viewport={"width": width, "height": height},
                has_touch=phone,
                is_mobile=phone,
                device_scale_factor=2 if phone else 1,
            )
            page.on("request", lambda request: asked.append(request.url))
            page.on("websocket", lambda socket: asked.append(socket.url))
            page.on("console", lambda line: line.type == "error" and wrong.append(line.text))
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("requestfailed", lambda request: wrong.extend(_failure(request)))
            page.goto(address)
            yield page
        finally:
            browser.close()
    parts = map(urllib.parse.urlsplit, asked)
    outside = [part for part in parts if part.scheme not in ("data", "blob")]
    assert {part.hostname for part in outside} == {"127.0.0.1"}, asked
    assert not wrong, wrong


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
