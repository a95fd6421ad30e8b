"""A server for the tests of downloads, on this machine."""

import http.server
import threading

import pytest


class Server(http.server.ThreadingHTTPServer):
    """Serves one file at /file, in the ways that servers have.

    Args:
        content: bytes of the file.
        cuts: list of ints: after so many bytes of its first, second, ... answer it hangs up.
        ranges: bool, whether it goes on from where it is asked to; or `"wrong"`, if it says that
            it does, and begins again.
        pause: float, seconds that it waits before it answers.
    """

    daemon_threads = True

    def __init__(self, content, cuts=(), ranges=True, pause=0):
        super().__init__(("127.0.0.1", 0), Answer)
        self.content = content
        self.cuts = list(cuts)
        self.ranges = ranges
        self.requests = []
        self.stopped = threading.Event()
        self.pause = pause
        self.address = f"http://127.0.0.1:{self.server_port}/file"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.requests.append((self.path, self.headers.get("Range")))
        server.stopped.wait(server.pause)
        if self.path != "/file":
            return self.send_error(404)
        start, size = 0, len(server.content)
        if server.ranges and "Range" in self.headers:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            start = 0 if server.ranges == "wrong" else start
            if start >= size:
                return self.send_error(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(size - start))
        self.end_headers()
        end = start + server.cuts.pop(0) if server.cuts else size
        self.wfile.write(server.content[start:end])

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    """A function that starts a `Server`."""
    servers = []

    def start(*args, **kwargs):
        server = Server(*args, **kwargs)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return server

    yield start
    for server, thread in servers:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
