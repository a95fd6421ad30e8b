"""Text for error messages: paths and lists of lines."""

import os
from collections.abc import Iterable

from keras_pix2pix.types import PathLike


def printable_path(path: PathLike) -> str:
    r"""Return a path as text that can always be printed.

    Bytes of the path that are not UTF-8 are written as `\xNN`.
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def indented_lines(lines: Iterable[str], limit: int = 20) -> str:
    """Return lines to append to the first line of an error message.

    Args:
        lines: iterable of str.
        limit: int, maximum number of lines. The rest is only counted. Defaults to `20`.
    """
    lines = list(lines)
    more = [f"... and {len(lines) - limit} more"] * (len(lines) > limit)
    return "".join(f"\n  {line}" for line in lines[:limit] + more)
