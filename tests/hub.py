"""A stand-in for the Hugging Face Hub on this machine: repositories of models in memory.

It speaks the part of the protocol that `huggingface_hub` needs to create a repository, to commit
files to it, and to download all of them.
"""

import base64
import contextlib
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0" * 39 + "1"


@contextlib.contextmanager
def hub():
    """Yield the address of a hub, and its files: a dict from a repository to a dict of files."""
    repositories = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def answer(self, value, status=200, **headers):
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name.replace("_", "-"), text)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == "/api/repos/create":
                wanted = json.loads(body)
                name = f"{wanted.get('organization') or 'user'}/{wanted['name']}"
                repositories.setdefault(name, {})
                self.answer({"url": f"{address}/{name}", "name": name, "id": name})
            elif self.path == "/api/validate-yaml":
                self.answer({"errors": [], "warnings": []})
            elif found := re.fullmatch(r"/api/models/(\w+/[\w.-]+)/preupload/main", self.path):
                files = json.loads(body)["files"]
                modes = [
                    {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False}
                    for f in files
                ]
                self.answer({"files": modes})
            elif found := re.fullmatch(r"/api/models/(\w+/[\w.-]+)/commit/main", self.path):
                for line in map(json.loads, body.splitlines()):
                    if line["key"] == "file":
                        file = line["value"]
                        repositories[found[1]][file["path"]] = base64.b64decode(file["content"])
                self.answer({"commitUrl": f"{address}/{found[1]}/commit/main", "commitOid": COMMIT})
            else:
                self.answer({"error": self.path}, 404)

        def do_GET(self):
            path = self.path.split("?")[0]
            if found := re.fullmatch(r"/api/models/(\w+/[\w.-]+)/revision/main", path):
                files = [{"rfilename": name} for name in repositories[found[1]]]
                self.answer({"id": found[1], "sha": COMMIT, "siblings": files})
            elif found := re.fullmatch(r"/(\w+/[\w.-]+)/resolve/\w+/(.+)", path):
                content = repositories[found[1]][found[2]]
                tag = hashlib.sha1(content).hexdigest()
                self.answer(content, ETag=f'"{tag}"', X_Repo_Commit=COMMIT)
            elif found := re.fullmatch(r"/api/models/(\w+/[\w.-]+)/tree/\w+", path):
                self.answer(
                    [
                        {"type": "file", "path": name, "size": len(content), "oid": COMMIT}
                        for name, content in repositories[found[1]].items()
                    ]
                )
            else:
                self.answer({"error": path}, 404)

        do_HEAD = do_GET  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address, repositories
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
