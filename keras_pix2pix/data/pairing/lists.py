"""Read lists of pairs: CSV files, or sequences of paths."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.pairing.folders import IMAGE_SUFFIXES
from keras_pix2pix.types import PathLike


def read_list(
    pairs: PathLike | Iterable[Sequence[PathLike]], root: PathLike | None = None
) -> list[list[str]]:
    """Return the columns of a list of pairs.

    Args:
        pairs: path of a CSV file, or an iterable of tuples of paths. The first line of a CSV file
            is ignored if it names no images.
        root: path of the folder that the paths are relative to. Defaults to `None`: the folder of
            the CSV file, or the current folder for tuples.

    Returns:
        A list of lists of paths: the first path of every pair, the second path of every pair, and
        so on.

    Raises:
        ValueError: if a row has fewer than two paths, or another number of paths than the first
            row. The message names the row.
    """
    if not isinstance(pairs, str | os.PathLike):
        return _to_columns(enumerate(pairs, 1), root or "")
    # Excel begins CSV files with a byte order mark.
    with open(pairs, newline="", encoding="utf-8-sig") as file:
        try:
            return _to_columns(_csv_rows(file), Path(pairs).parent if root is None else root)
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{printable_path(pairs)} is not a CSV file: {error}") from error


def _csv_rows(file: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(csv.reader(file), 1):
        if line > 1 or any(Path(cell).suffix.lower() in IMAGE_SUFFIXES for cell in row):
            yield line, row


def _to_columns(rows: Iterable[tuple[int, Sequence[PathLike]]], root: PathLike) -> list[list[str]]:
    columns: list[list[str]] = []
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
