"""Choose the pairs that are held out for validation."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_pix2pix.data.files.messages import indented_lines
from keras_pix2pix.data.pairing.folders import compiled, matched, without_suffix
from keras_pix2pix.types import PathLike


def choose_held_out(names: Sequence[str], by: float | PathLike, seed: int) -> np.ndarray:
    """Return which of the names are held out.

    Args:
        names: sequence of str.
        by: float, the share that is held out, in (0, 1). The draw depends on the name and the seed
            alone: no name changes sides when others are added. Or the path of a text file with one
            name on each line, with or without the suffix of an image.
        seed: int, of the draw.

    Returns:
        An array of bool.

    Raises:
        ValueError: if the share is not in (0, 1), and if the text file has a name that is not in
            `names`.
    """
    if not isinstance(by, str | os.PathLike):
        if not 0 < by < 1:
            raise ValueError(f"The share held out must be between 0 and 1. Received: {by}")
        return np.array([_uniform(name, seed) < by for name in names])
    lines = Path(by).read_text(encoding="utf-8").split("\n")
    listed = {without_suffix(line.strip()) for line in lines if line.strip()}
    unknown = sorted(listed.difference(names))
    if unknown:
        raise ValueError(
            f"{by} must list names of pairs, such as {names[0]!r}. Received: {len(unknown)} other "
            f"names{indented_lines(unknown)}"
        )
    return np.array([name in listed for name in names])


def groups_by(pattern: str, names: Sequence[str]) -> list[str]:
    """Return the part of each name that a pattern matches, such as that of its patient.

    Args:
        pattern: str, a regular expression, as for `find_images`.
        names: sequence of str.

    Raises:
        ValueError: if it is not a regular expression, and for names that it does not match.
    """
    expression = compiled(pattern)
    groups = [matched(expression, name) for name in names]
    unmatched = [name for name, group in zip(names, groups) if group is None]
    if unmatched:
        raise ValueError(
            "group must be a regular expression that is found in the name of every pair, or the "
            f"title of a column of a CSV file. Received: {pattern!r}, which is not in"
            f"{indented_lines(unmatched, 5)}"
        )
    return [group or "" for group in groups]


def _uniform(name: str, seed: int) -> float:
    """Return a number in [0, 1) that depends on the name and the seed alone."""
    text = f"{seed}/{name}".encode(errors="surrogateescape")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64
