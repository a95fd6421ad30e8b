"""Palettes in text files, as sets of label maps come with: a color in each line, and a name."""

import os
import re
from pathlib import Path

NUMBERS = r"(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\d{1,3})"
# The name of the class comes after the color, or before it.
LINES = (rf"{NUMBERS}(?:[\s,;]+[^\d\s].*)?", rf".*[^\d\s,;].*?[\s,;]+{NUMBERS}")


def read_palette(path: str) -> list[tuple[int, ...]]:
    """Return the colors of the classes, in the order of the lines.

    Args:
        path: path of a text file with red, green and blue in each line, and perhaps the name of the
            class before or after them. A heading, empty lines and lines with `#` are left out.

    Raises:
        ValueError: if the file cannot be read, and for a line that holds something else, and
            for fewer than two classes.
    """
    try:
        lines = Path(os.path.expanduser(path)).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as a palette: {error}") from error
    palette = []
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#") or (number == 1 and not re.search(r"\d", line)):
            continue
        found = re.fullmatch(LINES[0], line) or re.fullmatch(LINES[1], line)
        color = tuple(map(int, found.groups())) if found else ()
        if not color or max(color) > 255:
            raise ValueError(
                f"{path} must have red, green and blue from 0 to 255 in each line, and perhaps a "
                f"name. Received in line {number}: {line}"
            )
        palette.append(color)
    if len(palette) < 2:
        raise ValueError(
            f"{path} must have a line for each class, of which there are at least two. Received: "
            f"{len(palette)}"
        )
    return palette
