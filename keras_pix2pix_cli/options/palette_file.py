"""Palettes in files, as sets of label maps come with: a text of colors, or an indexed image."""

import os
import re
from collections import Counter
from pathlib import Path

NUMBERS = r"(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\d{1,3})"
# The name of the class comes after the color, or before it.
LINES = (rf"{NUMBERS}(?:[\s,;]+[^\d\s].*)?", rf".*[^\d\s,;].*?[\s,;]+{NUMBERS}")
Colors = list[tuple[int, ...]]


def read_palette(path: str) -> Colors:
    """Return the colors of the classes, in the order of the file.

    Args:
        path: path of a text file with red, green and blue in each line, and perhaps the name of the
            class before or after them. A heading, empty lines and lines with `#` are left out. Or
            path of an indexed image, such as PNG and GIF, whose palette has the color of each
            class. Repeated colors at its end that no pixel has, which fill it up, are left out.

    Raises:
        ValueError: if the file cannot be read, for a line that holds something else, for an image
            without a palette, and for fewer than two classes.
    """
    file = Path(os.path.expanduser(path))
    try:
        palette = _of_image(file)
        if palette is None:
            palette = _of_lines(file.read_text(encoding="utf-8-sig").splitlines(), path)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} cannot be read as a palette: it is neither a text file nor an image"
        ) from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read as a palette: {error}") from error
    if len(palette) < 2:
        raise ValueError(
            f"{path} must have the colors of at least two classes. Received: {len(palette)}"
        )
    return palette


def _of_image(path: Path) -> Colors | None:
    """Return the palette of an indexed image, or `None` for a file that is no image."""
    # A command that names no such file does not wait for it.
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(path)
    except UnidentifiedImageError:
        return None
    with image:
        values = image.getpalette("RGB") if image.mode == "P" else None
        if values is None:
            raise ValueError(
                f"{path} must be an indexed image, or a text file with red, green and blue in each "
                f"line. Received: an image without a palette, of mode {image.mode}. "
                "labels:palette without a file looks the colors up in all label maps."
            )
        colors = list(zip(*[iter(values)] * 3))
        counts = Counter(colors)
        last = max(image.tobytes())
        while len(colors) > last + 1 and counts[colors[-1]] > 1:
            colors.pop()
    return colors


def _of_lines(lines: list[str], path: str) -> Colors:
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
    return palette
