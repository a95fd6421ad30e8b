"""The settings of a training, as `settings.json` in its folder has them. Needs no Keras."""

import importlib.util
import json
import os
from argparse import Namespace
from pathlib import Path
from typing import Any

SETTINGS = "settings.json"
# Of what the file holds. A later version may write what this one would misunderstand.
VERSION = 1
# In the settings: after how many epochs a finished training goes on.
GOES_ON = "goes_on_after"
# These options do not change the result of a training, and may change when it is resumed.
NOT_SETTINGS = ("command", "output", "overwrite", "json", "messages", "paper_options")
# What options of later versions mean for a training of before. `monitor` is left open.
OF_BEFORE = {"schedule": "linear", "freeze_encoder": False}


def of_options(args: Namespace) -> dict[str, Any]:
    """Return the settings that the options of `train` name, as JSON returns them."""
    settings = {name: value for name, value in vars(args).items() if name not in NOT_SETTINGS}
    settings["data"] = str(Path(args.data or sample_folder()).resolve())
    if settings["from"]:
        settings["from"] = str(Path(settings["from"]).resolve())
    return {"version": VERSION, **settings}


def sample_folder() -> Path:
    """Return the folder of the pairs that `train` takes if none are named."""
    package = importlib.util.find_spec("keras_pix2pix")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / "data" / "sets" / "samples"


def read(path: Path) -> dict[str, Any]:
    """Read a file of settings.

    Args:
        path: `Path`.

    Raises:
        ValueError: if a later version wrote it, or if it is no file of settings.
    """
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not a file of settings: {error}") from error
    if not isinstance(settings, dict):
        raise ValueError(f"{path} must hold the settings of a training. Received: {settings!r}")
    version = settings.get("version", VERSION)
    if version != VERSION:
        raise ValueError(
            f"{path} was written by a newer keras-pix2pix: its settings have version {version}, "
            f"and this one knows version {VERSION}. Update: pip install --upgrade keras-pix2pix"
        )
    return settings


def beside(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the settings of the training that wrote a model.

    Args:
        path: path of the model.

    Returns:
        dict, empty if there is no settings.json beside the model.
    """
    file = Path(path).parent / SETTINGS
    return read(file) if file.exists() else {}


def check_folder(folder: Path, settings: dict[str, Any]) -> int:
    """Refuse a folder in which a training with these settings can neither start nor go on.

    Args:
        folder: `Path`.
        settings: dict of settings. Some may be missing, if they are not known yet.

    Returns:
        The number of epochs of the finished training that goes on, else 0.

    Raises:
        ValueError: if the folder holds a finished training, a training with other settings, or
            other files.
    """
    if (folder / SETTINGS).exists():
        return _check_resumable(folder, settings)
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(
            f"{folder} holds other files. Use an --output folder that is new or empty."
        )
    return 0


def _check_resumable(folder: Path, settings: dict[str, Any]) -> int:
    earlier = {**OF_BEFORE, **read(folder / SETTINGS)}
    done = earlier.get(GOES_ON, 0)
    if earlier.get("finished"):
        done = earlier["epochs"]
        if settings["epochs"] <= done:
            raise ValueError(
                f"{folder} holds a finished training of --epochs {done}. Train on with more "
                "--epochs, use another --output, or --overwrite to replace it."
            )
        # What may change where a finished training goes on.
        earlier |= {name: settings[name] for name in ("epochs", "schedule") if name in settings}
    # Folders of before have no such settings. They say which epoch is kept, and what images mean,
    # as the model does.
    for name in ("monitor", "condition_format", "target_format"):
        earlier.setdefault(name, settings.get(name))
    earlier["version"] = VERSION
    changed = [
        _as_option(name, earlier.get(name))
        for name in settings
        if earlier.get(name) != settings[name]
    ]
    if changed:
        raise ValueError(
            f"{folder} holds a training that was started with {', '.join(changed)}. Use the same "
            "options to resume it, or --overwrite to replace it."
        )
    return done


def _as_option(name: str, value: Any) -> str:
    """Return a setting as the option that was given on the command line."""
    option = f"--{name.replace('_', '-')}"
    if value is None or value is False:
        return f"no {option}"
    if value is True:
        return option
    if isinstance(value, list) and isinstance(value[0], str):
        return " ".join(f"{option} {text}" for text in value)
    return f"{option} {'x'.join(map(str, value)) if isinstance(value, list) else value}"
