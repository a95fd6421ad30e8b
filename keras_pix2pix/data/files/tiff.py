"""Write TIFF files by rows, with what another TIFF file says about its pixels."""

import math
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_pix2pix.types import PathLike

SUFFIXES = (".tif", ".tiff")
# The tags of GeoTIFF that say where on earth the pixels lie: ModelPixelScale, ModelTiepoint,
# ModelTransformation, GeoKeyDirectory, GeoDoubleParams, GeoAsciiParams.
GEOREFERENCE = (33550, 33922, 34264, 34735, 34736, 34737)
# GDAL's tag of the value of pixels without data, and those of the size of a pixel on paper.
NODATA = 42113
RESOLUTION, RESOLUTION_UNIT = (282, 283), 296
# Larger files than these 4 GB, less what tags and other things take, have longer offsets.
LARGEST = 2**32 - 2**25
# How many rows are stored in one piece.
ROWS = 64


class TiffLayout(NamedTuple):
    """What a TIFF file says about its pixels, and how it stores them.

    Attributes:
        georeference: list of the tags, as tifffile writes them.
        nodata: str, the value of pixels without data, or `None`.
        resolution: dict of the arguments of tifffile for the size of a pixel.
        compressed: bool.
        channels_first: bool, whether each channel is stored by itself.
    """

    georeference: list[tuple[Any, ...]]
    nodata: str | None
    resolution: dict[str, Any]
    compressed: bool
    channels_first: bool

    @classmethod
    def of(cls, path: PathLike) -> "TiffLayout":
        """Read the layout of a TIFF file that `read_image` reads."""
        import tifffile

        with tifffile.TiffFile(path) as file:
            tags = file.pages.first.tags
            resolution = {}
            if all(code in tags for code in RESOLUTION):
                unit = tags[RESOLUTION_UNIT].value if RESOLUTION_UNIT in tags else None
                values = tuple(tags[code].value for code in RESOLUTION)
                resolution = {"resolution": values, "resolutionunit": unit}
            found = [tags[code] for code in GEOREFERENCE if code in tags]
            return cls(
                [(tag.code, int(tag.dtype), tag.count, tag.value, True) for tag in found],
                str(tags[NODATA].value) if NODATA in tags else None,
                resolution,
                file.pages.first.compression != tifffile.COMPRESSION.NONE,
                file.series[0].axes in ("SYX", "CYX"),
            )


def is_tiff(path: PathLike) -> bool:
    """Return whether a path ends as that of a TIFF file."""
    return os.fspath(path).lower().endswith(SUFFIXES)


def write_tiff(
    path: Path,
    shape: tuple[int, int, int],
    dtype: np.dtype,
    bands: Iterable[np.ndarray],
    layout: TiffLayout | None = None,
    palette: np.ndarray | None = None,
    alpha: bool = False,
) -> None:
    """Write a TIFF file by rows. It may be larger than the memory.

    Args:
        path: `Path` of the file.
        shape: tuple `(height, width, channels)`.
        dtype: NumPy dtype.
        bands: iterable of arrays of shape `(rows, width, channels)`, from top to bottom.
        layout: `TiffLayout` of the file that the picture was generated from, of the same size: its
            georeference, resolution, compression and order of channels are taken over, and the
            value of pixels without data, if the dtype can hold it. Defaults to `None`: compressed,
            with the channels last.
        palette: uint8 array of shape `(colors, 3)`, the colors that the pixels of one channel are
            indices of. Defaults to `None`.
        alpha: bool, whether the last channel is alpha. Defaults to `False`.
    """
    import tifffile

    channels = shape[-1]
    layout = layout or TiffLayout([], None, {}, True, False)
    tags = list(layout.georeference)
    if layout.nodata is not None and _holds(dtype, layout.nodata):
        tags.append((NODATA, 2, 0, layout.nodata, True))
    options: dict[str, Any] = {"photometric": "minisblack", "shape": shape[:2]}
    if palette is not None:
        colors = np.zeros((256, 3), "uint16")
        colors[: len(palette)] = palette.astype("uint16") * 257
        options |= {"photometric": "palette", "colormap": colors.T}
    elif channels > 1:
        photo = dtype in ("uint8", "uint16") and channels - alpha == 3
        options |= {"photometric": "rgb"} if photo else {}
        options |= {"shape": shape, "planarconfig": "contig"}
        if alpha:
            options["extrasamples"] = ["unassalpha"]
    if layout.compressed:
        options["compression"] = "zlib"
    large = math.prod(shape) * dtype.itemsize > LARGEST
    with tifffile.TiffWriter(path, bigtiff=large) as file:
        strips = _in_strips(bands)
        if layout.channels_first and channels > 1:
            options |= {"shape": (channels, *shape[:2]), "planarconfig": "separate"}
            strips = _channel_after_channel(strips, shape, dtype, path.parent)
        file.write(
            _packed(strips, dtype, layout.compressed),
            dtype=dtype,
            rowsperstrip=ROWS,
            metadata=None,
            software=False,
            extratags=tags,
            **layout.resolution,
            **options,
        )


def _holds(dtype: np.dtype, text: str) -> bool:
    """Return whether a dtype can hold the value of pixels without data."""
    try:
        value = float(text)
    except ValueError:
        return False
    if dtype.kind == "f":
        return True
    limits = np.iinfo(dtype)
    return value.is_integer() and limits.min <= value <= limits.max


def _in_strips(bands: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the rows of bands again, `ROWS` at a time."""
    waiting: list[np.ndarray] = []
    for band in bands:
        for rows in np.split(band, range(ROWS - sum(map(len, waiting)), len(band), ROWS)):
            waiting.append(rows)
            if sum(map(len, waiting)) == ROWS:
                yield np.concatenate(waiting)
                waiting = []
    if any(map(len, waiting)):
        yield np.concatenate(waiting)


def _channel_after_channel(
    strips: Iterable[np.ndarray], shape: tuple[int, int, int], dtype: np.dtype, folder: Path
) -> Iterator[np.ndarray]:
    """Yield all strips of the first channel, then those of the next one.

    Each comes from all rows, so these wait in a temporary file in the folder.
    """
    with tempfile.TemporaryFile(dir=folder) as spool:
        for rows in strips:
            spool.write(np.ascontiguousarray(rows, dtype).data)
        spool.flush()
        pixels = np.memmap(spool, dtype, "r", shape=shape)
        for channel in np.moveaxis(pixels, -1, 0):
            yield from _in_strips([channel])


def _packed(strips: Iterable[np.ndarray], dtype: np.dtype, compressed: bool) -> Iterator[bytes]:
    for rows in strips:
        content = rows.astype(dtype, copy=False).tobytes()
        yield zlib.compress(content) if compressed else content
