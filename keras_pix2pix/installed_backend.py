"""Refuse to start without the backend that Keras will use. Importing this file does it.

The error of Keras itself names only a module that is missing. This file says what to install, so it
must be imported before Keras.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path

NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


def chosen_backend() -> str:
    """Return the backend that Keras will use, by the rules of Keras.

    The environment variable `KERAS_BACKEND` counts first, then the file `keras.json`. Otherwise it
    is TensorFlow.
    """
    if name := os.environ.get("KERAS_BACKEND"):
        return name
    folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        settings = json.loads((folder / "keras.json").read_text())
    except (OSError, ValueError):
        return "tensorflow"
    return settings.get("backend", "tensorflow")


def refuse_missing_backend() -> None:
    """Refuse a backend that is not installed.

    Raises:
        ImportError: if it is missing. The message says what to install, and which installed backend
            could be used instead.
    """
    backend = chosen_backend()
    # Keras has other backends and may get new ones: it has to judge those.
    if backend not in NAMES or importlib.util.find_spec(backend) is not None:
        return
    others = [name for name in NAMES if importlib.util.find_spec(name) is not None]
    instead = "".join(
        f"\nOr use {NAMES[name]}, which is installed: set KERAS_BACKEND={name} in the environment."
        for name in others
    )
    raise ImportError(
        f"Keras runs on {NAMES[backend]} here, which is not installed. Install it:\n"
        f"    pip install 'keras-pix2pix[{backend}]'{instead}"
    )


if "keras" not in sys.modules:
    refuse_missing_backend()
