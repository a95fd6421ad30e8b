"""Read lists of pairs: CSV files, or sequences of paths."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.pairing.folders import IMAGE_SUFFIXES
from keras_pix2pix.types import PathLike

DELIMITERS = ",;\t"


def read_list(
    pairs: PathLike | Iterable[Sequence[PathLike]], root: PathLike | None = None
) -> list[list[str]]:
    """Return the paths of a list of pairs.

    Args:
        pairs: path of a CSV file, or an iterable of tuples of paths. The cells of a CSV file are
            separated by commas, semicolons or tabs. Its first line is ignored if it names no files,
            and so is a column that names none, such as numbers of the rows.
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
        columns = _to_columns(enumerate(pairs, 1))
        return [[os.path.join(root or "", cell) for cell in column] for column in columns]
    folder = Path(pairs).parent if root is None else root
    _, columns = _read_table(pairs, folder)
    return [
        [_path(folder, cell) for cell in column] for column in _columns_of_files(columns, folder)
    ]


def read_column(pairs: PathLike, name: str, root: PathLike | None = None) -> list[str] | None:
    """Return the cells of the column of a CSV file that has a title, or `None` without that title.

    Args:
        pairs: path of the file, as for `read_list`.
        name: str, the title.
        root: as for `read_list`.
    """
    titles, columns = _read_table(pairs, Path(pairs).parent if root is None else root)
    return columns[titles.index(name)] if name in titles else None


def _read_table(path: PathLike, root: PathLike) -> tuple[list[str], list[list[str]]]:
    """Return the titles of a CSV file, if it has some, and its columns."""
    # Excel begins CSV files with a byte order mark.
    with open(path, newline="", encoding="utf-8-sig") as file:
        try:
            rows = list(_rows(file))
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{printable_path(path)} is not a CSV file: {error}") from error
    titles: list[str] = []
    if rows and rows[0][0] == 1 and not any(_is_file(root, cell) for cell in rows[0][1]):
        titles = rows.pop(0)[1]
    return titles, _to_columns(rows)


def _rows(file: IO[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each row that is not empty."""
    first = file.readline()
    file.seek(0)
    delimiter = max(DELIMITERS, key=first.count)
    for number, row in enumerate(csv.reader(file, delimiter=delimiter, skipinitialspace=True), 1):
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield number, cells


def _to_columns(rows: Iterable[tuple[int, Sequence[PathLike]]]) -> list[list[str]]:
    columns: list[list[str]] = []
    for number, row in rows:
        cells = [os.fspath(cell) for cell in row]
        # Spreadsheets end rows with commas, or leave out those of empty cells.
        while cells and not cells[-1] and len(cells) > len(columns):
            cells.pop()
        if not cells:
            continue
        columns = columns or [[] for _ in cells]
        if len(cells) < 2 or len(cells) != len(columns):
            raise ValueError(
                f"Row {number} must have {len(columns) if len(columns) > 1 else 'at least 2'} "
                f"paths, separated by commas or semicolons. Received: {row}"
            )
        for column, cell in zip(columns, cells):
            column.append(cell)
    return columns


def _columns_of_files(columns: list[list[str]], root: PathLike) -> list[list[str]]:
    """Return the columns that name files, or all of them if they do not tell."""
    some = [column for column in columns if any(_is_file(root, cell) for cell in column[:100])]
    return some if len(some) > 1 else columns


def _is_file(root: PathLike, cell: str) -> bool:
    return Path(cell).suffix.lower() in IMAGE_SUFFIXES or (
        bool(cell) and os.path.isfile(_path(root, cell))
    )


def _path(root: PathLike, cell: str) -> str:
    """Return a path of a CSV file, which may have been written on Windows."""
    path = os.path.join(root, cell)
    return path if os.path.exists(path) else os.path.join(root, cell.replace("\\", "/"))
