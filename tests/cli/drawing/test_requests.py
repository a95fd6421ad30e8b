"""What the local page answers, and to whom."""

import http.client
import socket

import numpy as np
import pytest
from drawn_page import answering

from keras_pix2pix.data import Labels, Picture
from keras_pix2pix_cli.drawing.server import page_server, serve

BINARY = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def server(negating):
    """The page of a model whose pictures are the negatives of drawings."""
    model = negating(Picture(3, interpolation="nearest", dtype="uint8"))
    with answering(page_server(model, port=0)) as started:
        yield started


@pytest.fixture
def ask(server):
    """A function that returns the status, the headers and the content of an answer."""

    def ask(method, address, body=None, headers=None, port=server.server_port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(method, address, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    return ask


def drawing(height=6, width=4):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), "uint8")


def test_a_drawing_is_answered_with_its_picture(ask):
    status, headers, content = ask(
        "POST", "/generate?height=6&width=4", drawing().tobytes(), BINARY
    )
    assert (status, headers["Picture-Shape"]) == (200, "1,6,4,3")
    np.testing.assert_array_equal(np.frombuffer(content, "uint8").reshape(6, 4, 3), 255 - drawing())


@pytest.mark.parametrize("format", [Labels(3, ignore=255), Labels(palette=[(9, 9, 9), (1, 2, 3)])])
def test_labels_are_sent_in_the_colors_of_the_page(negating, ask, format):
    model = negating(format)
    stored = model.formats[0][0].decode(np.eye(format.channels, dtype="float32") * 2 - 1)
    expected = negating(format).translate(stored[None])
    with answering(page_server(model, port=0)) as server:
        colors = np.array(model.formats[0][0].palette, "uint8")
        address = f"/generate?height=1&width={len(colors)}"
        status, _, content = ask("POST", address, colors.tobytes(), BINARY, server.server_port)
        assert status == 200, content
        np.testing.assert_array_equal(np.frombuffer(content, "uint8").reshape(1, -1, 3), expected)
        # Black is no class, or an error that the page shows.
        address = "/generate?height=1&width=1"
        status, _, content = ask("POST", address, bytes(3), BINARY, server.server_port)
        assert status == (200 if format.ignore else 500)
        assert format.ignore or b"must have labels of the palette" in content


def test_the_files_of_the_page(ask):
    for address, kind in (
        ("/", "text/html"),
        ("/style.css", "text/css"),
        ("/page.js", "text/javascript"),
        ("/settings.js", "text/javascript"),
        ("/runner.js?again", "text/javascript"),
    ):
        status, headers, content = ask("GET", address)
        assert (status, headers.get_content_type()) == (200, kind)
        assert content and headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for address in ("/server.py", "/../server.py", "//style.css/", "/onnxruntime.mjs"):
        assert ask("GET", address)[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:1"}, 200),
        ({"Host": "192.168.0.7"}, 200),
        ({"Host": "[::1]:80"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_only_this_page_may_ask(ask, headers, status):
    body = drawing(1, 1).tobytes()
    answered = ask("POST", "/generate?height=1&width=1", body, {**BINARY, **headers})
    assert answered[0] == status
    if "Host" in headers:
        # No other name may be pointed at this machine to read the page.
        assert ask("GET", "/", headers=headers)[0] == status


@pytest.mark.parametrize(
    ("query", "size", "status", "message"),
    [
        ("height=1&width=1", 4, 400, "1 x 1 has 3 bytes, not 4"),
        ("height=0&width=1", 0, 400, "needs a height"),
        ("height=1", 3, 400, "needs a width"),
        ("height=-1&width=1", 3, 400, "needs a height"),
        ("height=1e3&width=1", 3, 400, "needs a height"),
        ("height=4096&width=4096", 3, 413, "at most 4194304 pixels"),
        ("height=9999999&width=1", 3, 400, "needs a height"),
    ],
)
def test_drawings_that_are_not_what_they_say_are_refused(ask, query, size, status, message):
    answered, _, content = ask("POST", f"/generate?{query}", bytes(size), BINARY)
    assert (answered, message in content.decode()) == (status, True), content


def test_a_drawing_is_sent_to_one_address(ask):
    assert ask("POST", "/", b"", BINARY)[0] == 404
    assert ask("PUT", "/generate", b"", BINARY)[0] == 501


def test_it_listens_on_this_machine_alone(server):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.server_port), timeout=5)


def test_a_port_that_is_taken_is_a_clear_error(server, negating):
    model = negating(Picture(3, dtype="uint8"))
    port = server.server_port
    with pytest.raises(OSError, match=f"port {port} of 127.0.0.1: .*Use another port"):
        serve(model, port=port)
