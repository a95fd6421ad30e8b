"""Finding images in folders and lists."""

import csv
import os
import re
from pathlib import Path
from typing import NamedTuple

from keras_pix2pix.data.files.images import shown

SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".npy"}
HALVES = ("left", "right", "top", "bottom")


class Half(NamedTuple):
    """One half of an image that holds a pair."""

    path: str
    half: str

    def cut(self, whole):
        """This half of the image."""
        axis = self.half in ("left", "right")
        length = whole.shape[axis]
        if length % 2:
            raise ValueError(
                f"{shown(self.path)} must have an even {'width' if axis else 'height'} to hold two "
                f"images. Received: {length}"
            )
        start = 0 if self.half in ("left", "top") else length // 2
        part = slice(start, start + length // 2)
        return whole[:, part] if axis else whole[part]

    def __str__(self):
        return f"{shown(self.path)} ({self.half} half)"


class Halves:
    """The same half of many images, as a sequence."""

    def __init__(self, paths, half):
        self.paths = paths
        self.half = half

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return Half(self.paths[index], self.half)


def natural_order(name):
    """A key that sorts 2.png before 10.png."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", str(name))]


def find_images(folder, pattern=None):
    """The images of a folder and its sub-folders, by their path in it without ending.

    Hidden files and files of other endings are passed over.

    Args:
        folder: path of the folder.
        pattern: str, regular expression searched in the path without ending; its groups, or what
            it matches if it has none, are the name instead, and files that it does not match are
            passed over. Defaults to `None`.

    Returns:
        A dict from name to path, in natural order.

    Raises:
        ValueError: if there is no such folder, it has no images, or two of one name, and for a
            pattern that is none.
    """
    root = os.fspath(folder)
    if not os.path.isdir(root):
        raise ValueError(f"{shown(root)} is not a folder")
    try:
        pattern = pattern and re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    found = {}
    for path, name in _images_below(root):
        if pattern is not None:
            match = pattern.search(name)
            if match is None:
                continue
            name = "/".join(group or "" for group in match.groups()) or match.group()
        if name in found:
            raise ValueError(
                f"{shown(found[name])} and {shown(path)} have the same name, {name!r}. Keep one."
            )
        found[name] = path
    if not found:
        wanted = f" that {pattern.pattern!r} matches" if pattern else ""
        raise ValueError(f"{shown(root)} has no images{wanted} ({', '.join(sorted(SUFFIXES))})")
    return {name: found[name] for name in sorted(found, key=natural_order)}


def _images_below(root):
    seen = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        # A link to a folder above would be walked for ever.
        if os.path.realpath(folder) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(folder))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = "" if folder == root else os.path.relpath(folder, root).replace(os.sep, "/") + "/"
        for name in sorted(names):
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in SUFFIXES and not name.startswith("."):
                yield os.path.join(folder, name), inside + stem


def paired(sides):
    """The names that all sides have, and a message for each file that lacks a partner.

    Args:
        sides: list of dicts from name to path.
    """
    names = [name for name in sides[0] if all(name in side for side in sides[1:])]
    both = set(names)
    alone = [
        f"{shown(path)} has no partner of the same name"
        for side in sides
        for name, path in side.items()
        if name not in both
    ]
    return names, alone


def pairing_hint(sides):
    """What to do about files without partners, if their names show it."""
    patterns = end_patterns(sides)
    if patterns:
        return f"All names of one side end alike: try patterns={patterns!r}."
    one, other = ({name.lower() for name in side} for side in sides[:2])
    if len(one & other) > len(sides[0].keys() & sides[1].keys()):
        return "Some names differ in upper and lower case alone."
    return "Remove or complete them, or leave them out with on_error='skip'."


def end_patterns(sides):
    """Regular expressions of names without the end that all of a side share, or `None`.

    Args:
        sides: list of dicts from name to path.
    """
    ends = [_common_end(list(side)) for side in sides]
    # What all names share is a suffix only where it begins with no digit of their numbers.
    ends = [re.sub(r"^\d+", "", end) for end in ends]
    if ends[0] == ends[1] or len(sides[0]) < 2:
        return None
    return tuple(f"(.+){re.escape(end)}$" for end in ends)


def _common_end(names):
    length = 0
    while length < len(names[0]) and all(name.endswith(names[0][-length - 1 :]) for name in names):
        length += 1
    return names[0][len(names[0]) - length :]


def read_list(pairs, root=None):
    """Columns of paths: from a CSV file, or from a list of tuples.

    Args:
        pairs: path of a CSV file, whose first line is passed over if it names no images; or a
            sequence of tuples of paths.
        root: path that the paths are relative to. Defaults to `None`: the CSV's folder, or where
            the program runs.

    Returns:
        A list of lists of paths, one for each place in a row.

    Raises:
        ValueError: naming the row, where one has another number of paths than the first, or fewer
            than two.
    """
    if not isinstance(pairs, str | os.PathLike):
        return _columns(enumerate(pairs, 1), root or "")
    # Excel begins its files with a byte order mark.
    with open(pairs, newline="", encoding="utf-8-sig") as file:
        try:
            return _columns(_rows(file), Path(pairs).parent if root is None else root)
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{shown(pairs)} is not a CSV file: {error}") from error


def _rows(file):
    for line, row in enumerate(csv.reader(file), 1):
        if line > 1 or any(Path(cell).suffix.lower() in SUFFIXES for cell in row):
            yield line, row


def _columns(rows, root):
    columns = []
    for line, row in rows:
        if not row:
            continue
        if len(row) < 2 or len(row) != len(columns or row):
            raise ValueError(
                f"Row {line} must have {len(columns) or 'at least 2'} paths. Received: {row}"
            )
        columns = columns or [[] for _ in row]
        for column, cell in zip(columns, row):
            column.append(os.path.join(root, cell))
    return columns


def without_ending(name):
    """The name without the ending of an image, if it has one."""
    stem, ending = os.path.splitext(name)
    return stem if ending.lower() in SUFFIXES else name


def listed(lines, limit=20):
    """Lines below an error's first one, not too many of them."""
    lines = list(lines)
    more = [f"... and {len(lines) - limit} more"] * (len(lines) > limit)
    return "".join(f"\n  {line}" for line in lines[:limit] + more)
