"""Find the images of a folder."""

import itertools
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.types import PathLike

IMAGE_SUFFIXES = {
    *(".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".npy")
}


def natural_sort_key(name: object) -> list[int | str]:
    """Return a key that sorts 2.png before 10.png."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", str(name))]


def without_suffix(name: str) -> str:
    """Return a file name without its suffix, if that is the suffix of an image."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in IMAGE_SUFFIXES else name


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a regular expression of a user.

    Raises:
        ValueError: if it is not one.
    """
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error


def matched(expression: re.Pattern[str], name: str) -> str | None:
    """Return the text that the groups of an expression match in a name, joined by `/`.

    Without groups, it is the text that the expression matches as a whole; `None` without a match.
    """
    match = expression.search(name)
    if match is None:
        return None
    return "/".join(group or "" for group in match.groups()) or match.group()


def names_of_paths(paths: Sequence[PathLike]) -> list[str]:
    """Return a short name of each path: its file without suffix, or else what differs in the paths.

    Folders that all paths have are left out, as are names of files and folders that are the same in
    all paths: `case_1/ct.png` and `case_2/ct.png` are `case_1` and `case_2`.
    """
    parts = [without_suffix(os.fspath(path)).replace(os.sep, "/").split("/") for path in paths]
    names = [part[-1] for part in parts]
    if len(set(names)) == len(names):
        return names
    if len(set(map(len, parts))) == 1:
        differing = [len(set(column)) > 1 for column in zip(*parts)]
        parts = [list(itertools.compress(part, differing)) for part in parts]
    return ["/".join(part) for part in parts]


def find_images(
    folder: PathLike, pattern: str | None = None, any_ending: bool = False
) -> dict[str, str]:
    """Return the images of a folder and its sub-folders by name.

    The name of an image is its path below `folder` without the suffix. Hidden files and files with
    other suffixes are ignored.

    Args:
        folder: path of the folder.
        pattern: str, a regular expression that is searched in the name. The text that its groups
            match, joined by `/`, becomes the name; without groups, the text that it matches as a
            whole. Images that it does not match are ignored. Defaults to `None`: all images.
        any_ending: bool, whether files with any suffix are images. Defaults to `False`.

    Returns:
        A dict from name to path, in natural order.

    Raises:
        ValueError: if there is no such folder, if no image is found, if two images have the same
            name, and if `pattern` is not a regular expression.
    """
    root = os.fspath(folder)
    if not os.path.isdir(root):
        raise ValueError(f"{printable_path(root)} is not a folder")
    expression = compiled(pattern) if pattern else None
    found: dict[str, str] = {}
    for path, name in _walk(root) if any_ending else _walk_images(root):
        if expression:
            part = matched(expression, name)
            if part is None:
                continue
            name = part
        if name in found:
            raise ValueError(
                f"{printable_path(found[name])} and {printable_path(path)} have the same name, "
                f"{name!r}. Keep one."
            )
        found[name] = path
    if not found:
        wanted = f" that {pattern!r} matches" if pattern else ""
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise ValueError(
            f"{printable_path(root)} has no images{wanted} ({suffixes}).{_what_there_is(root)}"
        )
    return {name: found[name] for name in sorted(found, key=natural_sort_key)}


def _what_there_is(root: str) -> str:
    """Return a sentence about the other files of a folder, and how they are read."""
    endings = Counter(os.path.splitext(path)[1].lower() for path, _ in _walk(root))
    others = [(ending or "without ending", count) for ending, count in endings.most_common(5)]
    if not others:
        return " It has no files."
    found = ", ".join(f"{count} {ending}" for ending, count in others)
    return (
        f" Found: {found}. Convert them, or give read=..., a function that returns the array of a "
        "file."
    )


def _walk_images(root: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the name of each image below a folder."""
    return (
        (path, name)
        for path, name in _walk(root)
        if os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES
    )


def _walk(root: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the name of each file below a folder."""
    seen = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        # A link to a folder above would be followed forever.
        if os.path.realpath(folder) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(folder))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = "" if folder == root else os.path.relpath(folder, root).replace(os.sep, "/") + "/"
        for file in sorted(files):
            if not file.startswith("."):
                yield os.path.join(folder, file), inside + os.path.splitext(file)[0]
