"""A local web server for the page to draw on, with a Keras model behind it."""

import functools
import socket
import threading
from http.server import ThreadingHTTPServer
from typing import Any

import numpy as np

from keras_pix2pix.data import PairDataset
from keras_pix2pix.exporting.drawing_page import page_settings, rgb_formats
from keras_pix2pix.exporting.web_page import PAGE_FILES, SHARED_FILES, settings_script
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix_cli.drawing.requests import File, PageRequest


def serve(
    model: Pix2Pix,
    data: PairDataset | None = None,
    host: str = "127.0.0.1",
    port: int = 7860,
    title: str | None = None,
    labels: list[str] | None = None,
) -> None:
    """Serve the page until the program ends.

    The page loads nothing from other servers. By default, only this machine can open it. It is the
    page that `export(format="web")` writes, but here the program runs the model, on any backend.

    Args:
        model: a `Pix2Pix` whose condition is one image of labels, grey or RGB.
        data: a `PairDataset`. Its conditions are offered as examples, and their colors are the
            colors of the brush. Defaults to `None`.
        host: str, the address to listen on. `"0.0.0.0"` lets other machines connect. Defaults to
            `"127.0.0.1"`.
        port: int. `0` chooses a free one. Defaults to `7860`.
        title: str, the heading. Defaults to `None`, "Draw with the model".
        labels: list of str, the names of the classes. Defaults to `None`.

    Raises:
        OSError: if the port cannot be used.
        ValueError: if the condition of the model cannot be drawn.

    Example:

    ```python
    serve(keras.saving.load_model("training/best.keras"), val)
    ```
    """
    with page_server(model, data, host, port, title, labels) as server:
        name = f"[{host}]" if ":" in host else host
        print(f"Draw at http://{name}:{server.server_port} (Ctrl-C ends it)", flush=True)
        server.serve_forever()


def page_server(
    model: Pix2Pix,
    data: PairDataset | None = None,
    host: str = "127.0.0.1",
    port: int = 7860,
    title: str | None = None,
    labels: list[str] | None = None,
) -> ThreadingHTTPServer:
    """Return the server of `serve`, which listens, and does not answer before `serve_forever`."""
    settings = page_settings(model, data, title, labels)
    generate = _generator_of_pictures(model)
    # The first picture takes longest: the backend compiles.
    shape = settings["height"], settings["width"], settings["channels"]
    background = settings["brushes"][0]["color"][: settings["channels"]]
    generate(np.full(shape, background, "uint8"))
    request = functools.partial(
        PageRequest,
        host=host,
        files=_files(settings),
        generate=generate,
        channels=settings["channels"],
        most_pixels=max(2**22, 4 * settings["height"] * settings["width"]),
    )
    try:
        return _Server(host, port, request)
    except OSError as error:
        raise OSError(
            f"Cannot listen on port {port} of {host}: {error.strerror}. Use another port."
        ) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, handler: Any) -> None:
        # The kind of address decides the kind of socket: 127.0.0.1 or ::1.
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        self.address_family = found[0][0]
        super().__init__((str(found[0][4][0]), port), handler)


def _files(settings: dict[str, Any]) -> dict[str, File]:
    """Return the content of the page by its addresses."""
    files = {f"/{name}": File(name, (PAGE_FILES / name).read_bytes()) for name in SHARED_FILES}
    return files | {
        "/": files["/index.html"],
        "/runner.js": File("runner.js", (PAGE_FILES / "on_server.js").read_bytes()),
        "/settings.js": File("settings.js", settings_script(settings).encode()),
    }


def _generator_of_pictures(model: Pix2Pix) -> Any:
    """Return a function from a drawing to its picture, as uint8 arrays, for one at a time."""
    # Drawings have the colors that the page shows.
    model.formats = rgb_formats(model)
    lock = threading.Lock()

    def generate(drawing: np.ndarray) -> np.ndarray:
        with lock:
            return model.translate(drawing)

    return generate
