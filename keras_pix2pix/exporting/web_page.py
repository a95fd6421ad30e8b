"""The web page that runs an exported model in the browser. Its files are in the folder page/.

The page is opened by a double click, too. A browser then reads nothing but scripts, styles and
pictures, so the runtime and the model are scripts that hold their bytes as text.
"""

import base64
import json
import shutil
from pathlib import Path
from typing import Any

PAGE_FILES = Path(__file__).parent / "page"
# What every page needs, and the license of the runtime.
SHARED_FILES = ("index.html", "style.css", "drawing.js", "page.js")
RUNTIME = ("onnxruntime.mjs", "onnxruntime.wasm.gz")
# Bytes of a model in one script. Some hosts take no file above 100 MB, and no browser a longer text
# than 512 MB.
PART = 48 * 2**20


def write_page(folder: Path, settings: dict[str, Any]) -> None:
    """Write the page into a folder that has the file `model.onnx`, which becomes a part of it.

    Args:
        folder: `Path` of the folder.
        settings: dict, what `page_settings` has returned.
    """
    for name in (*SHARED_FILES, "LICENSES.txt"):
        shutil.copy(PAGE_FILES / name, folder / name)
    shutil.copy(PAGE_FILES / "in_browser.js", folder / "runner.js")
    runtime = [_as_script(name, (PAGE_FILES / name).read_bytes()) for name in RUNTIME]
    (folder / "runtime.js").write_text("".join(runtime))
    scripts = ["runtime.js", *_write_model(folder)]
    size = sum((folder / name).stat().st_size for name in scripts)
    settings = {**settings, "scripts": scripts, "megabytes": round(size / 1e6, 1)}
    (folder / "settings.js").write_text(settings_script(settings))


def settings_script(settings: dict[str, Any]) -> str:
    """Return settings as a script."""
    return f"const settings = {json.dumps(settings, indent=1)};\n"


def _write_model(folder: Path) -> list[str]:
    """Turn `model.onnx` into scripts, and return their names."""
    names: list[str] = []
    with (folder / "model.onnx").open("rb") as file:
        while part := file.read(PART):
            names.append(f"model_{len(names) + 1}.js")
            (folder / names[-1]).write_text(_as_script("model.onnx", part))
    (folder / "model.onnx").unlink()
    return names


def _as_script(name: str, content: bytes) -> str:
    return f'receive("{name}", "{base64.b64encode(content).decode()}");\n'
