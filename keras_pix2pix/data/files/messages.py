"""Text for error messages: paths and lists of lines."""

import os
from collections.abc import Iterable

import numpy as np

from keras_pix2pix.types import PathLike

# A label map has fewer values that are no class; a picture has more.
MOST_LABELS = 64


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


def unknown_labels(image: np.ndarray, unknown: np.ndarray, classes: int, palette: bool) -> str:
    """Return what to do about a label map with pixels that are no class.

    Args:
        image: array of shape `(height, width, channels)`.
        unknown: array of bool of shape `(height, width)`, which pixels are no class.
        classes: int, number of classes.
        palette: bool, whether the values of the classes are named by a palette.
    """
    values, others = (
        np.unique(pixels.reshape(-1, image.shape[-1]), axis=0).tolist()
        for pixels in (image, image[unknown])
    )
    received = (
        f"Received: {unknown.sum()} other pixels of {len(others)} values, such as {others[:8]}."
    )
    if len(others) > MOST_LABELS:
        return (
            f"{received} So many values has a picture, or a map that was blurred or stored as JPEG."
        )
    if palette:
        advice = (
            'find_palette("labels/") returns the colors of all maps. Set ignore to the one of '
            "pixels without a class."
        )
    else:
        greys, unknown_greys = ([grey for (grey,) in some] for some in (values, others))
        advice = _advice(greys, unknown_greys, classes)
    return (
        f"{received} {advice} If there should be no such values, was the map blurred, or stored as "
        "JPEG?"
    )


def _advice(greys: list[int], others: list[int], classes: int) -> str:
    """Return what to do about a map of these grey values, of which others are no class."""
    if len(greys) == classes and len(others) >= len(greys) - 1:
        return f"If these are the classes, use Labels(palette={greys})."
    ids = [grey for grey in others if classes <= grey < 255]
    ignored = "" if others[-1] != 255 else ", ignore=255"
    if ids:
        return f"If they are classes, use Labels({ids[-1] + 1}{ignored})."
    return f"If they have no class, use Labels({classes}, ignore={others[-1]})."
