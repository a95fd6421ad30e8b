"""The image files that `translate_files` reads, and the names of their pictures."""

import glob
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.pairing.folders import IMAGE_SUFFIXES, find_images, natural_sort_key
from keras_pix2pix.inference.condition import is_path
from keras_pix2pix.types import PathLike


def find_sources(source: Any) -> dict[str, str]:
    """Return the image files that a source names.

    Args:
        source: path of a folder, which is searched with its sub-folders; a pattern; path of an
            image; or a list of paths of images.

    Returns:
        A dict from the name of a picture, with its sub-folder and without ending, to the path of
        the image.

    Raises:
        ValueError: if nothing is found, or two images would have the same name.
    """
    if is_path(source):
        source = os.path.expanduser(source)
    if is_path(source) and os.path.isdir(source):
        return find_images(source)
    if not is_path(source):
        paths = [os.path.abspath(os.path.expanduser(path)) for path in source]
        root = os.path.commonpath(map(os.path.dirname, paths)) if paths else ""
    elif os.path.exists(source):
        paths, root = [os.fspath(source)], os.path.dirname(source)
    else:
        matching = glob.glob(os.fspath(source), recursive=True)
        matching = [
            path for path in matching if os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES
        ]
        paths, root = sorted(matching, key=natural_sort_key), _searched(source)
    found: dict[str, str] = {}
    for path in paths:
        name = os.path.splitext(os.path.relpath(path, root))[0]
        if name in found:
            raise ValueError(
                f"{printable_path(found[name])} and {printable_path(path)} would have the same "
                f"picture, {printable_path(name)!r}. Translate them into different folders."
            )
        found[name] = path
    if not found:
        raise ValueError(f"There is no folder, and no image, that {source!r} names.")
    return found


def keep_apart(source: Any, found: Mapping[str, str], output: Path) -> None:
    """Refuse to write where images are read, now or in a later call.

    Args:
        source: the argument of `find_sources`.
        found: the result of `find_sources`.
        output: path of the folder to write to.

    Raises:
        ValueError: naming the folder.
    """
    source = os.path.expanduser(source) if is_path(source) else source
    target = os.path.realpath(output)
    mixed = target in {os.path.realpath(os.path.dirname(path)) for path in found.values()}
    if is_path(source) and (os.path.isdir(source) or "**" in os.fspath(source)):
        root = os.path.realpath(source if os.path.isdir(source) else _searched(source))
        mixed = mixed or os.path.commonpath([root, target]) == root
    if mixed:
        raise ValueError(
            "output must be a folder of its own, not where the images are: called again, pictures "
            f"would be taken for conditions. Received: {printable_path(output)}"
        )


def _searched(pattern: PathLike) -> str:
    """Return the folder that a pattern searches with all its sub-folders."""
    folder = os.fspath(pattern)
    while glob.has_magic(folder):
        folder = os.path.dirname(folder)
    return folder
