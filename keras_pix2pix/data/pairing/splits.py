"""Which pairs are held out."""

import hashlib
import os
from pathlib import Path

import numpy as np

from keras_pix2pix.data.pairing.names import listed, without_ending


def held_out(names, by, seed):
    """Which of these names are for validation.

    Args:
        names: list of str.
        by: float, the share that is held out, drawn by the name alone, so that none changes sides
            when others are added; or the path of a text file with a name on every line, with or
            without ending.
        seed: int, for another drawing.

    Returns:
        An array of bool.

    Raises:
        ValueError: for a share that is none, and for listed names that are not there.
    """
    if not isinstance(by, str | os.PathLike):
        if not 0 < by < 1:
            raise ValueError(f"The share held out must be between 0 and 1. Received: {by}")
        return np.array([_drawn(name, seed) < by for name in names])
    lines = Path(by).read_text(encoding="utf-8").split("\n")
    wanted = {without_ending(line.strip()) for line in lines if line.strip()}
    unknown = sorted(wanted.difference(names))
    if unknown:
        raise ValueError(
            f"{by} names {len(unknown)} pairs that are not there. Names are such as {names[0]!r}."
            f"{listed(unknown)}"
        )
    return np.array([name in wanted for name in names])


def _drawn(name, seed):
    """A number in [0, 1) that follows from the name and the seed alone."""
    text = f"{seed}/{name}".encode(errors="surrogateescape")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64
