"""What the local page may be asked for, and by whom."""

import ipaddress
import mimetypes
import re
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import numpy as np

# Nothing of the page is for other pages, and no other page may show it inside of itself.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
BINARY = "application/octet-stream"


class File(NamedTuple):
    """A file of the page.

    Attributes:
        name: str, whose suffix gives the type.
        content: bytes.
    """

    name: str
    content: bytes


class RefusedError(Exception):
    """What is asked for is not answered.

    Args:
        status: `http.HTTPStatus`.
        reason: str, what the page shows.
    """

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class PageRequest(BaseHTTPRequestHandler):
    """Answers one request: with a file of the page, or with the picture of a drawing.

    Other web sites cannot use it: a request must name this machine in `Host`, so that no other
    name can be pointed here (DNS rebinding), and must come from this page.

    Args:
        *args: what a server gives to its handlers.
        host: str, the address that the server listens on.
        files: dict of a `File` by its address.
        generate: function from a uint8 array of shape `(height, width, channels)` to a picture.
        channels: int, of a drawing.
        most_pixels: int, the largest height times width of a drawing.
    """

    server_version = "keras-pix2pix"
    sys_version = ""
    # Seconds that a visitor may keep a connection without a word.
    timeout = 30

    def __init__(
        self,
        *args: Any,
        host: str,
        files: dict[str, File],
        generate: Callable[[np.ndarray], np.ndarray],
        channels: int,
        most_pixels: int,
    ) -> None:
        self._host = host
        self._files = files
        self._generate = generate
        self._channels = channels
        self._most_pixels = most_pixels
        super().__init__(*args)

    def do_GET(self) -> None:
        """Answer with a file of the page."""
        self._answer(self._file)

    def do_POST(self) -> None:
        """Answer with the picture of a drawing."""
        self._answer(self._picture)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: a stroke asks for dozens of pictures."""

    def _answer(self, content: Callable[[], tuple[bytes, dict[str, str]]]) -> None:
        status = HTTPStatus.OK
        try:
            self._check_visitor()
            body, headers = content()
        except RefusedError as refused:
            status, body, headers = refused.status, str(refused).encode(), _type("a.txt")
        except Exception as error:
            # The page shows it, and the program goes on.
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            body, headers = f"{type(error).__name__}: {error}".encode(), _type("a.txt")
        self.send_response(status)
        for name, value in {**HEADERS, **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _check_visitor(self) -> None:
        host = self.headers.get("Host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if name not in ("localhost", self._host.lower()) and not _is_address(name):
            raise RefusedError(
                HTTPStatus.FORBIDDEN, "Open this page by the address that the program has printed."
            )
        origin = self.headers.get("Origin", f"http://{host}")
        site = self.headers.get("Sec-Fetch-Site", "none")
        if origin != f"http://{host}" or (
            self.command == "POST" and site not in ("same-origin", "none")
        ):
            raise RefusedError(HTTPStatus.FORBIDDEN, "Other sites may not use this page.")

    def _file(self) -> tuple[bytes, dict[str, str]]:
        file = self._files.get(urlsplit(self.path).path)
        if file is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "There is no such file.")
        return file.content, _type(file.name)

    def _picture(self) -> tuple[bytes, dict[str, str]]:
        address = urlsplit(self.path)
        if address.path != "/generate":
            raise RefusedError(HTTPStatus.NOT_FOUND, "Drawings are sent to /generate.")
        # What a form of another site sends has another type.
        if self.headers.get("Content-Type") != BINARY:
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A drawing is {BINARY}.")
        height, width = (_side(address.query, name) for name in ("height", "width"))
        if height * width > self._most_pixels:
            raise RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"A drawing has at most {self._most_pixels} pixels, not {height} x {width}.",
            )
        shape = height, width, self._channels
        length = self.headers.get("Content-Length", "")
        if length != str(np.prod(shape)):
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                f"A drawing of {height} x {width} has {np.prod(shape)} bytes, not "
                f"{length or 'an unknown number'}.",
            )
        pixels = np.frombuffer(self.rfile.read(int(length)), "uint8")
        if pixels.size != np.prod(shape):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "The drawing ended early.")
        picture = self._generate(pixels.reshape(shape))
        sizes = ",".join(map(str, (1, *picture.shape)))
        return picture.tobytes(), {"Content-Type": BINARY, "Picture-Shape": sizes}


def _type(name: str) -> dict[str, str]:
    return {"Content-Type": f"{mimetypes.guess_type(name)[0]}; charset=utf-8"}


def _is_address(name: str) -> bool:
    """Return whether a host is named by its number, which no other site can point elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _side(query: str, name: str) -> int:
    (text, *_) = parse_qs(query).get(name, [""])
    if not re.fullmatch("[1-9][0-9]{0,5}", text):
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"A drawing needs a {name} in pixels.")
    return int(text)
