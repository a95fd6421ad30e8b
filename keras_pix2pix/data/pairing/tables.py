"""Images in the columns of a table, such as a `datasets.Dataset` of Hugging Face."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from keras_pix2pix.data.files.reading import decode_image, naming_file, read_image, to_upright


class ColumnOfImages(Sequence):
    """The images of a column, as functions that read one each.

    Args:
        rows: sequence of mappings. Of a `datasets.Dataset`, the other columns are not read.
        column: str, whose values are arrays, Pillow images, paths, or the content of image files.
        palette_indices: bool, as for `read_image`.

    Raises:
        ValueError: for rows that cannot be read in any order, and if there is no such column.
    """

    def __init__(self, rows: Any, column: str, palette_indices: bool) -> None:
        if isinstance(rows, Mapping):
            raise ValueError(
                f"rows must be one table. Received a dict of several: give one of {list(rows)}"
            )
        if not hasattr(rows, "__len__") or not hasattr(rows, "__getitem__"):
            raise ValueError(
                "rows must have a length and be read in any order, so that they can be shuffled, "
                f"divided and held out. Received: {type(rows).__name__}. Leave out streaming=True."
            )
        columns = getattr(rows, "column_names", None) or (list(rows[0]) if len(rows) else [])
        if len(rows) and column not in columns:
            raise ValueError(f"There is no column {column!r}. Received: rows with {columns}")
        if hasattr(rows, "features"):
            rows = _undecoded(rows, column)
        self._rows = rows
        self._column = column
        self._palette_indices = palette_indices

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> Callable[[], np.ndarray]:  # type: ignore[override]
        """Return a function that reads an image."""
        # A loop over all ends there.
        if not 0 <= number < len(self):
            raise IndexError(f"image {number} of {len(self)}")
        return functools.partial(self._read, int(number))

    def _read(self, number: int) -> np.ndarray:
        name = f"{self._column!r} of row {number}"
        image = self._rows[number][self._column]
        if isinstance(image, Mapping):
            # As Hugging Face stores an image.
            image = image["path"] if image["bytes"] is None else image["bytes"]
        if isinstance(image, bytes):
            return decode_image(image, name, self._palette_indices)
        if isinstance(image, str | os.PathLike):
            return read_image(image, self._palette_indices)
        with naming_file(name):
            if isinstance(image, Image.Image):
                image = to_upright(image, self._palette_indices, in_place=False)
            array = np.asarray(image)
        return array[..., None] if array.ndim == 2 else array


def _undecoded(rows: Any, column: str) -> Any:
    """Return a column of a `datasets.Dataset`, whose images are read exactly, and here."""
    rows = rows.with_format(None).select_columns([column])
    feature = rows.features[column]
    if getattr(feature, "decode", False):
        rows = rows.cast_column(column, type(feature)(decode=False))
    return rows
